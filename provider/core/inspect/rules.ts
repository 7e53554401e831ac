import { formatTime } from "../environment";
import { describeSpan } from "../lifecycle/renewal";
import type { ChainReason } from "../reasons";
import { whyGoVerifiesNothing } from "../x509/algorithms";
import { type Certificate, keyFits } from "../x509/certificate";
import { type ChainFacts, readChainFacts } from "../x509/chainFacts";
import type { PrivateKey } from "../x509/privateKey";
import type { Role } from "../x509/roles";
import type { Chain } from "./chain";
import { type Finding, finding } from "./findings";
import { coversDnsName, coversIpAddress, namesOutside } from "./names";
import type { SubjectAltNames } from "../x509/subjectAltNames";
import { type ChainPurpose, GO_USAGES, hasRole, PURPOSES, rolesOf } from "./purposes";

/** What is wrong with the certificates of a chain, from the leaf upwards; whether it ends in trust is another question. */
export function chainFindings(
  chain: Chain,
  options: { readonly now: Date; readonly purpose: ChainPurpose },
): Finding[] {
  const facts = chain.certificates.map(readChainFacts);
  const top = facts.length - 1;
  return chain.certificates.flatMap((certificate, depth) => {
    const own = facts[depth]!;
    if (own.unreadable !== undefined) return [unreadableFinding(certificate, own.unreadable)];
    return [
      ...timeFindings(certificate, depth, options.now),
      ...(depth === 0 ? [] : issuerFindings(certificate, depth)),
      ...usageFindings(certificate, depth, options.purpose),
      ...extensionFindings(certificate, own, { isAnchor: chain.trusted && depth === top }),
      // Nobody looks at the signature of what is trusted already.
      ...(depth === top ? [] : signatureFindings(certificate, own)),
      ...facts.slice(depth + 1).flatMap((issuer) => constraintFindings(certificate, own, issuer)),
    ];
  });
}

/** What keeps a trusted CA from certifying leaves for a purpose, whatever its time. */
export function anchorFindings(
  certificate: Certificate,
  facts: ChainFacts,
  purpose: ChainPurpose,
  names: Required<SubjectAltNames>,
): Finding[] {
  if (facts.unreadable !== undefined) return [unreadableFinding(certificate, facts.unreadable)];
  const outside = namesOutside(names, facts);
  return [
    ...issuerFindings(certificate, 1, "supply a CA certificate that may sign certificates"),
    ...usageFindings(certificate, 1, purpose),
    ...extensionFindings(certificate, facts, { isAnchor: true }),
    ...(outside.length === 0 ? [] : [excludingFinding(certificate, outside)]),
  ];
}

function unreadableFinding(certificate: Certificate, what: string): Finding {
  const why = `${what}, so that Go does not read it`;
  return finding("unreadable", certificate, why, "reissue it as RFC 5280 says");
}

function excludingFinding(certificate: Certificate, names: readonly string[]): Finding {
  const what = `has name constraints that exclude ${names.join(", ")}`;
  return finding("name-constraints", certificate, what, "reissue it without name constraints");
}

function extensionFindings(
  certificate: Certificate,
  { unhandledExtensions, policyExtensions }: ChainFacts,
  { isAnchor }: { readonly isAnchor: boolean },
): Finding[] {
  // Policies bind what is below a trusted CA, not itself (RFC 5280, section 6.1).
  const unknown = isAnchor ? unhandledExtensions : [...unhandledExtensions, ...policyExtensions];
  if (unknown.length === 0) return [];
  const what = `has a critical extension that verifiers do not know (${unknown.join(", ")})`;
  return [finding("critical-extension", certificate, what, "reissue it without that extension")];
}

function signatureFindings(certificate: Certificate, { signatureHash = "" }: ChainFacts): Finding[] {
  if (!WEAK_HASHES.has(signatureHash)) return [];
  const what = `is signed with ${signatureHash}, which verifiers reject`;
  return [finding("signature-algorithm", certificate, what, "reissue it with SHA-256 or better")];
}

function constraintFindings(certificate: Certificate, facts: ChainFacts, issuer: ChainFacts): Finding[] {
  const outside = namesOutside({ dnsNames: certificate.dnsNames, ipAddresses: facts.ipAddresses }, issuer);
  if (outside.length === 0) return [];
  const what = `is for ${outside.join(", ")}, outside the name constraints of a CA above it`;
  return [finding("name-constraints", certificate, what, "reissue it for permitted names")];
}

const WEAK_HASHES = new Set(["MD5", "SHA-1"]);

