import { addHours } from "../duration";
import type { Environment } from "../environment";
import { wholeSeconds } from "../environment";
import { hasFeature, type TalosVersion } from "../talosVersion";
import type { KeyAlgorithm } from "../x509/algorithms";
import type { Authority } from "../x509/authority";
import { hashPublicKey, signCertificate } from "../x509/issue";
import { generatePrivateKey } from "../x509/privateKey";
import { PROFILES } from "../x509/profiles";
import { CA_NAMES, type CAKeys, INVENTORY } from "./inventory";
import type { AuthorityName, CertificateAndKey } from "./types";

/** The CAs of a bundle. */
export const AUTHORITY_NAMES: readonly AuthorityName[] = CA_NAMES;

/** Where the bundle keeps each CA. */
export const BUNDLE_KEYS = Object.fromEntries(
  CA_NAMES.map((name) => [name, INVENTORY[name].bundle.split(".").at(-1)]),
) as CAKeys;

/** What a new CA is made with; everything has the default of Talos. */
export interface AuthorityOptions {
  /** Default: Talos's own, Ed25519 for `os` and ECDSA P-256 for the others. */
  readonly algorithm?: KeyAlgorithm;
  /** Hours, default 87600 (10 years). */
  readonly validityPeriodHours?: number;
}

/**
 * Makes a CA of a cluster, self-signed, as Talos of that version does.
 *
 * @example
 * const pair = await generateAuthority("os", parseTalosVersion("v1.13"), {}, environment);
 */
export async function generateAuthority(
  name: AuthorityName,
  version: TalosVersion,
  options: AuthorityOptions,
  environment: Environment,
): Promise<Authority> {
  const row = INVENTORY[name];
  const key = await generatePrivateKey(options.algorithm ?? row.algorithm, environment);
  const notBefore = wholeSeconds(environment.now());
  const certificate = await signCertificate(
    {
      profile: PROFILES.authority,
      subject: row.subject,
      publicKeyDer: key.publicKeyDer,
      notBefore,
      notAfter: addHours(notBefore, options.validityPeriodHours ?? PROFILES.authority.validityPeriodHours),
      subjectKeyIdentifier: hasFeature(version, "randomSubjectKeyIdentifier")
        ? environment.randomBytes(20)
        : await hashPublicKey(key.publicKeyDer, environment),
    },
    { selfKey: key },
    environment,
  );
  return { certificate, key };
}

/** The pair as the bundle holds it. */
export function authorityPem(authority: Authority): CertificateAndKey {
  return { crt: authority.certificate.pem, key: authority.key.pem };
}
