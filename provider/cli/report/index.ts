import { readExpirySources } from "../expirySources";
import { type LiveNodeOptions, meetLiveNodes } from "../liveNodes";
import type { StackOptions } from "../stack";
import { CliError, EXIT, type CliContext } from "../cliContext";
import { writeText } from "../files";
import { createModel } from "./model";
import { renderPage } from "./page";

export interface ReportOptions extends StackOptions, LiveNodeOptions {
  /** Where to write; `-` for stdout. */
  readonly html: string;
  /** Seconds before the end. */
  readonly warn: number;
  readonly critical: number;
}

/**
 * `talos-pki report --html FILE [file...]`: one page of who signs whom, all lifetimes and all rotations, and
 * with a talosconfig of what its nodes serve.
 *
 * @returns 0
 */
export async function report(files: readonly string[], options: ReportOptions, cli: CliContext): Promise<number> {
  const { items, stacks } = await readExpirySources(files, options, cli);
  if (items.length === 0) throw new CliError("there is no certificate in it, so there is nothing to report");
  const thresholds = { warnSeconds: options.warn, criticalSeconds: options.critical };
  const nodes = await meetLiveNodes(options, cli);
  const page = renderPage(createModel(items, stacks, thresholds, cli.environment.now(), nodes));
  await writeText(options.html, page, cli);
  if (options.html !== "-") cli.out(`${options.html}\n`);
  return EXIT.ok;
}
