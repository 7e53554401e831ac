import { itemsOf, stackItems } from "../expiryItems";
import { type AskingOptions, askedFor, loadClients, nodesOf } from "../rotation";
import { judgeRotations } from "../rotationQuestion";
import { readAllRotations } from "../rotationState";
import { isStackExport, loadStack, parseStack, type Stack, type StackOptions } from "../stack";
import { CliError, EXIT, type CliContext } from "../cliContext";
import { readText, writeText } from "../files";
import { createModel, type ReportVerdict } from "./model";
import { renderPage } from "./page";

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
  const { items, stacks } = await readAll(files, options, cli, asks);
  if (items.length === 0) throw new CliError("there is no certificate in it, so there is nothing to report");
  const thresholds = { warnSeconds: options.warn, criticalSeconds: options.critical };
  const verdicts = asks ? await judgeStacks(stacks, options, cli) : [];
  const page = renderPage(createModel(items, stacks, thresholds, cli.environment.now(), verdicts));
  await writeText(options.html, page, cli);
  if (options.html !== "-") cli.out(`${options.html}\n`);
  return EXIT.ok;
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

type Read = { items: ReturnType<typeof itemsOf>; stacks: ReturnType<typeof parseStack>[] };

async function readAll(
  files: readonly string[],
  options: StackOptions,
  cli: CliContext,
  showSecrets: boolean,
): Promise<Read> {
  if (options.stack !== undefined) {
    const stack = await loadStack(files[0], options, cli, showSecrets);
    return { items: stackItems(stack), stacks: [stack] };
  }
  const inputs: { name: string; text: string }[] = [];
  for (const name of files.length === 0 ? ["-"] : files) inputs.push({ name, text: await readText(name, cli) });
  const exports = inputs.filter(({ text }) => isStackExport(text));
  return { items: itemsOf(inputs), stacks: exports.map(({ name, text }) => parseStack(text, name)) };
}
