import { formatTime } from "../environment";
import { describeSpan } from "../lifecycle/renewal";
import { type Certificate, keyFits } from "../x509/certificate";
import { type ChainFacts, readChainFacts } from "../x509/chainFacts";
import type { PrivateKey } from "../x509/privateKey";
import type { Role } from "../x509/roles";
import type { Chain } from "./chain";
import { type Finding, finding } from "./findings";
import { coversDnsName, coversIpAddress, namesOutside } from "./names";
import { type ChainPurpose, GO_USAGES, hasRole, PURPOSES, rolesOf } from "./purposes";

/** What is wrong with the certificates of a chain, from the leaf upwards; whether it ends in trust is another question. */
export function chainFindings(
  chain: Chain,
  options: { readonly now: Date; readonly purpose: ChainPurpose },
): Finding[] {
  const facts = chain.certificates.map(readChainFacts);
  return chain.certificates.flatMap((certificate, depth) => [
    ...timeFindings(certificate, depth, options.now),
    ...(depth === 0 ? [] : issuerFindings(certificate, depth)),
    ...usageFindings(certificate, depth, options.purpose),
    ...extensionFindings(certificate, facts[depth]!),
    // Nobody looks at the signature of what is trusted already.
    ...(depth === facts.length - 1 ? [] : signatureFindings(certificate, facts[depth]!)),
    ...facts.slice(depth + 1).flatMap((authority) => constraintFindings(certificate, facts[depth]!, authority)),
  ]);
}

function extensionFindings(certificate: Certificate, { unhandledExtensions }: ChainFacts): Finding[] {
  if (unhandledExtensions.length === 0) return [];
  const what = `has a critical extension that verifiers do not understand (${unhandledExtensions.join(", ")})`;
  return [finding("ERR_CHAIN_INVALID", certificate, what, "issue it without that extension")];
}

function signatureFindings(certificate: Certificate, { signatureHash = "" }: ChainFacts): Finding[] {
  if (!WEAK_HASHES.has(signatureHash)) return [];
  const what = `is signed with ${signatureHash}, which verifiers refuse`;
  return [finding("ERR_CHAIN_INVALID", certificate, what, "issue it anew with SHA-256 or better")];
}

function constraintFindings(certificate: Certificate, facts: ChainFacts, authority: ChainFacts): Finding[] {
  const outside = namesOutside(certificate, facts, authority);
  if (outside.length === 0) return [];
  const what = `is for ${outside.join(", ")}, outside the name constraints of an authority above it`;
  return [finding("ERR_CHAIN_INVALID", certificate, what, "issue it for permitted names")];
}

const WEAK_HASHES = new Set(["MD5", "SHA-1"]);
const SMALLEST_RSA = 1024;

function timeFindings(certificate: Certificate, depth: number, now: Date): Finding[] {
  const [late, early] = [
    now.getTime() - certificate.notAfter.getTime(),
    certificate.notBefore.getTime() - now.getTime(),
  ];
  if (early > 0) {
    const what = `is not valid before ${formatTime(certificate.notBefore)}, in ${describeSpan(early)}`;
    return [
      finding(
        "ERR_CERTIFICATE_NOT_YET_VALID",
        certificate,
        what,
        "set the clock of this machine and of the issuer, or wait",
      ),
    ];
  }
  if (late <= 0) return [];
  const what = `expired ${describeSpan(late)} ago, at ${formatTime(certificate.notAfter)}`;
  return depth === 0 && !certificate.isAuthority
    ? [finding("ERR_CERTIFICATE_EXPIRED", certificate, what, "issue it anew: pulumi up renews it, offline too")]
    : [
        finding(
          "ERR_AUTHORITY_EXPIRED",
          certificate,
          what,
          "rotate the authority; nothing that it signed is valid any more",
        ),
      ];
}

