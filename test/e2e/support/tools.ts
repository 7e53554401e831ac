import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";

/** The root of this repository. */
export const repository = resolve(__dirname, "..", "..", "..");

/** A Pulumi CLI, and the folders that must stand before PATH when it runs. */
export interface PulumiCli {
  readonly path: string;
  readonly version: string;
  readonly folders: readonly string[];
}

type Found = { readonly cli: PulumiCli } | { readonly why: string };

let found: Found | undefined;

function look(): Found {
  try {
    const script = join(repository, "tools", "find.mjs");
    const line = execFileSync(process.execPath, [script, "pulumi", "--obtain", "nothing"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { cli: JSON.parse(line) as PulumiCli };
  } catch (error) {
    return { why: String((error as { stderr?: unknown }).stderr ?? error) };
  }
}

/** The Pulumi CLI of this machine, or undefined; it is neither downloaded nor built here. */
export function pulumiCli(): PulumiCli | undefined {
  found ??= look();
  return "cli" in found ? found.cli : undefined;
}

/** True where a missing tool is a failure and no reason to skip: in CI. */
export const toolsAreRequired = (): boolean => process.env["TALOS_PKI_REQUIRE_TOOLS"] === "1";

/**
 * For `before(function () { needsPulumi(this); })`: skips the suite where there is no Pulumi CLI, and fails where
 * tools are required.
 */
export function needsPulumi(context: Mocha.Context): PulumiCli {
  const cli = pulumiCli();
  if (cli === undefined) {
    skipOrFail(context, found !== undefined && "why" in found ? found.why : "no Pulumi CLI");
  }
  return cli;
}

function skip(context: Mocha.Context, why: string): never {
  console.warn(`      SKIPPED: ${why.trim().split("\n")[0] ?? why}`);
  return context.skip();
}

/** Skips the suite for a reason that is shown, or fails where tools are required. */
export function skipOrFail(context: Mocha.Context, why: string): never {
  if (toolsAreRequired()) {
    throw new Error(`TALOS_PKI_REQUIRE_TOOLS=1, but ${why}`);
  }
  return skip(context, why);
}

/**
 * Skips the suite for a reason that is shown, even where tools are required: for what no fresh machine has and the tools
 * cannot get, such as a JDK. Call it in the suite's own `before`; tools/lib/reporter.cjs looks for the mark.
 */
export function skipOptional(context: Mocha.Context, why: string): never {
  Object.assign(context.runnable().parent ?? {}, { optional: true });
  return skip(context, why);
}
