import { PkiError, type Problem } from "../errors";
import { canonicalIpAddress, isIpAddress } from "../ipAddress";

/** Subject alternative names of the two kinds that Talos knows. */
export interface SubjectAltNames {
  /** Host names; a wildcard may be the first label. */
  readonly dnsNames?: readonly string[];
  /** IPv4 or IPv6 in any spelling of RFC 4291, without zone. */
  readonly ipAddresses?: readonly string[];
}

const MAX_DNS_NAME = 253;
// RFC 1123 host labels, with the underscore that is common in the field, and a leading wildcard (RFC 6125, 6.4.3).
const DNS_NAME =
  /^(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;

/**
 * Whether a text is a name as certificates hold it: ASCII (punycode), at most 253 characters, labels of RFC 1123 with
 * underscores allowed, a wildcard as the first label (RFC 6125, section 6.4.3); no bare number.
 *
 * @example
 * isDnsName("*.example.org"); // true
 */
export function isDnsName(text: string): boolean {
  return text.length <= MAX_DNS_NAME && DNS_NAME.test(text) && !/^[0-9.]+$/.test(text);
}

/**
 * Checks names for a server certificate.
 *
 * @returns every problem, `ERR_SAN_INVALID` with path `dnsNames[0]` or `ipAddresses[2]`
 */
export function subjectAltNameProblems(names: SubjectAltNames): Problem[] {
  const bad = (path: string, message: string): Problem => ({ code: "ERR_SAN_INVALID", path, message });
  return [
    ...(names.dnsNames ?? []).flatMap((name, index) => {
      if (isIpAddress(name))
        return [bad(`dnsNames[${index}]`, `${JSON.stringify(name)} is an IP address; give it in ipAddresses`)];
      return isDnsName(name)
        ? []
        : [bad(`dnsNames[${index}]`, `${JSON.stringify(name)} is not a DNS name; must be one like node.example.org`)];
    }),
    ...(names.ipAddresses ?? []).flatMap((address, index) =>
      isIpAddress(address)
        ? []
        : [
            bad(
              `ipAddresses[${index}]`,
              `${JSON.stringify(address)} is not an IP address; must be one like 10.0.0.1 or 2001:db8::1`,
            ),
          ],
    ),
  ];
}

/**
 * The names in the one form in which they are written: addresses as Go writes them, each name once, sorted.
 *
 * @throws PkiError ERR_SAN_INVALID
 */
export function canonicalSubjectAltNames({
  dnsNames = [],
  ipAddresses = [],
}: SubjectAltNames): Required<SubjectAltNames> {
  assertSubjectAltNames({ dnsNames, ipAddresses });
  return {
    dnsNames: [...new Set(dnsNames)].sort(),
    ipAddresses: [...new Set(ipAddresses.map((address) => canonicalIpAddress(address)!))].sort(),
  };
}

/** @throws PkiError ERR_SAN_INVALID */
function assertSubjectAltNames(names: SubjectAltNames): void {
  const problems = subjectAltNameProblems(names);
  if (problems.length > 0) throw PkiError.of(problems);
}
