import { EXPIRY_STATES, expiryReport, type ExpiryRow, type ExpiryState } from "../core/lifecycle/expiry";
import { readExpirySources } from "./expirySources";
import { type LiveNode, type LiveNodeOptions, meetLiveNodes } from "./liveNodes";
import { type Observations, prometheus } from "./prometheus";
import { rotationsOf } from "./report/rotations";
import type { StackOptions } from "./stack";
import { describeLeft, formatJson, safe, type Style, styleOf, table } from "./style";
import { CliError, explain, type CliContext } from "./cliContext";

export interface ExpiryOptions extends StackOptions, LiveNodeOptions {
  /** Seconds before the end. */
  readonly warn: number;
  readonly critical: number;
  /** Measure what lives short by its own life. */
  readonly relative?: boolean;
  readonly json?: boolean;
  readonly prometheus?: boolean;
}

/** Exit codes of monitoring plugins (Monitoring Plugins Development Guidelines, "Plugin Return Codes"). */
const EXIT_OF: Readonly<Record<ExpiryState, number>> = { ok: 0, warning: 1, critical: 2, expired: 2 };
export const UNKNOWN = 3;

/**
 * `talos-pki expiry [file...]`: when every certificate of a stack, or of files, ends, and with a talosconfig what its
 * nodes serve and whether they let its client in.
 *
 * @returns 0 ok, 1 warning, 2 critical, 3 unknown, as monitoring plugins do
 */
export async function expiry(files: readonly string[], options: ExpiryOptions, cli: CliContext): Promise<number> {
  try {
    const { items, stacks } = await readExpirySources(files, options, cli);
    if (items.length === 0) throw new CliError("there is no certificate in it, so nothing is known");
    const { warn, critical, relative = false } = options;
    const now = cli.environment.now();
    const report = expiryReport(items, { now, warnSeconds: warn, criticalSeconds: critical, relative });
    const nodes = await meetLiveNodes(options, cli);
    const authorities = new Set(
      items.flatMap(({ certificate }) => (certificate.isAuthority ? certificate.fingerprint : [])),
    );
    const observations = {
      report,
      authorities,
      rotations: stacks.flatMap((stack) => rotationsOf(stack)),
      nodes: nodes ?? [],
    };
    cli.out(render(observations, nodes, options, styleOf(cli)));
    return Math.max(EXIT_OF[report.state], ...observations.nodes.map(({ state }) => EXIT_OF[state]));
  } catch (error) {
    const reason = explain(error);
    if (reason === undefined) throw error;
    // A monitoring system shows the first line of stdout and nothing of stderr.
    const line = `UNKNOWN: ${reason}\n`;
    if (options.json === true || options.prometheus === true) cli.err(line);
    else cli.out(line);
    return UNKNOWN;
  }
}

function render(
  observations: Observations,
  nodes: readonly LiveNode[] | undefined,
  options: ExpiryOptions,
  style: Style,
): string {
  const { report } = observations;
  if (options.json === true) return formatJson(nodes === undefined ? report : { ...report, nodes });
  return options.prometheus === true ? prometheus(observations) : describe(observations, style);
}

const PAINT: Readonly<Record<ExpiryState, keyof Style>> = {
  ok: "good",
  warning: "warn",
  critical: "bad",
  expired: "bad",
};

function describe({ report, nodes }: Observations, style: Style): string {
  const { rows } = report;
  const state = worst(report.state, nodes);
  const [nearest] = rows;
  const count = (wanted: ExpiryState): number => rows.filter((row) => row.state === wanted).length;
  const counts = (["expired", "critical", "warning", "ok"] as const).flatMap((name) =>
    count(name) === 0 ? [] : [`${count(name)} ${name}`],
  );
  const word = state === "expired" ? "CRITICAL" : state.toUpperCase();
  const headline = `${style[PAINT[state]](word)}: ${counts.join(", ")}; nearest end: ${safe(nearest!.name)}, ${describeLeft(nearest!.secondsLeft)}${describeNodeCount(nodes)}\n`;
  const cells = rows.map((row) => [
    row.state,
    describeLeft(row.secondsLeft),
    row.notAfter,
    renewal(row),
    safe(row.name),
    safe(row.subject) || "(no name)",
  ]);
  const body = table([["STATE", "LEFT", "ENDS", "RENEWAL", "NAME", "SUBJECT"], ...cells], (cell, row, column) =>
    row === 0 ? style.dim(cell) : column === 0 ? style[PAINT[rows[row - 1]!.state]](cell) : cell,
  );
  return headline + body + describeNodes(nodes, style);
}

function worst(state: ExpiryState, nodes: readonly LiveNode[]): ExpiryState {
  const states = [state, ...nodes.map((node) => node.state)];
  return EXPIRY_STATES[Math.max(...states.map((each) => EXPIRY_STATES.indexOf(each)))]!;
}

function describeNodeCount(nodes: readonly LiveNode[]): string {
  if (nodes.length === 0) return "";
  const bad = nodes.filter(({ state }) => state !== "ok").length;
  return `; ${bad === 0 ? `${nodes.length} nodes ok` : `${bad} of ${nodes.length} nodes not ok`}`;
}

function describeNodes(nodes: readonly LiveNode[], style: Style): string {
  if (nodes.length === 0) return "";
  const rows = nodes.map(({ node, state, serves, problems }) => [
    state,
    node,
    serves === undefined ? "?" : safe(serves.issuer) || "(no name)",
    serves?.notAfter ?? "?",
    safe(problems.join("; ")) || "serves and lets in as the talosconfig expects",
  ]);
  return table([["STATE", "NODE", "SERVES, OF", "ENDS", "VERDICT"], ...rows], (cell, row, column) =>
    row === 0 ? style.dim(cell) : column === 0 ? style[PAINT[nodes[row - 1]!.state]](cell) : cell,
  );
}

function renewal({ renewalTime, readyForRenewal }: ExpiryRow): string {
  if (renewalTime === undefined) return "-";
  return readyForRenewal ? "due: pulumi up" : renewalTime;
}
