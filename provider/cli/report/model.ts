import { formatTime } from "../../core/environment";
import { type CertificateReport, inspectCertificate } from "../../core/inspect/inspectCertificate";
import { type ExpiryRow, expiryReport, type ExpiryState } from "../../core/lifecycle/expiry";
import type { Certificate } from "../../core/x509/certificate";
import type { NamedItem } from "../expiryItems";
import type { LiveNode } from "../liveNodes";
import type { Stack } from "../stack";
import { type ReportRotation, type ReportVerdict, rotationsOf } from "./rotations";

/** A certificate in the report. */
export interface ReportNode extends ExpiryRow {
  readonly facts: CertificateReport;
  /** Accepted while a rotation lasts: nobody is issued anything by it. */
  readonly accepted: boolean;
  /** The certificates that it signed. */
  readonly children: readonly ReportNode[];
}

/** Everything that the page shows. */
export interface ReportModel {
  readonly now: Date;
  readonly state: ExpiryState;
  /** Nearest end first. */
  readonly rows: readonly ReportNode[];
  /** Those that nobody here signed, with what they signed below them. */
  readonly roots: readonly ReportNode[];
  readonly rotations: readonly ReportRotation[];
  /** Nodes that were met; absent where none was asked for. */
  readonly liveNodes?: readonly LiveNode[];
}

export interface Thresholds {
  readonly warnSeconds: number;
  readonly criticalSeconds: number;
}

/** Puts certificates and rotations together. */
export function createModel(
  items: readonly NamedItem[],
  stacks: readonly Stack[],
  thresholds: Thresholds,
  now: Date,
  verdicts: readonly ReportVerdict[] = [],
  liveNodes?: readonly LiveNode[],
): ReportModel {
  const byFingerprint = new Map(items.map((item) => [item.fingerprint, item]));
  const { rows, state } = expiryReport(items, { ...thresholds, now, relative: true });
  const authorities = items.filter(({ certificate }) => certificate.isAuthority);
  const parents = parentsOf(items, authorities);
  const build = (row: ExpiryRow): ReportNode => {
    const { certificate, accepted } = byFingerprint.get(row.fingerprint)!;
    const children = rows.filter((child) => parents.get(child.fingerprint) === row.fingerprint).map(build);
    const named = authorities.map((item) => ({ name: item.name, certificate: item.certificate }));
    return { ...row, accepted, facts: inspectCertificate(certificate, { now, authorities: named }), children };
  };
  const nodes = rows.map(build);
  return {
    now,
    state,
    rows: nodes,
    roots: nodes.filter(({ fingerprint }) => parents.get(fingerprint) === undefined).sort(byName),
    rotations: stacks.flatMap((stack) => rotationsOf(stack, verdicts)),
    ...(liveNodes === undefined ? {} : { liveNodes }),
  };
}

function byName(a: ReportNode, b: ReportNode): number {
  return a.name < b.name ? -1 : 1;
}

/** Who signed whom, as a forest: CAs that signed each other in a circle hang below the last one given. */
function parentsOf(items: readonly NamedItem[], authorities: readonly NamedItem[]): ReadonlyMap<string, string> {
  const parents = new Map<string, string>();
  for (const { fingerprint, certificate } of items) {
    const parent = signerOf(certificate, authorities);
    if (parent !== undefined && !leadsTo(fingerprint, parent, parents)) parents.set(fingerprint, parent);
  }
  return parents;
}

/** Whether the way up from `from` comes by `wanted`; there are no circles on it. */
function leadsTo(wanted: string, from: string, parents: ReadonlyMap<string, string>): boolean {
  for (let at: string | undefined = from; at !== undefined; at = parents.get(at)) if (at === wanted) return true;
  return false;
}

/** The CA that signed a certificate; `undefined` for one that signed itself or whose CA is not here. */
function signerOf(certificate: Certificate, authorities: readonly NamedItem[]): string | undefined {
  if (certificate.issuerDer === certificate.subjectDer && certificate.isSignedBy(certificate)) return undefined;
  const signer = authorities.find(
    ({ certificate: authority }) =>
      authority.fingerprint !== certificate.fingerprint &&
      authority.subjectDer === certificate.issuerDer &&
      certificate.isSignedBy(authority),
  );
  return signer?.fingerprint;
}

/** RFC 3339 without what nobody reads on a page: `2026-11-22 20:00 UTC`. */
export function readableTime(time: Date): string {
  return `${formatTime(time).slice(0, 16).replace("T", " ")} UTC`;
}
