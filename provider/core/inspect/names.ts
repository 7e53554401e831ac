import ipaddr from "ipaddr.js";

import { canonicalIpAddress } from "../ipAddress";
import type { Certificate } from "../x509/certificate";
import type { ChainFacts, NameConstraint } from "../x509/chainFacts";

/**
 * Whether a server certificate is for a DNS name, as Go matches it: alternative names only, a wildcard stands for one
 * whole first label. Source: Go crypto/x509 verify.go, VerifyHostname.
 *
 * @example
 * coversDnsName(certificate, "cp-1.example.org");
 */
export function coversDnsName(certificate: Certificate, dnsName: string): boolean {
  const labels = labelsOf(dnsName);
  return certificate.dnsNames.some((pattern) => {
    const pieces = labelsOf(pattern);
    return (
      pieces.length === labels.length &&
      pieces.every((piece, index) => piece === labels[index] || (index === 0 && piece === "*"))
    );
  });
}

/** Whether a server certificate is for an IP address, however that is written. */
export function coversIpAddress(certificate: Certificate, ipAddress: string): boolean {
  const wanted = canonicalIpAddress(ipAddress);
  return wanted !== undefined && certificate.ipAddresses.includes(wanted);
}

function labelsOf(name: string): string[] {
  return name.toLowerCase().replace(/\.$/, "").split(".");
}

/**
 * The names of a certificate that a CA above it may not certify (RFC 5280, section 4.2.1.10).
 *
 * @param names addresses with the octets that they have: sixteen stay IPv6
 * @returns DNS names and addresses; empty when all are allowed
 */
export function namesOutside(
  names: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] },
  authority: ChainFacts,
): string[] {
  return [
    ...names.dnsNames.filter(
      (name) =>
        isOutside(authority, "dns", (constraint) => matchesDns(constraint, name)) ||
        authority.excludedNames.some((constraint) => matchesWildcard(constraint, name)),
    ),
    ...names.ipAddresses
      .filter((address) => isOutside(authority, "ip", (constraint) => matchesIp(constraint, address)))
      .map((address) => canonicalIpAddress(address) ?? address),
  ];
}

function isOutside(
  authority: ChainFacts,
  kind: NameConstraint["kind"],
  matches: (constraint: NameConstraint) => boolean,
): boolean {
  const permitted = authority.permittedNames.filter((constraint) => constraint.kind === kind);
  return authority.excludedNames.some(matches) || (permitted.length > 0 && !permitted.some(matches));
}

/** A wildcard stands for every name beside it, the excluded one among them (Go since 1.25.5). */
function matchesWildcard(constraint: NameConstraint, name: string): boolean {
  if (constraint.kind !== "dns" || !name.startsWith("*.")) return false;
  const parent = constraint.domain.indexOf(".");
  return parent >= 0 && constraint.domain.slice(parent) === name.slice(1).toLowerCase();
}

function matchesDns(constraint: NameConstraint, name: string): boolean {
  if (constraint.kind !== "dns") return false;
  const { domain } = constraint;
  const lower = name.toLowerCase();
  return domain === "" || lower === domain || lower.endsWith(domain.startsWith(".") ? domain : `.${domain}`);
}

function matchesIp(constraint: NameConstraint, address: string): boolean {
  if (constraint.kind !== "ip" || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  const [network, bits] = constraint.range;
  return parsed.kind() === network.kind() && parsed.match([network, bits] as never);
}
