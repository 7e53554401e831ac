import { itemsOf, stackItems } from "../expiryItems";
import { isStackExport, loadStack, parseStack, type StackOptions } from "../stack";
import { CliError, EXIT, type CliContext } from "../cliContext";
import { readText, writeText } from "../files";
import { createModel } from "./model";
import { renderPage } from "./page";

export interface ReportOptions extends StackOptions {
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
  const { items, stacks } = await readAll(files, options, cli);
  if (items.length === 0) throw new CliError("there is no certificate in it, so there is nothing to report");
  const thresholds = { warnSeconds: options.warn, criticalSeconds: options.critical };
  const page = renderPage(createModel(items, stacks, thresholds, cli.environment.now()));
  await writeText(options.html, page, cli);
  if (options.html !== "-") cli.out(`${options.html}\n`);
  return EXIT.ok;
}

type Read = { items: ReturnType<typeof itemsOf>; stacks: ReturnType<typeof parseStack>[] };

async function readAll(files: readonly string[], options: StackOptions, cli: CliContext): Promise<Read> {
  if (options.stack !== undefined) {
    const stack = await loadStack(files[0], options, cli);
    return { items: stackItems(stack), stacks: [stack] };
  }
  const inputs: { name: string; text: string }[] = [];
  for (const name of files.length === 0 ? ["-"] : files) inputs.push({ name, text: await readText(name, cli) });
  const exports = inputs.filter(({ text }) => isStackExport(text));
  return { items: itemsOf(inputs), stacks: exports.map(({ name, text }) => parseStack(text, name)) };
}
