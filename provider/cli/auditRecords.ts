import type { AuditEvent } from "../audit/event";
import { isTree } from "../core/secrets/fields";
import { decodeText } from "../core/text";
import { describingErrors, fileName } from "./files";
import type { CliContext } from "./cliContext";

/** A line of the audit log. */
export interface AuditRecord extends AuditEvent {
  /** RFC 3339 UTC. */
  readonly time: string;
  readonly stack?: string;
  readonly resource: string;
  /** Kind of the resource: `ClientConfiguration`. */
  readonly type: string;
}

/** Records of one or several files, oldest first, and where there was none to read. */
export interface AuditLog {
  readonly records: readonly AuditRecord[];
  /** Such as `audit.jsonl line 7`. */
  readonly unreadable: readonly string[];
}

/** Which records to show; all that are there must match. */
export interface AuditFilter {
  readonly stack?: string;
  readonly resource?: string;
  readonly type?: string;
  readonly operation?: string;
  /** A Talos role or a Kubernetes group. */
  readonly role?: string;
  /** The start of a SHA-256 of a certificate, lower-case hex. */
  readonly fingerprint?: string;
  readonly since?: Date;
}

/** Reads logs, several in the order of their records' times. @throws CliError */
export async function readAuditLog(files: readonly string[], cli: CliContext): Promise<AuditLog> {
  const [records, unreadable]: [AuditRecord[], string[]] = [[], []];
  for (const file of files.length === 0 ? ["-"] : files) {
    const text = decodeText(await describingErrors(file, () => cli.read(file)));
    for (const [index, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue;
      const record = readRecord(line);
      if (record === undefined) unreadable.push(`${fileName(file)} line ${index + 1}`);
      else records.push(record);
    }
  }
  return { records: records.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)), unreadable };
}

const TEXTS = ["time", "resource", "type", "operation"] as const;
const OPTIONAL_TEXTS = ["stack", "part", "subject", "serial", "issuer", "notAfter"] as const;

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

function readRecord(line: string): AuditRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isTree(value)) return undefined;
  const { chain: _, ...record } = value;
  const isRecord =
    TEXTS.every((name) => typeof record[name] === "string") &&
    OPTIONAL_TEXTS.every((name) => record[name] === undefined || typeof record[name] === "string") &&
    isTexts(record["fingerprints"]) &&
    (record["roles"] === undefined || isTexts(record["roles"]));
  return isRecord ? (record as unknown as AuditRecord) : undefined;
}

/** Whether a record is one of those that are asked for. */
export function matches(record: AuditRecord, filter: AuditFilter): boolean {
  const { role, fingerprint, since } = filter;
  return (
    (["stack", "resource", "type", "operation"] as const).every(
      (name) => filter[name] === undefined || record[name] === filter[name],
    ) &&
    (role === undefined || (record.roles ?? []).includes(role)) &&
    (fingerprint === undefined || record.fingerprints.some((known) => known.startsWith(fingerprint))) &&
    (since === undefined || new Date(record.time) >= since)
  );
}
