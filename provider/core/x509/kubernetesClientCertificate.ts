import { type Hours, hoursProblems, parseHours } from "../duration";
import { type Environment, wholeSeconds } from "../environment";
import { PkiError, type Problem } from "../errors";
import type { KeyAlgorithm } from "./algorithms";
import { type AuthorityInput, readAuthority } from "./clientCertificate";
import { algorithmProblems, defaultLeafAlgorithm, issueLeaf, type IssuedCertificate } from "./leaf";
import { nameValueProblems } from "./name";
import { PROFILES } from "./profiles";

/** Whom Talos's own admin kubeconfig speaks for (siderolabs/talos pkg/machinery/constants, v1.13). */
export const KUBERNETES_ADMIN = { commonName: "admin", organizations: ["system:masters"] } as const;

/** What a Kubernetes client certificate is issued with. */
export interface KubernetesClientCertificateOptions {
  /** The Kubernetes CA: PEM pair, or parsed. */
  readonly certificateAuthority: AuthorityInput;
  /** The Kubernetes user, default `admin`. */
  readonly commonName?: string;
  /** The Kubernetes groups, default `["system:masters"]`; empty for none. */
  readonly organizations?: readonly string[];
  /** Default: the kind of the CA's key, as Talos chooses; ECDSA P-256 for Talos's own CA. */
  readonly algorithm?: KeyAlgorithm;
  /** Hours, or a Go duration; default 8760; cut to the CA's end. */
  readonly validityPeriodHours?: Hours;
  /** Time of issuance; notBefore lies 10 seconds before it. Default: now. */
  readonly issuedAt?: Date;
}

/**
 * Issues a Kubernetes client certificate with a new key, as in Talos's admin kubeconfig: O = groups, CN = user,
 * digitalSignature and keyEncipherment, exactly clientAuth. Source: siderolabs/talos pkg/kubeconfig/generate.go, v1.13.
 *
 * @throws PkiError ERR_INPUT_MISSING (no user, empty group), ERR_DURATION_INVALID, ERR_INPUT_INVALID,
 *   ERR_AUTHORITY_EXPIRED, those of parseAuthority
 * @example
 * const { certificate, key } = await issueKubernetesClientCertificate(
 *   { certificateAuthority: { certificatePem, privateKeyPem } },
 *   createEnvironment(globalThis.crypto, () => new Date()),
 * );
 */
export async function issueKubernetesClientCertificate(
  options: KubernetesClientCertificateOptions,
  environment: Environment,
): Promise<IssuedCertificate> {
  const { commonName = KUBERNETES_ADMIN.commonName, organizations = KUBERNETES_ADMIN.organizations } = options;
  const validityPeriodHours = options.validityPeriodHours ?? PROFILES.kubernetesAdmin.validityPeriodHours;
  const problems = [
    ...identityProblems(commonName, organizations),
    ...hoursProblems(validityPeriodHours, "validityPeriodHours"),
    ...(options.algorithm === undefined ? [] : algorithmProblems(options.algorithm, "algorithm")),
  ];
  if (problems.length > 0) throw PkiError.of(problems);
  const authority = readAuthority(options.certificateAuthority, "certificateAuthority");
  return issueLeaf(
    authority,
    {
      profile: PROFILES.kubernetesAdmin,
      subject: { organizations: [...new Set(organizations)], commonName },
      algorithm: options.algorithm ?? defaultLeafAlgorithm(authority.certificate),
      issuedAt: wholeSeconds(options.issuedAt ?? environment.now()),
      validityPeriodHours: parseHours(validityPeriodHours, "validityPeriodHours"),
    },
    environment,
  );
}

/** @returns ERR_INPUT_MISSING for a nameless user or group, ERR_INPUT_INVALID: Kubernetes takes the names as they stand */
function identityProblems(commonName: string, organizations: readonly string[]): Problem[] {
  const empty = (path: string, what: string): Problem => ({
    code: "ERR_INPUT_MISSING",
    path,
    message: `is empty; must be the name of a ${what}`,
  });
  return [
    ...(commonName === "" ? [empty("commonName", "user")] : nameValueProblems(commonName, "commonName")),
    ...organizations.flatMap((name, index) =>
      name === "" ? [empty(`organizations[${index}]`, "group")] : nameValueProblems(name, `organizations[${index}]`),
    ),
  ];
}
