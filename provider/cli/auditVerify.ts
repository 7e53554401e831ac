import { type ChainVerdict, sha256Of, verifyChain } from "../audit/chain";
import { CliError, EXIT, type CliContext } from "./cliContext";
import { describingErrors, fileName } from "./files";
import { formatJson, safe, type Style, styleOf } from "./style";

/** Where a log once ended: how long it was, and the SHA-256 of so much of it. */
export interface LogHead {
  readonly octets: number;
  readonly sha256: string;
}

interface FileVerdict extends ChainVerdict {
  readonly file: string;
  /** Whether the noted head is the start of the file; absent where none was noted. */
  readonly hasHead?: boolean;
}

/**
 * `talos-pki audit --verify [file...]`: whether lines of a log were changed, removed or inserted.
 *
 * @returns 0 when every file is intact, 1 when not, or when one is empty
 */
export async function verifyAudit(
  files: readonly string[],
  options: { readonly head?: LogHead; readonly json?: boolean },
  cli: CliContext,
): Promise<number> {
  const { head, json } = options;
  if (head !== undefined && files.length > 1) throw new CliError("--head: is the end of one file; name one file");
  const verdicts: FileVerdict[] = [];
  for (const file of files.length === 0 ? ["-"] : files) {
    const octets = Buffer.from(await describingErrors(file, () => cli.read(file)));
    const hasHead = head === undefined ? {} : { hasHead: sha256Of(octets.subarray(0, head.octets)) === head.sha256 };
    verdicts.push({ file: fileName(file), ...verifyChain(octets), ...hasHead });
  }
  const style = styleOf(cli);
  cli.out(json === true ? formatJson(verdicts) : verdicts.map((verdict) => describe(verdict, style)).join(""));
  return verdicts.every(isIntact) ? EXIT.ok : EXIT.refused;
}

const isIntact = ({ lines, break: broken, hasHead }: FileVerdict): boolean =>
  lines > 0 && broken === undefined && hasHead !== false;

function describe(verdict: FileVerdict, style: Style): string {
  const { file, lines, unchained, octets, sha256, break: broken, hasHead } = verdict;
  const name = safe(file);
  const remedy = "compare it with a copy";
  if (broken !== undefined) {
    const { first, last, line, problem } = broken;
    const span = first === last ? `line ${first}` : `lines ${first} to ${last}`;
    const what =
      problem === "changed"
        ? `${span} ${first === last ? "was" : "were"} changed`
        : `something was removed or inserted at ${span}`;
    return style.bad(`${name}: broken: line ${line} does not match what stands before it: ${what}; ${remedy}\n`);
  }
  if (hasHead === false) {
    return style.bad(`${name}: broken: it does not begin with the file that --head was noted of; ${remedy}\n`);
  }
  const older =
    unchained === 0 ? "" : `, ${unchained} of them without a hash: by an older release, covered by the next one`;
  if (lines === 0) return style.warn(`${name}: holds no line, so there is nothing to verify\n`);
  return (
    style.good(`${name}: intact: ${lines} lines${older}\n`) +
    `  what is cut off at the end shows only against a noted head: --head ${octets}:${sha256}\n`
  );
}
