import { addHours } from "../duration";
import { type Environment, formatTime } from "../environment";
import { PkiError, type Problem, type Warning } from "../errors";
import { ALGORITHMS, type KeyAlgorithm, KEY_ALGORITHMS } from "./algorithms";
import type { Authority } from "./authority";
import type { Certificate } from "./certificate";
import { signCertificate } from "./issue";
import type { SubjectName } from "./name";
import { generatePrivateKey, type PrivateKey } from "./privateKey";
import type { CertificateProfile } from "./profiles";
import { canonicalSubjectAltNames, type SubjectAltNames } from "./subjectAltNames";

/** When a leaf is valid. */
export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The lifetime asked for went beyond the CA's own end. */
  readonly cutToAuthority: boolean;
}

/** A leaf certificate and, when it was made here, its private key. */
export interface IssuedCertificate {
  /** Signed by the CA. */
  readonly certificate: Certificate;
  /** Its private key, new. */
  readonly key: PrivateKey;
  /** Set when the lifetime was cut to the CA's end. */
  readonly warnings: readonly Warning[];
}

/**
 * The lifetime of a leaf issued at `issuedAt`: never longer than its CA's.
 *
 * @param path where the CA was given, for the error
 * @throws PkiError ERR_AUTHORITY_EXPIRED when the CA is past its end at `issuedAt`
 */
export function leafLifetime(
  issuedAt: Date,
  hours: number,
  profile: CertificateProfile,
  authority: Certificate,
  path = "certificateAuthority",
): Lifetime {
  if (authority.notAfter.getTime() <= issuedAt.getTime()) {
    throw new PkiError(
      "ERR_AUTHORITY_EXPIRED",
      `the CA ${authority.subject || "(no name)"} expired at ${formatTime(authority.notAfter)} and can issue nothing; rotate it`,
      { path },
    );
  }
  const wanted = addHours(issuedAt, hours);
  const cutToAuthority = wanted.getTime() > authority.notAfter.getTime();
  return {
    notBefore: new Date(issuedAt.getTime() - profile.backdateSeconds * 1000),
    notAfter: cutToAuthority ? authority.notAfter : wanted,
    cutToAuthority,
  };
}

/** Talos makes a client's key of the kind of its CA's signature (facts, section 2). */
export function defaultLeafAlgorithm(authority: Certificate): KeyAlgorithm {
  if (authority.algorithm.startsWith("rsa")) return "rsa-4096";
  return authority.algorithm === "ed25519" ? "ed25519" : "ecdsa-p256";
}

export interface LeafRequest {
  readonly profile: CertificateProfile;
  readonly subject: SubjectName;
  readonly subjectAltNames?: SubjectAltNames;
  readonly algorithm: KeyAlgorithm;
  readonly issuedAt: Date;
  readonly validityPeriodHours: number;
}

/** Makes a key and has `authority` sign a certificate for it. */
export async function issueLeaf(
  authority: Authority,
  request: LeafRequest,
  environment: Environment,
): Promise<IssuedCertificate> {
  const key = await generatePrivateKey(request.algorithm, environment);
  return { ...(await issueLeafFor(authority, request, key.publicKeyDer, environment)), key };
}

/**
 * Has `authority` sign a certificate for a public key that somebody else made. Names are written in one form, once each.
 *
 * @throws PkiError ERR_SAN_INVALID, ERR_AUTHORITY_EXPIRED
 */
export async function issueLeafFor(
  authority: Authority,
  request: Omit<LeafRequest, "algorithm">,
  publicKeyDer: Uint8Array,
  environment: Environment,
): Promise<Omit<IssuedCertificate, "key">> {
  const names = request.subjectAltNames === undefined ? undefined : canonicalSubjectAltNames(request.subjectAltNames);
  const lifetime = leafLifetime(request.issuedAt, request.validityPeriodHours, request.profile, authority.certificate);
  const certificate = await signCertificate(
    {
      profile: request.profile,
      subject: request.subject,
      publicKeyDer,
      notBefore: lifetime.notBefore,
      notAfter: lifetime.notAfter,
      ...(names === undefined ? {} : { subjectAltNames: names }),
    },
    authority,
    environment,
  );
  return { certificate, warnings: lifetime.cutToAuthority ? [cutWarning(lifetime)] : [] };
}

/** The warning for a lifetime that was cut. */
export function cutWarning(lifetime: Lifetime): Warning {
  return {
    severity: "warning",
    reason: "cut-to-ca",
    path: "validityPeriodHours",
    message: `the certificate would outlive its CA and is cut to the CA's end, ${formatTime(lifetime.notAfter)}; rotate the CA in time`,
  };
}

/** @returns ERR_INPUT_INVALID when the algorithm is none of the contract's */
export function algorithmProblems(algorithm: string, path: string): Problem[] {
  return Object.hasOwn(ALGORITHMS, algorithm)
    ? []
    : [
        {
          code: "ERR_INPUT_INVALID",
          path,
          message: `${JSON.stringify(algorithm)} is not a known algorithm; must be one of ${KEY_ALGORITHMS.join(", ")}`,
        },
      ];
}