function timeFindings(certificate: Certificate, depth: number, now: Date): Finding[] {
  const [late, early] = [
    now.getTime() - certificate.notAfter.getTime(),
    certificate.notBefore.getTime() - now.getTime(),
  ];
  if (early > 0) {
    const what = `is not valid before ${formatTime(certificate.notBefore)}, in ${describeSpan(early)}`;
    return [finding("not-yet-valid", certificate, what, "set the clock of this machine and of the issuer, or wait")];
  }
  if (late <= 0) return [];
  const what = `expired ${describeSpan(late)} ago, at ${formatTime(certificate.notAfter)}`;
  return depth === 0 && !certificate.isAuthority
    ? [finding("expired", certificate, what, "reissue it: pulumi up renews it, offline too")]
    : [finding("ca-expired", certificate, what, "rotate the CA; nothing that it signed is valid any more")];
}

function issuerFindings(issuer: Certificate, depth: number, cure = ISSUED_BY_CA): Finding[] {
  const { isAuthority, keyUsages = [], pathLength } = issuer;
  const findings: Finding[] = [];
  const add = (reason: ChainReason, what: string, remedy: string): void => {
    findings.push(finding(reason, issuer, what, remedy));
  };
  if (!isAuthority) {
    add("not-a-ca", "is not a CA (basicConstraints lacks CA:TRUE)", cure);
  } else if (keyUsages.length > 0 && !keyUsages.includes("keyCertSign")) {
    add("not-a-ca", "may not sign certificates (keyUsage lacks keyCertSign)", cure);
  }
  if (isAuthority && pathLength !== undefined && depth - 1 > pathLength) {
    const what = `allows ${pathLength} CAs below itself and has ${depth - 1}`;
    add("path-length", what, "have the certificate issued by a CA that may");
  }
  const key = whyGoVerifiesNothing(issuer.publicKey);
  if (key !== undefined) {
    add("key-kind", `signs with ${key}, which verifiers reject`, "rotate the CA to another key");
  }
  return findings;
}

const ISSUED_BY_CA = "have the certificate issued by a CA";

function usageFindings(certificate: Certificate, depth: number, purpose: ChainPurpose): Finding[] {
  const { usage, exact, noun } = PURPOSES[purpose];
  const usages = certificate.extendedKeyUsages ?? [];
  const words = usage === "clientAuth" ? "client authentication" : "server authentication";
  const holder = depth > 0 ? "the CA" : `the ${noun} certificate`;
  if (usages.length > 0 && !usages.includes(usage) && !usages.includes("anyExtendedKeyUsage")) {
    const what = `lacks the extended key usage ${words} (it has ${usages.join(", ")})`;
    return [finding("usage-missing", certificate, what, `reissue ${holder} with ${usage}`)];
  }
  const known = usages.filter((name) => GO_USAGES.has(name));
  if (!exact || depth > 0 || certificate.isAuthority || (known.length === 1 && known[0] === usage)) return [];
  const has = known.length === 0 ? "it has none that counts" : `it has ${known.join(", ")}`;
  const what = `must have the extended key usage ${words} and no other for apid (${has})`;
  const cure = `reissue ${holder} with ${usage} alone, as ClientConfiguration and talosctl do`;
  return [finding("usage-missing", certificate, what, cure)];
}

/** What a leaf is asked for by those who meet it. */
export interface LeafExpectation {
  /** The leaf's own key, when it is at hand. */
  readonly key?: PrivateKey;
  /** The name or address by which a server is called. */
  readonly dnsName?: string;
  readonly ipAddress?: string;
  /** A role that a client must have, or one that covers it; `any` for one that Talos knows. */
  readonly requiredRole?: Role | "any";
}

/** What is wrong with the leaf for those who meet it. */
export function leafFindings(leaf: Certificate, options: LeafExpectation): Finding[] {
  const { key, dnsName, ipAddress, requiredRole } = options;
  const findings: Finding[] = [];
  if (key !== undefined && !keyFits(leaf, key)) {
    const cure = "use certificate and key of one issuance; if the key is lost, reissue the certificate";
    findings.push(finding("key-mismatch", leaf, "does not belong to the private key beside it", cure));
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
        "name-mismatch",
        leaf,
        what,
        "call it by a name that it is for, or add the name to certSANs of the machine config",
      ),
    );
  }
  const role = requiredRole === undefined ? undefined : roleFinding(leaf, requiredRole);
  return role === undefined ? findings : [...findings, role];
}

/** @param required a role that is needed, or `any` for one that grants something */
function roleFinding(leaf: Certificate, required: Role | "any"): Finding | undefined {
  const roles = rolesOf(leaf.organizations);
  if (required === "any") {
    if (roles.length > 0) return undefined;
    const { organizations } = leaf;
    const noun = organizations.length === 1 ? "the organization" : "the organizations";
    const own = organizations.length === 0 ? "no organization" : `${noun} ${organizations.join(", ")}`;
    const what = `has no Talos role (it has ${own}), so nodes let it do nothing`;
    return finding("role-missing", leaf, what, "reissue it with a role, such as os:admin or os:reader");
  }
  if (hasRole(leaf.organizations, required)) return undefined;
  const what = `lacks the role ${required} (it has ${roles.length === 0 ? "none" : roles.join(", ")})`;
  return finding("role-missing", leaf, what, `reissue it with roles: ["${required}"]`);
}
