import { PkiError, type Problem, type Warning } from "../errors";
import { writePlainYaml } from "../yaml/plain";
import { openSecretsFile } from "./adopt/secretsFile";
import { decodeConfigDocuments } from "./controlPlaneConfig";
import { type DecodedBundle, decodeBundle, talosctlPaths } from "./decodedBundle";
import { isTree, setAt, type Tree, valueAt } from "./fields";
import { bundleTree, joinPath, type PartialSecretsBundle, readBundleTree } from "./read";
import type { SecretsBundle } from "./types";
import { validateDecodedBundle } from "./validate";

/** A secrets file, read. */
export interface ParsedSecretsBundle {
  /** Complete and valid. */
  readonly bundle: SecretsBundle;
  /** Keys that Talos does not know, kept so that the file can be written back; empty nearly always. */
  readonly unknown: Tree;
  /** What Talos takes and a person should know. */
  readonly warnings: readonly Warning[];
}

/** A secrets file, decoded. */
export interface DecodedSecretsYaml extends Omit<ParsedSecretsBundle, "bundle"> {
  /** Complete and valid. */
  readonly decoded: DecodedBundle;
}

/**
 * Reads and validates the secrets of a cluster from whatever holds them, recognised by content: the YAML of `talosctl
 * gen secrets` (talhelper's `talsecret.yaml` too) or the capitalised key form of the docs page; a control plane machine
 * config, also as `talosctl get machineconfig -o yaml|json` prints it; a state or the outputs of Terraform or OpenTofu
 * with `talos_machine_secrets`; `pulumi stack export|output` of `@pulumiverse/talos` or of this package with its secrets
 * shown; Kubernetes Secrets of Cluster API. Every problem is found at once.
 *
 * @param text YAML or JSON
 * @param options `now` for warnings about lifetimes; `path` prefixes error paths; `given` fills what the text lacks;
 *   `resource` chooses one of several clusters in a file by its address, such as `talos_machine_secrets.prod`
 * @throws PkiError ERR_YAML_INVALID, ERR_BUNDLE_ENCRYPTED (names the command that decrypts it), ERR_INPUT_MISSING, ERR_INPUT_INVALID,
 *   ERR_PEM_INVALID, ERR_KEY_MISMATCH, ERR_NOT_A_CA, ERR_KEY_ENCRYPTED, ERR_SECRET_REDACTED
 * @example
 * const { bundle } = parseSecretsBundle(readFileSync("secrets.yaml", "utf8"), { now: new Date() });
 */
export function parseSecretsBundle(
  text: string,
  options: { now: Date; path?: string; given?: PartialSecretsBundle; resource?: string },
): ParsedSecretsBundle {
  const { given, path = "", ...others } = options;
  const supplied = given === undefined ? {} : { supplied: decodeBundle(given, talosctlPaths(path)) };
  const { decoded, unknown, warnings } = decodeSecretsYaml(text, { ...others, path, ...supplied });
  return { bundle: decoded.wholeBundle, unknown, warnings };
}

/** The same with parsed certificates and keys; `supplied` fills what the text lacks. */
export function decodeSecretsYaml(
  text: string,
  options: {
    readonly now: Date;
    readonly path?: string;
    readonly supplied?: DecodedBundle;
    readonly resource?: string;
  },
): DecodedSecretsYaml {
  const { now, supplied, resource } = options;
  const file = openSecretsFile(text, { path: options.path ?? "", resource });
  const { path } = file;
  if (file.kind === "machine config") {
    return { ...decodeConfigDocuments(file.documents, { ...options, path }), unknown: {} };
  }
  const { tree } = file;
  const read = readBundleTree(tree, path);
  const own = decodeBundle(read.bundle, talosctlPaths(path));
  const decoded = supplied === undefined ? own : own.filledFrom(supplied);
  const verdict = validateDecodedBundle(decoded, now);
  const problems = [...read.problems, ...withoutEchoes(verdict.problems, read.problems)].map((problem) =>
    hint(problem, tree, path),
  );
  if (problems.length > 0) throw PkiError.of(problems);
  const unknown = pickUnknown(tree, read.unknownPaths);
  const warnings = read.unknownPaths.map((steps): Warning => {
    const kept = valueAt(unknown, steps) !== undefined;
    return {
      severity: "warning",
      reason: "unknown-key",
      path: joinPath(path, steps),
      message: `is a key that Talos does not know and ignores; it is ${kept ? "kept" : "dropped, as there is too much of it"}`,
    };
  });
  return { decoded, unknown, warnings: [...warnings, ...verdict.warnings] };
}