function issuerFindings(authority: Certificate, depth: number): Finding[] {
  const findings: Finding[] = [];
  const cure = "have the certificate issued by an authority";
  if (!authority.isAuthority) {
    findings.push(
      finding(
        "ERR_NOT_A_CA",
        authority,
        "signed a certificate but is no authority (basicConstraints lacks CA:TRUE)",
        cure,
      ),
    );
  } else if (
    authority.keyUsages !== undefined &&
    authority.keyUsages.length > 0 &&
    !authority.keyUsages.includes("keyCertSign")
  ) {
    findings.push(finding("ERR_NOT_A_CA", authority, "may not sign certificates (keyUsage lacks keyCertSign)", cure));
  }
  if (authority.isAuthority && authority.pathLength !== undefined && depth - 1 > authority.pathLength) {
    const what = `allows ${authority.pathLength} authorities below itself and has ${depth - 1}`;
    findings.push(
      finding("ERR_CHAIN_INVALID", authority, what, "have the certificate issued by an authority that may"),
    );
  }
  const bits = /^rsa-(\d+)$/.exec(authority.algorithm)?.[1];
  if (bits !== undefined && Number(bits) < SMALLEST_RSA) {
    findings.push(
      finding(
        "ERR_CHAIN_INVALID",
        authority,
        `signs with an RSA key of ${bits} bits, which verifiers refuse`,
        "rotate the authority to a stronger key",
      ),
    );
  }
  return findings;
}

function usageFindings(certificate: Certificate, depth: number, purpose: ChainPurpose): Finding[] {
  const { usage, exact, noun } = PURPOSES[purpose];
  const usages = certificate.extendedKeyUsages ?? [];
  const words = usage === "clientAuth" ? "client authentication" : "server authentication";
  const issuer = depth > 0 ? "the authority" : `the ${noun} certificate`;
  if (usages.length > 0 && !usages.includes(usage) && !usages.includes("anyExtendedKeyUsage")) {
    const what = `lacks the extended key usage ${words} (it has ${usages.join(", ")})`;
    return [finding("ERR_USAGE_MISSING", certificate, what, `issue ${issuer} with ${usage}`)];
  }
  const known = usages.filter((name) => GO_USAGES.has(name));
  if (!exact || certificate.isAuthority || (known.length === 1 && known[0] === usage)) return [];
  const has = known.length === 0 ? "it has none that counts" : `it has ${known.join(", ")}`;
  const what = `must have the extended key usage ${words} and no other for apid (${has})`;
  return [
    finding(
      "ERR_USAGE_MISSING",
      certificate,
      what,
      `issue ${issuer} with ${usage} alone, as ClientConfiguration and talosctl do`,
    ),
  ];
}

/** What a leaf is asked for by those who meet it. */
export interface LeafExpectation {
  /** The leaf's own key, when it is at hand. */
  readonly key?: PrivateKey;
  /** The name or address by which a server is called. */
  readonly dnsName?: string;
  readonly ipAddress?: string;
  /** A role that a client must have, or one that covers it. */
  readonly requiredRole?: Role;
}

/** What is wrong with the leaf for those who meet it. */
export function leafFindings(leaf: Certificate, options: LeafExpectation): Finding[] {
  const { key, dnsName, ipAddress, requiredRole } = options;
  const findings: Finding[] = [];
  if (key !== undefined && !keyFits(leaf, key)) {
    const cure = "take certificate and key of one issuance; if the key is lost, issue the certificate anew";
    findings.push(finding("ERR_KEY_MISMATCH", leaf, "does not belong to the private key beside it", cure));
  }
  const unnamed = [
    ...(dnsName === undefined || coversDnsName(leaf, dnsName) ? [] : [dnsName]),
    ...(ipAddress === undefined || coversIpAddress(leaf, ipAddress) ? [] : [ipAddress]),
  ];
  if (unnamed.length > 0) {
    const own = [...leaf.dnsNames, ...leaf.ipAddresses];
    const what = `is not for ${unnamed.join(", ")} (it is for ${own.length === 0 ? "no name at all" : own.join(", ")})`;
    findings.push(
      finding(
        "ERR_NAME_MISMATCH",
        leaf,
        what,
        "call it by a name that it is for, or add the name to certSANs of the machine config",
      ),
    );
  }
  if (requiredRole !== undefined && !hasRole(leaf.organizations, requiredRole)) {
    const roles = rolesOf(leaf.organizations);
    const what = `lacks the role ${requiredRole} (it has ${roles.length === 0 ? "none" : roles.join(", ")})`;
    findings.push(finding("ERR_ROLE_MISSING", leaf, what, `issue it with roles: ["${requiredRole}"]`));
  }
  return findings;
}
