import { formatTime } from "../core/environment";
import type { Audit } from "../engine/auditStep";
import type { Host } from "../engine/ports";
import { auditEvents, type AuditEvent } from "./event";
import { appendRecord } from "./log";
import { SHORT_FINGERPRINT } from "./shortFingerprint";

export type { Audit, AuditStep } from "../engine/auditStep";
export { auditEvents, type AuditEvent } from "./event";
export { appendRecord } from "./log";

/** Names the audit log for the dynamic resources; behind the plugin the provider's `auditLog` goes first. */
export const AUDIT_LOG = "TALOS_PKI_AUDIT_LOG";

/** Where a trail leads. */
export interface AuditOptions {
  readonly host: Host;
  /** Tells the person at the terminal. */
  readonly say: (line: string) => void;
  /** Path of the log; none: the terminal only. */
  readonly file: string | undefined;
  /** Name of the stack, where it is known. */
  readonly stack: string | undefined;
}

/**
 * An audit trail. The log is written before the operation answers: an issuance that cannot be noted fails, and its
 * key is lost before anybody has used it.
 *
 * @example
 * const audit = auditTrail({ host: systemHost, say: console.log, file: "audit.jsonl", stack: "prod" });
 */
export function auditTrail({ host, say, file, stack }: AuditOptions): Audit {
  return (definition, resource, step) => {
    for (const event of auditEvents(definition, step)) {
      const { operation, ...rest } = event;
      if (file !== undefined && file !== "") {
        const time = formatTime(host.environment.now());
        const record = { time, ...(stack === undefined ? {} : { stack }), resource, type: definition, operation };
        appendRecord(file, { ...record, ...rest });
      }
      say(`${definition} ${JSON.stringify(resource)}: ${describeEvent(event)}`);
    }
  };
}

/** An event in one short line: what, for whom, until when, and the start of the fingerprint. The log has it all. */
export function describeEvent({ operation, part, subject, fingerprints: [fingerprint], notAfter }: AuditEvent): string {
  const what = `audit: ${operation}${part === undefined ? "" : ` ${part}`}`;
  const facts = [
    ...(subject === undefined ? [] : [subject === "" ? "(no name)" : JSON.stringify(subject)]),
    ...(notAfter === undefined ? [] : [`until ${notAfter}`]),
    ...(fingerprint === undefined ? [] : [`fingerprint ${fingerprint.slice(0, SHORT_FINGERPRINT)}`]),
  ];
  return [what, ...facts].join(", ");
}
