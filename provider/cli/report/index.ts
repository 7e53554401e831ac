import { readExpirySources } from "../expirySources";
import { type LiveNode, meetLiveNodes } from "../liveNodes";
import { type AskingOptions, askedFor, loadClients, nodesOf } from "../rotation";
import { judgeRotations } from "../rotationQuestion";
import { readAllRotations } from "../rotationState";
import type { Stack, StackOptions } from "../stack";
import { CliError, EXIT, type CliContext } from "../cliContext";
import { writeText } from "../files";
import { createModel } from "./model";
import { renderPage } from "./page";
import type { ReportVerdict } from "./rotations";

export interface ReportOptions extends StackOptions, AskingOptions {
  /** The nodes are asked where each rotation is. */
  readonly ask?: boolean;
  /** Where to write; `-` for stdout. */
  readonly html: string;
  /** Seconds before the end. */
  readonly warn: number;
  readonly critical: number;
}

/**
 * `talos-pki report --html FILE [file...]`: one page of who signs whom, all lifetimes and all rotations.
 *
 * @returns 0
 */
export async function report(files: readonly string[], options: ReportOptions, cli: CliContext): Promise<number> {
  const asks = options.ask === true || options.nodes !== undefined || options.talosconfig !== undefined;
  const { items, stacks } = await readExpirySources(files, options, cli, asks);
  if (items.length === 0) throw new CliError("there is no certificate in it, so there is nothing to report");
  const thresholds = { warnSeconds: options.warn, criticalSeconds: options.critical };
  const verdicts = asks ? await judgeStacks(stacks, options, cli) : [];
  const liveNodes = await meetNodes(options, cli);
  const page = renderPage(createModel(items, stacks, thresholds, cli.environment.now(), verdicts, liveNodes));
  await writeText(options.html, page, cli);
  if (options.html !== "-") cli.out(`${options.html}\n`);
  return EXIT.ok;
}

/** What the nodes serve to the client of the first talosconfig; of the others only the rotations tell. */
async function meetNodes(options: AskingOptions, cli: CliContext): Promise<readonly LiveNode[] | undefined> {
  const [talosconfig] = options.talosconfig ?? [];
  return talosconfig === undefined ? undefined : meetLiveNodes({ ...options, talosconfig }, cli);
}

/** What the nodes of every cluster show, by the code of `rotation status`. */
async function judgeStacks(
  stacks: readonly Stack[],
  options: AskingOptions,
  cli: CliContext,
): Promise<readonly ReportVerdict[]> {
  const clients = await loadClients(options, cli);
  const verdicts: ReportVerdict[] = [];
  for (const known of stacks.flatMap((stack) => readAllRotations(stack, cli.environment.now()))) {
    const nodes = nodesOf(options, clients, known);
    if (nodes.length === 0) continue;
    const judged = await judgeRotations(known, askedFor(known), nodes, clients, cli);
    verdicts.push(...judged.map(({ authority, verdict }) => ({ resource: known.resource, authority, verdict })));
  }
  return verdicts;
}
