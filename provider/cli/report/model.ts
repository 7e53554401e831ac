import { formatTime } from "../../core/environment";
import { type CertificateReport, inspectCertificate } from "../../core/inspect/inspectCertificate";
import { type ExpiryRow, expiryReport, type ExpiryState } from "../../core/lifecycle/expiry";
import type { RotationVerdict } from "../../core/lifecycle/rotationCheck";
import { isTree, valueAt } from "../../core/secrets/fields";
import { STAGED, type StagedName } from "../../core/secrets/inventory";
import type { Certificate } from "../../core/x509/certificate";
import type { NamedItem } from "../expiryItems";
import type { Stack } from "../stack";

/** A certificate in the report. */
export interface ReportNode extends ExpiryRow {
  readonly facts: CertificateReport;
  /** Accepted while a rotation lasts: nobody is issued anything by it. */
  readonly accepted: boolean;
  /** The certificates that it signed. */
  readonly children: readonly ReportNode[];
}

/** One staged rotation, as the state tells it. */
export interface ReportRotation {
  readonly resource: string;
  readonly authority: StagedName;
  /** What the nodes showed; absent where they were not asked. */
  readonly verdict?: RotationVerdict;
  readonly id: string | undefined;
  readonly stage: string;
  readonly issuing: string;
  readonly accepted: readonly string[];
  readonly todo: string;
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
}

/** What the nodes of one cluster showed of one rotation. */
export interface ReportVerdict {
  readonly resource: string;
  readonly authority: StagedName;
  readonly verdict: RotationVerdict;
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

function rotationsOf(stack: Stack, verdicts: readonly ReportVerdict[]): ReportRotation[] {
  return stack.resources
    .filter(({ type }) => type === "TalosSecrets")
    .flatMap(({ name, outputs }) =>
      STAGED.flatMap((authority): ReportRotation[] => {
        const asked = verdicts.find((one) => one.resource === name && one.authority === authority);
        const status = valueAt(outputs, ["rotationStatus", authority]);
        if (!isTree(status)) return [];
        const text = (key: string): string | undefined => (typeof status[key] === "string" ? status[key] : undefined);
        const accepted = Array.isArray(status["accepted"])
          ? status["accepted"].filter((item) => typeof item === "string")
          : [];
        return [
          {
            resource: name,
            authority,
            id: text("id"),
            stage: text("stage") ?? "none",
            issuing: text("issuing") ?? "",
            accepted,
            todo: text("todo") ?? "",
            ...(asked === undefined ? {} : { verdict: asked.verdict }),
          },
        ];
      }),
    );
}

/** RFC 3339 without what nobody reads on a page: `2026-11-22 20:00 UTC`. */
export function readableTime(time: Date): string {
  return `${formatTime(time).slice(0, 16).replace("T", " ")} UTC`;
}
