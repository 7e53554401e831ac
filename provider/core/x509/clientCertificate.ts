import { type Hours, hoursProblems, parseHours } from "../duration";
import { type Environment, wholeSeconds } from "../environment";
import { PkiError, type Problem } from "../errors";
import type { KeyAlgorithm } from "./algorithms";
import { type Authority, parseAuthority } from "./authority";
import { algorithmProblems, defaultLeafAlgorithm, issueLeaf, type IssuedCertificate } from "./leaf";
import { nameValueProblems } from "./name";
import { PROFILES } from "./profiles";
import { normalizeRoles, roleProblems } from "./roles";

/** A CA as PEM, or parsed already. */
export type AuthorityInput = Authority | { readonly certificatePem: string; readonly privateKeyPem: string };

/**
 * Deviation from talosctl, which writes no CN: the docs page names one, and an audit log reads better with it. Talos
 * looks at O only.
 */
export const TALOS_CLIENT_COMMON_NAME = "talosctl-client";

/** What a Talos API client certificate is issued with. */
export interface ClientCertificateOptions {
  /** The OS CA: PEM pair, or parsed. */
  readonly certificateAuthority: AuthorityInput;
  /** Talos roles, default `["os:admin"]`. */
  readonly roles?: readonly string[];
  /** Default `talosctl-client`; `""` for none, as talosctl writes it. */
  readonly commonName?: string;
  /** Default: the kind of the CA's key, as talosctl chooses. */
  readonly algorithm?: KeyAlgorithm;
  /** Hours, or a Go duration; default 8760; cut to the CA's end. */
  readonly validityPeriodHours?: Hours;
  /** notBefore; default: now. */
  readonly issuedAt?: Date;
}

/**
 * Parses a CA unless that has happened already.
 *
 * @throws PkiError ERR_INPUT_MISSING, those of parseAuthority
 */
export function readAuthority(input: AuthorityInput, path: string): Authority {
  const given = (input as AuthorityInput | null | undefined) ?? { certificatePem: undefined, privateKeyPem: undefined };
  if ("certificate" in given) return given;
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const missing = (["certificatePem", "privateKeyPem"] as const)
    .filter((name) => typeof given[name] !== "string")
    .map((name): Problem => ({ code: "ERR_INPUT_MISSING", path: at(name), message: "is required; must be PEM" }));
  if (missing.length > 0) throw PkiError.of(missing);
  const { certificatePem: crt, privateKeyPem: key } = given as { certificatePem: string; privateKeyPem: string };
  return parseAuthority({ crt, key }, { crt: at("certificatePem"), key: at("privateKeyPem") });
}

/**
 * Issues a Talos API client certificate with a new key.
 *
 * Profile: O = roles (sorted, one multi-valued RDN), CN, digitalSignature, exactly clientAuth. Source:
 * siderolabs/talos pkg/machinery/config/generate/secrets/ca.go, v1.13.
 *
 * @throws PkiError ERR_ROLE_UNKNOWN, ERR_DURATION_INVALID, ERR_INPUT_INVALID, ERR_AUTHORITY_EXPIRED, those of parseAuthority
 * @example
 * const { certificate, key } = await issueClientCertificate(
 *   { certificateAuthority: { certificatePem, privateKeyPem }, roles: ["os:reader"], validityPeriodHours: 24 },
 *   createEnvironment(globalThis.crypto, () => new Date()),
 * );
 */
export async function issueClientCertificate(
  options: ClientCertificateOptions,
  environment: Environment,
): Promise<IssuedCertificate> {
  const { roles = ["os:admin"], commonName = TALOS_CLIENT_COMMON_NAME } = options;
  const validityPeriodHours = options.validityPeriodHours ?? PROFILES.talosClient.validityPeriodHours;
  const problems = [
    ...roleProblems(roles, "roles"),
    ...nameValueProblems(commonName, "commonName"),
    ...hoursProblems(validityPeriodHours, "validityPeriodHours"),
    ...(options.algorithm === undefined ? [] : algorithmProblems(options.algorithm, "algorithm")),
  ];
  if (problems.length > 0) throw PkiError.of(problems);
  const authority = readAuthority(options.certificateAuthority, "certificateAuthority");
  return issueLeaf(
    authority,
    {
      profile: PROFILES.talosClient,
      subject: { organizations: normalizeRoles(roles), commonName },
      algorithm: options.algorithm ?? defaultLeafAlgorithm(authority.certificate),
      issuedAt: wholeSeconds(options.issuedAt ?? environment.now()),
      validityPeriodHours: parseHours(validityPeriodHours, "validityPeriodHours"),
    },
    environment,
  );
}