/** A value that could not be read is not reported as missing too. */
function withoutEchoes(problems: readonly Problem[], read: readonly Problem[]): Problem[] {
  return problems.filter(
    ({ code, path }) =>
      code !== "ERR_INPUT_MISSING" || !read.some((other) => other.path === path || other.path.startsWith(`${path}.`)),
  );
}

/** Talos's keys are case-sensitive; a key in another casing is the usual reason why one is missing. */
function hint(problem: Problem, tree: Tree, path: string): Problem {
  if (problem.code !== "ERR_INPUT_MISSING") return problem;
  const steps = problem.path.slice(path === "" ? 0 : path.length + 1).split(".");
  let node: unknown = tree;
  for (const step of steps) {
    if (!isTree(node)) return problem;
    const other = Object.keys(node).find((key) => key.toLowerCase() === step);
    if (other === undefined) return problem;
    if (other !== step)
      return {
        ...problem,
        message: `is required; found ${JSON.stringify(other)}, expected ${JSON.stringify(step)} (keys are case-sensitive)`,
      };
    node = node[step];
  }
  return problem;
}

const MAX_UNKNOWN_NODES = 1000;

/** The unknown parts as long as they are small enough, all together, to keep: a bomb of aliases is not. */
function pickUnknown(tree: Tree, paths: readonly (readonly string[])[]): Tree {
  const unknown: Record<string, unknown> = {};
  let left = MAX_UNKNOWN_NODES;
  for (const steps of paths) {
    const value = valueAt(tree, steps);
    const size = countNodes(value, left);
    if (size > left) continue;
    left -= size;
    setAt(unknown, steps, value);
  }
  return unknown;
}

function countNodes(value: unknown, limit: number): number {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  for (const child of Object.values(value)) {
    count += countNodes(child, limit - count);
    if (count > limit) break;
  }
  return count;
}

/**
 * Writes a bundle as `talosctl gen secrets` does: same keys, order and encoding.
 *
 * @param unknown keys that Talos does not know, from parseSecretsBundle, written after the known ones
 * @example
 * writeFileSync("secrets.yaml", formatSecretsBundle(bundle), { mode: 0o600 });
 */
export function formatSecretsBundle(bundle: SecretsBundle, unknown: Tree = {}): string {
  return writePlainYaml(merge(bundleTree(bundle, "talosctl"), unknown));
}

function merge(known: Tree, unknown: Tree): Tree {
  const merged: Record<string, unknown> = { ...known };
  for (const [key, value] of Object.entries(unknown)) {
    const own = merged[key];
    merged[key] = isTree(own) && isTree(value) ? merge(own, value) : value;
  }
  return merged;
}

/** The bundle as the structured `secrets` of TalosSecrets: talosctl's keys, PEM in base64. */
export function structureBundle(bundle: PartialSecretsBundle): Record<string, unknown> {
  return bundleTree(bundle, "talosctl");
}

/**
 * The bundle in the shape of `machineSecrets` of `@pulumiverse/talos`: PEM in base64.
 *
 * @example
 * const machineSecrets = pulumiverseSecrets(bundle);
 */
export function pulumiverseSecrets(bundle: SecretsBundle): Record<string, unknown> {
  return bundleTree(bundle, "pulumiverse");
}
