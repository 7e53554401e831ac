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
 * The names of a certificate that an authority above it is not allowed to vouch for (RFC 5280, section 4.2.1.10).
 *
 * @param facts those of the certificate
 * @returns DNS names and addresses; empty when all are in order
 */
export function namesOutside(certificate: Certificate, facts: ChainFacts, authority: ChainFacts): string[] {
  return [
    ...certificate.dnsNames.filter((name) => isOutside(authority, "dns", (constraint) => matchesDns(constraint, name))),
    ...facts.ipAddresses
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
