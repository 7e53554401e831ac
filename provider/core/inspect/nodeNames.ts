import ipaddr from "ipaddr.js";

import type { ChainFacts, NameConstraint } from "../x509/chainFacts";

/** A host name and an address that a node may have. */
export interface NodeNames {
  /** One label, as Talos's own host names. */
  readonly hostname: string;
  readonly address: string;
}

const ANY_NODE: NodeNames = { hostname: "node", address: "10.0.0.2" };
const USUAL_HOSTNAMES = [ANY_NODE.hostname, "cp", "worker", "talos"];

/**
 * Names of a node that a CA allows, whatever else it forbids: what is rejected for these is rejected for every node.
 * Where it allows none, those of any node.
 *
 * @example
 * allowedNodeNames(readChainFacts(authority.certificate)).hostname; // "node"
 */
export function allowedNodeNames({
  permittedNames,
  excludedNames,
}: Pick<ChainFacts, "permittedNames" | "excludedNames">): NodeNames {
  const domains = (constraints: readonly NameConstraint[]): string[] =>
    constraints.flatMap((constraint) => (constraint.kind === "dns" ? [constraint.domain] : []));
  return {
    hostname: allowedHostname(domains(permittedNames), new Set(domains(excludedNames))) ?? ANY_NODE.hostname,
    address:
      allowedAddress("ipv4", permittedNames, excludedNames) ??
      allowedAddress("ipv6", permittedNames, excludedNames) ??
      ANY_NODE.address,
  };
}

/** A name of one label is allowed only by itself, or by the domain of all names. */
function allowedHostname(permitted: readonly string[], excluded: ReadonlySet<string>): string | undefined {
  const isFree = permitted.length === 0 || permitted.includes("");
  const candidates = isFree ? USUAL_HOSTNAMES : permitted.filter((domain) => domain !== "" && !domain.includes("."));
  return excluded.has("") ? undefined : candidates.find((name) => !excluded.has(name));
}

interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const BITS = { ipv4: 32, ipv6: 128 } as const;
type Family = keyof typeof BITS;

/** The first address of a permitted network, or the first one behind what is excluded from it. */
function allowedAddress(
  family: Family,
  permittedNames: readonly NameConstraint[],
  excludedNames: readonly NameConstraint[],
): string | undefined {
  const all = { first: 1n, last: (1n << BigInt(BITS[family])) - 1n };
  const isFree = permittedNames.every(({ kind }) => kind !== "ip");
  const permitted = isFree ? [all] : merged(rangesOf(family, permittedNames));
  const excluded = merged(rangesOf(family, excludedNames));
  let next = 0;
  for (const { first, last } of permitted) {
    while (next < excluded.length && excluded[next]!.last < first) next += 1;
    const above = excluded[next];
    const address = above !== undefined && above.first <= first ? above.last + 1n : first;
    if (address <= last) return addressOf(family, address);
  }
  return undefined;
}

function rangesOf(family: Family, constraints: readonly NameConstraint[]): Range[] {
  return constraints.flatMap((constraint) =>
    constraint.kind === "ip" && constraint.range[0].kind() === family ? [rangeOf(family, ...constraint.range)] : [],
  );
}

function rangeOf(family: Family, network: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Range {
  const size = 1n << BigInt(BITS[family] - bits);
  const address = BigInt(`0x${Buffer.from(network.toByteArray()).toString("hex")}`);
  const first = address - (address % size);
  return { first, last: first + size - 1n };
}

/** In order, without those that touch or overlap. */
function merged(ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const result: Range[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last === undefined || range.first > last.last + 1n) result.push(range);
    else if (range.last > last.last) result[result.length - 1] = { first: last.first, last: range.last };
  }
  return result;
}

function addressOf(family: Family, address: bigint): string {
  const octets = Buffer.from(address.toString(16).padStart(BITS[family] / 4, "0"), "hex");
  return ipaddr.fromByteArray([...octets]).toString();
}
