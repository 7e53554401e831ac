import { contextTag, DerReader, isAscii, TAG } from "./der";
import { GoFault } from "./goFault";
import { isGoDomainConstraint, isGoMailConstraint, isGoUrl, isGoUrlConstraint } from "./goNames";

/** Extensions by the hex of their OID, each with what Go asks of it; it does not look into others. */
const EXTENSIONS: Readonly<Record<string, (value: DerReader, critical: boolean) => unknown>> = {
  "551d0f": (value) => value.bitString(),
  "551d13": readBasicConstraints,
  "551d11": readAlternativeNames,
  "551d1e": readNameConstraints,
  "551d25": (value) => {
    for (const usages = value.within(TAG.sequence); !usages.isEmpty;) usages.oid();
  },
  "551d20": readPolicies,
  "551d21": (value) => {
    for (const mappings = value.within(TAG.sequence); !mappings.isEmpty;) {
      const mapping = mappings.within(TAG.sequence);
      for (let side = 0; side < 2; side += 1) mapping.read(TAG.oid);
    }
  },
  "551d24": (value) => {
    const constraints = value.within(TAG.sequence);
    for (const tag of [contextTag(0), contextTag(1)]) if (constraints.tag === tag) readNumber(constraints, tag);
  },
  "551d36": (value) => {
    readNumber(value);
  },
  "551d1f": readDistributionPoints,
  "551d0e": (value, critical) => {
    if (critical) throw new GoFault("marks its subject key identifier critical");
    value.read(TAG.octetString);
  },
  "551d23": (value, critical) => {
    if (critical) throw new GoFault("marks its authority key identifier critical");
    value.within(TAG.sequence).optional(contextTag(0));
  },
  "2b06010505070101": (value, critical) => {
    if (critical) throw new GoFault("marks its CA information access critical");
    for (const accesses = value.within(TAG.sequence); !accesses.isEmpty;) {
      const access = accesses.within(TAG.sequence);
      access.oid();
      access.optional(contextTag(6));
    }
  },
};

/**
 * Reads the extensions of a certificate.
 *
 * Source: go/src/crypto/x509/parser.go, processExtensions, go1.26.
 *
 * @throws DerFault where Go's crypto/x509 does not read them
 */
export function readGoExtensions(extensions: DerReader): void {
  const seen = new Set<string>();
  while (!extensions.isEmpty) {
    const extension = extensions.within(TAG.sequence);
    const oid = extension.oid();
    const critical = extension.tag === TAG.boolean && extension.boolean();
    const value = extension.read(TAG.octetString);
    if (seen.has(oid)) throw new GoFault("has an extension twice");
    seen.add(oid);
    EXTENSIONS[oid]?.(new DerReader(value), critical);
  }
}

function readBasicConstraints(value: DerReader): void {
  const constraints = value.within(TAG.sequence);
  if (constraints.tag === TAG.boolean) constraints.boolean();
  if (constraints.tag !== TAG.integer) return;
  const [first = 0, ...more] = constraints.integer();
  if (first >= 0x80 || more.length > 7) throw new GoFault("has a path length that is not a number of CAs");
}

/** A whole number of at most 64 bits. */
function readNumber(value: DerReader, tag?: number): void {
  if (value.integer(tag).length > 8) throw new GoFault("has a number of policies that Go does not read");
}

function readDistributionPoints(value: DerReader): void {
  for (const points = value.within(TAG.sequence); !points.isEmpty;) {
    const name = points.within(TAG.sequence).optional(contextTag(0, { isConstructed: true }));
    if (name === undefined) continue;
    const urls = new DerReader(name).within(contextTag(0, { isConstructed: true }));
    while (urls.optional(contextTag(6)) !== undefined);
  }
}

function readPolicies(value: DerReader): void {
  const seen = new Set<string>();
  for (const policies = value.within(TAG.sequence); !policies.isEmpty;) {
    const oid = policies.within(TAG.sequence).oid({ isOfAnySize: true });
    if (seen.has(oid)) throw new GoFault("has a certificate policy twice");
    seen.add(oid);
  }
}

function readAlternativeNames(value: DerReader): void {
  for (const names = value.within(TAG.sequence); !names.isEmpty;) {
    const { tag, content } = names.any();
    const isText = tag === contextTag(1) || tag === contextTag(2) || tag === contextTag(6);
    if (isText && !isAscii(content)) throw new GoFault("has an alternative name that is not ASCII");
    if (tag === contextTag(6) && !isGoUrl(content)) throw new GoFault("has an alternative name that is not a URL");
    if (tag === contextTag(7) && content.length !== 4 && content.length !== 16) {
      throw new GoFault("has an alternative name that is not an IP address");
    }
  }
}

function readNameConstraints(value: DerReader): void {
  const constraints = value.within(TAG.sequence);
  const [permitted, excluded] = [0, 1].map((number) =>
    constraints.optional(contextTag(number, { isConstructed: true })),
  );
  if (!constraints.isEmpty || !value.isEmpty) throw new GoFault("has name constraints in a form that Go does not read");
  const subtrees = [permitted, excluded].filter((octets) => octets !== undefined);
  if (subtrees.every((octets) => octets.length === 0)) throw new GoFault("has name constraints without a name");
  for (const octets of subtrees) {
    for (const trees = new DerReader(octets); !trees.isEmpty;) {
      const { tag, content } = trees.within(TAG.sequence).any();
      if (SUBTREES[tag]?.(content) === false) throw new GoFault("has a name constraint that is not a name or network");
    }
  }
}

/** The bases of name constraints that Go looks into. */
const SUBTREES: Readonly<Record<number, (octets: Uint8Array) => boolean>> = {
  [contextTag(1)]: isGoMailConstraint,
  [contextTag(2)]: isGoDomainConstraint,
  [contextTag(6)]: isGoUrlConstraint,
  [contextTag(7)]: (octets) =>
    (octets.length === 8 || octets.length === 32) && isMask(octets.subarray(octets.length / 2)),
};

/** Ones, then zeros. */
function isMask(octets: Uint8Array): boolean {
  return /^1*0*$/.test(Array.from(octets, (octet) => octet.toString(2).padStart(8, "0")).join(""));
}
