import { AsnConvert } from "@peculiar/asn1-schema";
import { type GeneralName, type GeneralSubtree, NameConstraints } from "@peculiar/asn1-x509";
import ipaddr from "ipaddr.js";

import { alternativeNamesOf, type Certificate } from "./certificate";
import { whyGoCannotRead } from "./goCertificate";
import * as x509 from "./library";

/** A name constraint (RFC 5280, section 4.2.1.10) of a kind that is understood. */
export type NameConstraint =
  | { readonly kind: "dns"; readonly domain: string }
  | { readonly kind: "ip"; readonly range: ReturnType<typeof ipaddr.parseCIDR> };

/** What only the verification of a chain asks of a certificate. */
export interface ChainFacts {
  /** `SHA-256`; `undefined` where the algorithm has no hash of its own, as Ed25519. */
  readonly signatureHash: string | undefined;
  /** OIDs of critical extensions that no release of Go understands that Talos is built with. */
  readonly unhandledExtensions: readonly string[];
  /** OIDs of critical extensions that Go understands since 1.24, and Talos with it since v1.10. */
  readonly policyExtensions: readonly string[];
  /** What Go's parser does not read in it; words that complete "the certificate …". */
  readonly unreadable: string | undefined;
  /** The addresses with the octets that they have: sixteen stay IPv6, even where they say an IPv4 address. */
  readonly ipAddresses: readonly string[];
  readonly permittedNames: readonly NameConstraint[];
  readonly excludedNames: readonly NameConstraint[];
  /** Whether a name constraint is on subjects, which OpenSSL looks at and Go does not. */
  readonly constrainsSubjects: boolean;
}

const NAME_CONSTRAINTS = "2.5.29.30";
const SUBJECT_ALT_NAME = "2.5.29.17";

/** Extensions that may be critical: those that Go's crypto/x509 handles. */
const HANDLED = new Set([
  "2.5.29.15", // keyUsage
  "2.5.29.19", // basicConstraints
  NAME_CONSTRAINTS,
  "2.5.29.31", // cRLDistributionPoints
  "2.5.29.32", // certificatePolicies
  "2.5.29.37", // extKeyUsage
]);

const HANDLED_SINCE_GO_1_24 = new Set([
  "2.5.29.33", // policyMappings
  "2.5.29.36", // policyConstraints
  "2.5.29.54", // inhibitAnyPolicy
]);

/** Kinds of alternative names that Go looks at; a critical extension of others alone is not understood. */
const KNOWN_NAMES: ReadonlySet<string> = new Set(["dns", "email", "ip", "url"]);

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
  const { understood, constrainsSubjects } = readNameConstraints(parsed, permitted, excluded);
  const names = alternativeNamesOf(parsed);
  const understands = (type: string): boolean => {
    if (type === NAME_CONSTRAINTS) return understood;
    if (type === SUBJECT_ALT_NAME) return names.some((name) => KNOWN_NAMES.has(name.type));
    return HANDLED.has(type);
  };
  const critical = parsed.extensions.filter((extension) => extension.critical).map(({ type }) => type);
  return {
    signatureHash: hash?.name,
    unhandledExtensions: critical.filter((type) => !understands(type) && !HANDLED_SINCE_GO_1_24.has(type)),
    policyExtensions: critical.filter((type) => HANDLED_SINCE_GO_1_24.has(type)),
    unreadable: whyGoCannotRead(certificate.der),
    ipAddresses: names.filter(({ type }) => type === "ip").map(({ value }) => value),
    permittedNames: permitted,
    excludedNames: excluded,
    constrainsSubjects,
  };
}

/** Whether every constraint is of a kind that Go understands, and whether one is on subjects. */
function readNameConstraints(
  parsed: x509.X509Certificate,
  permitted: NameConstraint[],
  excluded: NameConstraint[],
): { readonly understood: boolean; readonly constrainsSubjects: boolean } {
  const extension = parsed.getExtension(NAME_CONSTRAINTS);
  if (extension === null) return { understood: true, constrainsSubjects: false };
  try {
    const { permittedSubtrees, excludedSubtrees } = AsnConvert.parse(extension.value, NameConstraints);
    return {
      understood: [read(permittedSubtrees, permitted), read(excludedSubtrees, excluded)].every(Boolean),
      constrainsSubjects: holdsSubject(permittedSubtrees) || holdsSubject(excludedSubtrees),
    };
  } catch {
    return { understood: false, constrainsSubjects: false };
  }
}

function holdsSubject(subtrees: Iterable<GeneralSubtree> = []): boolean {
  return Array.from(subtrees).some(({ base }) => base.directoryName !== undefined);
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
