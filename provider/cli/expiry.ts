import { type ExpiryReport, expiryReport, type ExpiryRow, type ExpiryState } from "../core/lifecycle/expiry";
import { itemsOf, type NamedItem, stackItems } from "./expiryItems";
import { prometheus } from "./prometheus";
import { loadStack, type StackOptions } from "./stack";
import { describeLeft, formatJson, safe, type Style, styleOf, table } from "./style";
import { CliError, explain, type CliContext } from "./cliContext";
import { readText } from "./files";

export interface ExpiryOptions extends StackOptions {
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
 * `talos-pki expiry [file...]`: when every certificate of a stack, or of files, ends.
 *
 * @returns 0 ok, 1 warning, 2 critical, 3 unknown, as monitoring plugins do
 */
export async function expiry(files: readonly string[], options: ExpiryOptions, cli: CliContext): Promise<number> {
  try {
    const items = await readItems(files, options, cli);
    if (items.length === 0) throw new CliError("there is no certificate in it, so nothing is known");
    const { warn, critical, relative = false } = options;
    const now = cli.environment.now();
    const report = expiryReport(items, { now, warnSeconds: warn, criticalSeconds: critical, relative });
    cli.out(render(report, options, styleOf(cli)));
    return EXIT_OF[report.state];
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

async function readItems(files: readonly string[], options: StackOptions, cli: CliContext): Promise<NamedItem[]> {
  if (options.stack !== undefined) return stackItems(await loadStack(files[0], options, cli));
  const inputs: { name: string; text: string }[] = [];
  for (const name of files.length === 0 ? ["-"] : files) inputs.push({ name, text: await readText(name, cli) });
  return itemsOf(inputs);
}

function render(report: ExpiryReport, options: ExpiryOptions, style: Style): string {
  if (options.json === true) return formatJson(report);
  return options.prometheus === true ? prometheus(report) : describe(report, style);
}

const PAINT: Readonly<Record<ExpiryState, keyof Style>> = {
  ok: "good",
  warning: "warn",
  critical: "bad",
  expired: "bad",
};

function describe({ rows, state }: ExpiryReport, style: Style): string {
  const [nearest] = rows;
  const count = (wanted: ExpiryState): number => rows.filter((row) => row.state === wanted).length;
  const counts = (["expired", "critical", "warning", "ok"] as const).flatMap((name) =>
    count(name) === 0 ? [] : [`${count(name)} ${name}`],
  );
  const word = state === "expired" ? "CRITICAL" : state.toUpperCase();
  const headline = `${style[PAINT[state]](word)}: ${counts.join(", ")}; nearest end: ${safe(nearest!.name)}, ${describeLeft(nearest!.secondsLeft)}\n`;
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
  return headline + body;
}

function renewal({ renewalTime, readyForRenewal }: ExpiryRow): string {
  if (renewalTime === undefined) return "-";
  return readyForRenewal ? "due: pulumi up" : renewalTime;
}
