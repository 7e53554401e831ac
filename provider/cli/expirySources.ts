import { itemsOf, type NamedItem, stackItems } from "./expiryItems";
import { readText } from "./files";
import type { CliContext } from "./cliContext";
import { isStackExport, loadStack, parseStack, type Stack, type StackOptions } from "./stack";

/** What files and stacks hold: every certificate once, and the stacks themselves. */
export interface ExpirySources {
  readonly items: readonly NamedItem[];
  readonly stacks: readonly Stack[];
}

/** Reads the stack that is named, else the files, else stdin. @throws CliError, PkiError */
export async function readExpirySources(
  files: readonly string[],
  options: StackOptions,
  cli: CliContext,
  showSecrets = false,
): Promise<ExpirySources> {
  if (options.stack !== undefined) {
    const stack = await loadStack(files[0], options, cli, showSecrets);
    return { items: stackItems(stack), stacks: [stack] };
  }
  const inputs: { name: string; text: string }[] = [];
  for (const name of files.length === 0 ? ["-"] : files) inputs.push({ name, text: await readText(name, cli) });
  const exports = inputs.filter(({ text }) => isStackExport(text));
  return { items: itemsOf(inputs), stacks: exports.map(({ name, text }) => parseStack(text, name)) };
}
