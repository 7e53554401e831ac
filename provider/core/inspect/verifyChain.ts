import { PkiError, type Problem } from "../errors";
import { type Certificate, parseCertificates } from "../x509/certificate";
import { ROLES } from "../x509/roles";
import type { NamedAuthority } from "./authorities";
import { findChains } from "./chain";
import type { Finding } from "./findings";
import { type ChainPurpose, PURPOSES } from "./purposes";
import { chainFindings, type LeafExpectation, leafFindings } from "./rules";
import { untrustedFinding } from "./untrusted";

/** PEM of one or several certificates, or the same parsed. */
export type CertificatesInput = string | readonly Certificate[];

/** A certificate, the trusted CAs, and what the certificate is for. */
export interface VerifyChainOptions extends LeafExpectation {
  /** The certificate in question, and after it any others that may lead up to a trusted one. */
  readonly certificates: CertificatesInput;
  /** The certificates that the verifier trusts; self-signed or not. */
  readonly trust: CertificatesInput;
  /** `client`: apid's own rules; `kubernetesClient`: any TLS server's; `server`: what a client asks of a server. */
  readonly purpose: ChainPurpose;
  /** The moment at which everything must be valid. */
  readonly now: Date;
  /** CAs known by name, to name the one that issued a certificate when it is not trusted. */
  readonly authorities?: readonly NamedAuthority[];
}

/** Whether a chain holds, and if not, why and what helps. */
export interface ChainVerdict {
  /** There are no findings. */
  readonly ok: boolean;
  /** Leaf first, up to the trusted certificate, or as far as it leads. */
  readonly chain: readonly Certificate[];
  /** Empty when the chain holds. */
  readonly findings: readonly Finding[];
}

/**
 * Verifies a certificate as Go's crypto/x509 does, which every part of Talos and Kubernetes uses, and for clients of
 * Talos as apid does on top. With several ways up to trust, the best one counts.
 *
 * @returns findings with ERR_AUTHORITY_UNKNOWN, ERR_AUTHORITY_WRONG, ERR_AUTHORITY_EXPIRED, ERR_CERTIFICATE_EXPIRED,
 *   ERR_CERTIFICATE_NOT_YET_VALID, ERR_USAGE_MISSING, ERR_ROLE_MISSING, ERR_KEY_MISMATCH, ERR_NAME_MISMATCH,
 *   ERR_NOT_A_CA, ERR_CHAIN_INVALID
 * @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN, ERR_INPUT_MISSING (no certificate), ERR_ROLE_UNKNOWN
 * @example
 * const { ok, findings } = verifyChain({ certificates: clientPem, trust: caPem, purpose: "client", now: new Date() });
 */
export function verifyChain(options: VerifyChainOptions): ChainVerdict {
  const [leaf, ...others] = read(options.certificates, "certificates");
  const trust = read(options.trust, "trust");
  checkOptions(options, leaf);
  const verdicts = findChains(leaf!, others, trust).map((chain): ChainVerdict => {
    const findings = [
      ...(chain.trusted
        ? []
        : [untrustedFinding(chain, trust, options.authorities ?? [], PURPOSES[options.purpose].noun)]),
      ...chainFindings(chain, options),
      ...leafFindings(leaf!, options),
    ];
    return { ok: findings.length === 0, chain: chain.certificates, findings };
  });
  return verdicts.reduce((best, other) => (other.findings.length < best.findings.length ? other : best));
}

function read(input: CertificatesInput, path: string): readonly Certificate[] {
  return typeof input === "string" ? parseCertificates(input, path) : input;
}

function checkOptions(options: VerifyChainOptions, leaf: Certificate | undefined): void {
  const problems: Problem[] = [];
  if (leaf === undefined) {
    problems.push({ code: "ERR_INPUT_MISSING", path: "certificates", message: "is empty; must hold a certificate" });
  }
  const role = options.requiredRole;
  if (role !== undefined && role !== "any" && !ROLES.includes(role)) {
    const message = `${JSON.stringify(role)} is not a Talos role; use one of ${ROLES.join(", ")}`;
    problems.push({ code: "ERR_ROLE_UNKNOWN", path: "requiredRole", message });
  }
  if (problems.length > 0) throw PkiError.of(problems);
}
