import { isSecret, plaintextOf } from "../core/secrets/adopt/pulumiExport";
import { isTree, type Tree, valueAt } from "../core/secrets/fields";
import { parseUrn } from "../engine/urn";
import { CliError, type CliContext } from "./cliContext";
import { readText } from "./files";

/** One resource of a stack. */
export interface StackResource {
  /** Last part of its type: `TalosSecrets`. */
  readonly type: string;
  readonly name: string;
  /** Outputs that are plain; a secret one is not there. */
  readonly outputs: Tree;
  /** Outputs that the export shows in clear (`--show-secrets`). */
  readonly secrets: Tree;
  /** Inputs of the last update that are plain. */
  readonly inputs: Tree;
}

export interface Stack {
  readonly resources: readonly StackResource[];
  /** The export shows secrets in clear. */
  readonly showsSecrets: boolean;
}

/** Which stack to ask Pulumi for. */
export interface StackOptions {
  readonly stack?: string;
  readonly cwd?: string;
  /** Without a name and a file, the stack that is selected in the folder. */
  readonly selected?: boolean;
}

/** Whether a text is a stack export rather than a file of Talos. */
export function isStackExport(text: string): boolean {
  return /^\s*\{/.test(text) && /"deployment"\s*:/.test(text);
}

/**
 * Reads what `pulumi stack export` writes.
 *
 * @throws CliError when it is something else
 */
export function parseStack(text: string, name: string): Stack {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new CliError(`${name}: is not a stack export; must be the JSON of pulumi stack export`);
  }
  const resources = valueAt(parsed, ["deployment", "resources"]);
  if (!isTree(valueAt(parsed, ["deployment"])) || (resources !== undefined && !Array.isArray(resources))) {
    throw new CliError(`${name}: is not a stack export; must be the JSON of pulumi stack export`);
  }
  const read = (resources ?? []).filter(isTree).map(readResource);
  return { resources: read, showsSecrets: read.some(({ secrets }) => Object.keys(secrets).length > 0) };
}

/** The stack by its name, or from a file or stdin. */
export async function loadStack(
  file: string | undefined,
  options: StackOptions,
  cli: CliContext,
  showSecrets = false,
): Promise<Stack> {
  const { stack: name, cwd, selected = false } = options;
  if (name === undefined && (file !== undefined || !selected))
    return parseStack(await readText(file ?? "-", cli), file ?? "stdin");
  if (file !== undefined) throw new CliError("must be a file or --stack, not both");
  const which = name === undefined ? [] : ["--stack", name];
  const args = ["stack", "export", ...which, ...(showSecrets ? ["--show-secrets"] : [])];
  const text = await cli.run("pulumi", args, cwd === undefined ? {} : { cwd });
  return parseStack(text, name === undefined ? "the selected stack" : `stack ${name}`);
}

function readResource(resource: Tree): StackResource {
  const text = (key: string): string => (typeof resource[key] === "string" ? resource[key] : "");
  const secrets: Record<string, unknown> = {};
  const outputs: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(isTree(resource["outputs"]) ? resource["outputs"] : {})) {
    const clear = isSecret(value) ? plaintextOf(value) : undefined;
    if (clear !== undefined) secrets[key] = clear;
    else if (!isSecret(value)) outputs[key] = withoutSecrets(value);
  }
  return {
    type: text("type").split(":").pop() ?? "",
    name: parseUrn(text("urn")).name,
    outputs,
    secrets,
    inputs: plainTree(withoutSecrets(resource["inputs"])),
  };
}

const plainTree = (value: unknown): Tree => (isTree(value) ? value : {});

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isSecret(item)).map(withoutSecrets);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => !isSecret(child))
      .map(([key, child]) => [key, withoutSecrets(child)]),
  );
}
