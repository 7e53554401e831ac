import type { AuditRecord } from "./auditRecords";

/** A client certificate that has not expired, as the audit log knows it. */
export interface IssuedClient {
  /** Talos roles, or Kubernetes groups. */
  readonly roles: readonly string[];
  readonly stack?: string;
  readonly resource: string;
  readonly type: string;
  readonly subject: string;
  readonly serial?: string;
  readonly fingerprint: string;
  readonly issuer?: string;
  /** RFC 3339 UTC. */
  readonly issuedAt: string;
  readonly notAfter: string;
  /** A rotation has replaced its CA: nodes that have the config of `finish` reject it. */
  readonly isIssuerRetired: boolean;
}

const CLIENT_TYPES: ReadonlySet<string> = new Set(["ClientConfiguration", "Kubeconfig"]);

/**
 * The client certificates that were issued and have not expired, also those that a later one replaced: whoever copied
 * one can use it until it expires or its CA is rotated out.
 *
 * @param records oldest first
 * @param filter which of them to answer; which CAs are retired is read from all records
 */
export function issuedClients(
  records: readonly AuditRecord[],
  at: Date,
  filter: (record: AuditRecord) => boolean,
): IssuedClient[] {
  const known = records.filter(({ time }) => new Date(time) <= at);
  const retired = retiredAuthorities(known);
  return known.filter(filter).flatMap((record): IssuedClient[] => {
    const { type, operation, stack, resource, subject = "", roles = [], serial, issuer, time, notAfter } = record;
    const [fingerprint] = record.fingerprints;
    if (!CLIENT_TYPES.has(type) || operation !== "issue" || fingerprint === undefined) return [];
    if (notAfter === undefined || new Date(notAfter) <= at) return [];
    return [
      {
        roles,
        ...(stack === undefined ? {} : { stack }),
        resource,
        type,
        subject,
        ...(serial === undefined ? {} : { serial }),
        fingerprint,
        ...(issuer === undefined ? {} : { issuer }),
        issuedAt: time,
        notAfter,
        isIssuerRetired: issuer !== undefined && retired.has(issuer),
      },
    ];
  });
}

/** CAs that a rotation has replaced and that nothing trusts any more, by fingerprint. */
function retiredAuthorities(records: readonly AuditRecord[]): ReadonlySet<string> {
  const trusted = new Map<string, readonly string[]>();
  const replaced = new Set<string>();
  for (const { type, stack = "", resource, part = "", operation, fingerprints } of records) {
    if (type !== "TalosSecrets" && type !== "AcceptedCA") continue;
    if (fingerprints.length === 0) continue;
    // An AcceptedCA may list several, one record each.
    const key = JSON.stringify([type, stack, resource, type === "AcceptedCA" ? fingerprints : part]);
    if (operation.startsWith("rotate")) for (const old of trusted.get(key) ?? []) replaced.add(old);
    trusted.set(key, fingerprints);
  }
  for (const fingerprint of [...trusted.values()].flat()) replaced.delete(fingerprint);
  return replaced;
}
