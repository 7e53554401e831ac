import { SHORT_FINGERPRINT } from "../audit/shortFingerprint";
import { issuedClients, type IssuedClient } from "./auditClients";
import { type AuditFilter, type AuditLog, type AuditRecord, matches, readAuditLog } from "./auditRecords";
import { type LogHead, verifyAudit } from "./auditVerify";
import { CliError, EXIT, type CliContext } from "./cliContext";
import { formatJson, safe, type Style, styleOf, table } from "./style";

export interface AuditOptions extends AuditFilter {
  /** Show the client certificates that have not expired. */
  readonly clients?: boolean;
  /** As of when they must not have expired. */
  readonly at?: Date;
  readonly verify?: boolean;
  readonly head?: LogHead;
  readonly json?: boolean;
}

/**
 * `talos-pki audit [file...]`: what the audit log holds, who holds a valid client certificate, or whether the log is
 * intact.
 *
 * @returns 0; 1 when a line cannot be read, there is no record at all, or the log is not intact
 */
export async function audit(files: readonly string[], options: AuditOptions, cli: CliContext): Promise<number> {
  const { clients = false, at, verify = false, head, json } = options;
  if (verify && clients) throw new CliError("must be --verify or --clients, not both");
  if (head !== undefined && !verify) throw new CliError("--head: is compared by --verify; set that too");
  if (at !== undefined && !clients) throw new CliError("--at: is for --clients; set that too");
  if (verify) return verifyAudit(files, options, cli);
  const log = await readAuditLog(files, cli);
  if (log.records.length === 0 && json !== true) return report(log, cli);
  const isWanted = (record: AuditRecord): boolean => matches(record, options);
  const style = styleOf(cli);
  if (clients) {
    const issued = issuedClients(log.records, at ?? cli.environment.now(), isWanted);
    cli.out(json === true ? formatJson(issued) : describeClients(issued, style));
  } else {
    const records = log.records.filter(isWanted);
    cli.out(json === true ? formatJson(records) : describeRecords(records, style));
  }
  return report(log, cli);
}

/** An empty list says that nobody holds anything; a log that was never written says nothing. */
const NO_RECORD =
  "no record was read: the audit log has them from when TALOS_PKI_AUDIT_LOG, or auditLog of the plugin, was set; what a stack holds now shows talos-pki expiry";

function report({ records, unreadable }: AuditLog, cli: CliContext): number {
  const [first] = unreadable;
  if (records.length === 0) {
    const lines = unreadable.length === 1 ? "this line is" : `none of ${unreadable.length} lines is`;
    const what = first === undefined ? "" : `${safe(first)}: ${lines} a record of the audit log; `;
    cli.err(`talos-pki: ${what}${NO_RECORD}\n`);
    return EXIT.refused;
  }
  for (const place of unreadable)
    cli.err(`talos-pki: ${safe(place)}: is not a record of the audit log; it is left out\n`);
  return unreadable.length === 0 ? EXIT.ok : EXIT.refused;
}

const nameOf = ({ stack, resource, type }: Pick<AuditRecord, "stack" | "resource" | "type">): string =>
  safe(`${stack === undefined ? "" : `${stack}/`}${resource} (${type})`);

const short = (fingerprint: string | undefined): string => safe((fingerprint ?? "-").slice(0, SHORT_FINGERPRINT));

function describeRecords(records: readonly AuditRecord[], style: Style): string {
  if (records.length === 0) return "no record\n";
  const rows = records.map((record) => [
    safe(record.time),
    safe(record.operation + (record.part === undefined ? "" : ` ${record.part}`)),
    nameOf(record),
    safe(record.notAfter ?? "-"),
    short(record.fingerprints[0]),
    record.subject === undefined ? "-" : safe(record.subject) || "(no name)",
  ]);
  return dimmed([["TIME", "OPERATION", "RESOURCE", "ENDS", "FINGERPRINT", "SUBJECT"], ...rows], style);
}

function describeClients(issued: readonly IssuedClient[], style: Style): string {
  const usable = issued.filter(({ isIssuerRetired }) => !isIssuerRetired);
  const rows = [...usable]
    .map((client) => [
      safe(client.roles.join(", ")) || "(none)",
      nameOf(client),
      safe(client.issuedAt),
      safe(client.notAfter),
      short(client.fingerprint),
      safe(client.subject) || "(no name)",
    ])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0));
  const list =
    rows.length === 0
      ? "no valid client certificate\n"
      : dimmed([["ROLES", "RESOURCE", "ISSUED", "ENDS", "FINGERPRINT", "SUBJECT"], ...rows], style);
  const retired = issued.length - usable.length;
  if (retired === 0) return list;
  const [are, were, their] = retired === 1 ? ["certificate has", "was", "its"] : ["certificates have", "were", "their"];
  return (
    list +
    style.dim(
      `${retired} more ${are} not expired, but ${were} issued by a CA that a rotation has replaced: ${their} clients are rejected by every node that has completed finish (talos-pki rotation status)\n`,
    )
  );
}

const dimmed = (rows: readonly (readonly string[])[], style: Style): string =>
  table(rows, (cell, row) => (row === 0 ? style.dim(cell) : cell));
