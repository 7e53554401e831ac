import { InvalidArgumentError } from "commander";

import type { ChainPurpose } from "../core/inspect/purposes";
import { type Role, ROLES } from "../core/x509/roles";
import type { LogHead } from "./auditVerify";

const SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };

/** Reads `30d`, `12h`, `1d12h`, `90m` as seconds. */
export function parseSpan(text: string): number {
  if (!/^(?:\d{1,9}[wdhms])+$/.test(text)) throw new InvalidArgumentError("must be a time such as 30d, 12h or 1d12h");
  return [...text.matchAll(/(\d+)([wdhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * SECONDS[unit!]!,
    0,
  );
}

/** Reads RFC 3339. */
export function parseTime(text: string): Date {
  const time = new Date(/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?$/.test(text) ? text : NaN);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("must be a time such as 2027-01-01T00:00:00Z");
  return time;
}

export function parseRole(text: string): Role {
  const role = ROLES.find((name) => name === text || name === `os:${text}`);
  if (role === undefined) throw new InvalidArgumentError(`must be one of ${ROLES.join(", ")}`);
  return role;
}

/** Reads where an audit log once ended, as `talos-pki audit --verify` prints it. */
export function parseHead(text: string): LogHead {
  const [, octets, sha256] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (octets === undefined || sha256 === undefined) {
    throw new InvalidArgumentError("must be what --verify has printed: a number of octets, a colon and a SHA-256");
  }
  return { octets: Number(octets), sha256 };
}

/** Reads the start of a fingerprint, with or without colons. */
export function parseFingerprint(text: string): string {
  const hex = text.replaceAll(":", "").toLowerCase();
  if (!/^[0-9a-f]{4,64}$/.test(hex)) throw new InvalidArgumentError("must be at least 4 hex digits of a SHA-256");
  return hex;
}

const PURPOSE_NAMES: Readonly<Record<string, ChainPurpose>> = {
  client: "client",
  server: "server",
  kubernetes: "kubernetesClient",
};

export function parsePurpose(text: string): ChainPurpose {
  const purpose = Object.hasOwn(PURPOSE_NAMES, text) ? PURPOSE_NAMES[text] : undefined;
  if (purpose === undefined) throw new InvalidArgumentError(`must be one of ${Object.keys(PURPOSE_NAMES).join(", ")}`);
  return purpose;
}

/** Collects an option that may be given several times. */
export function collect(value: string, all: readonly string[] = []): readonly string[] {
  return [...all, value];
}

/** Collects comma-separated values, several times too. */
export function collectList(value: string, all: readonly string[] = []): readonly string[] {
  return [
    ...all,
    ...value
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ];
}
