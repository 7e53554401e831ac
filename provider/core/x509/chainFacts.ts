import { AsnConvert } from "@peculiar/asn1-schema";
import { type GeneralName, type GeneralSubtree, NameConstraints } from "@peculiar/asn1-x509";
import ipaddr from "ipaddr.js";

import { alternativeNamesOf, type Certificate } from "./certificate";
import * as x509 from "./library";

/** A name constraint (RFC 5280, section 4.2.1.10) of a kind that is understood. */
export type NameConstraint =
  | { readonly kind: "dns"; readonly domain: string }
  | { readonly kind: "ip"; readonly range: ReturnType<typeof ipaddr.parseCIDR> };

/** What only the verification of a chain asks of a certificate. */
export interface ChainFacts {
  /** `SHA-256`; `undefined` where the algorithm has no hash of its own, as Ed25519. */
  readonly signatureHash: string | undefined;
  /** OIDs of critical extensions that are not understood. */
  readonly unhandledExtensions: readonly string[];
  /** The addresses with the octets that they have: sixteen stay IPv6, even where they say an IPv4 address. */
  readonly ipAddresses: readonly string[];
  readonly permittedNames: readonly NameConstraint[];
  readonly excludedNames: readonly NameConstraint[];
}

const NAME_CONSTRAINTS = "2.5.29.30";

/** Extensions that may be critical: those that Go's crypto/x509 handles. */
const HANDLED = new Set([
  "2.5.29.15", // keyUsage
  "2.5.29.17", // subjectAltName
  "2.5.29.19", // basicConstraints
  NAME_CONSTRAINTS,
  "2.5.29.31", // cRLDistributionPoints
  "2.5.29.32", // certificatePolicies
  "2.5.29.37", // extKeyUsage
]);

/**
 * Reads from a certificate what the verification of a chain needs beside `Certificate`.
 *
 * @example
 * readChainFacts(parseCertificate(pem, "")).signatureHash; // "SHA-256"
 */
export function readChainFacts(certificate: Certificate): ChainFacts {
  const parsed = new x509.X509Certificate(Uint8Array.from(certificate.der));
  const { hash } = parsed.signatureAlgorithm as { readonly hash?: { readonly name: string } };
  const permitted: NameConstraint[] = [];
  const excluded: NameConstraint[] = [];
  const understood = readNameConstraints(parsed, permitted, excluded);
  return {
    signatureHash: hash?.name,
    unhandledExtensions: parsed.extensions
      .filter(({ critical, type }) => critical && !(type === NAME_CONSTRAINTS ? understood : HANDLED.has(type)))
      .map(({ type }) => type),
    ipAddresses: alternativeNamesOf(parsed)
      .filter(({ type }) => type === "ip")
      .map(({ value }) => value),
    permittedNames: permitted,
    excludedNames: excluded,
  };
}

/** @returns whether every constraint is of a kind that is understood */
function readNameConstraints(
  parsed: x509.X509Certificate,
  permitted: NameConstraint[],
  excluded: NameConstraint[],
): boolean {
  const extension = parsed.getExtension(NAME_CONSTRAINTS);
  if (extension === null) return true;
  try {
    const { permittedSubtrees, excludedSubtrees } = AsnConvert.parse(extension.value, NameConstraints);
    return [read(permittedSubtrees, permitted), read(excludedSubtrees, excluded)].every(Boolean);
  } catch {
    return false;
  }
}

function read(subtrees: Iterable<GeneralSubtree> | undefined, into: NameConstraint[]): boolean {
  // No certificate of Talos or Kubernetes bears mail addresses or URLs: constraints on them constrain nothing.
  const bases = [...(subtrees ?? [])].map(({ base }) => base);
  const constraints = bases
    .filter((base) => base.rfc822Name === undefined && base.uniformResourceIdentifier === undefined)
    .map(readConstraint);
  into.push(...constraints.filter((constraint) => constraint !== undefined));
  return !constraints.includes(undefined);
}

function readConstraint(name: GeneralName): NameConstraint | undefined {
  if (name.dNSName !== undefined) return { kind: "dns", domain: name.dNSName.toLowerCase() };
  // The library writes address and mask as CIDR.
  if (name.iPAddress !== undefined && ipaddr.isValidCIDR(name.iPAddress)) {
    return { kind: "ip", range: ipaddr.parseCIDR(name.iPAddress) };
  }
  return undefined;
}
