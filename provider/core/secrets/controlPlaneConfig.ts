import { PkiError, type Problem, type Warning } from "../errors";
import { openControlPlaneConfig } from "./adopt/secretsFile";
import { decodeBase64, decodeUtf8, joinPem } from "../x509/pem";
import { type DecodedBundle, decodeBundle, decodeValues, type PathOf, talosctlPaths } from "./decodedBundle";
import { BUNDLE_FIELDS, type BundleField, isTree, type Tree, valueAt } from "./fields";
import { ENCRYPTION_NAMES, encryptionOf, isHeldBehind, rowOf, SECRET_NAMES, type TextName } from "./inventory";
import { joinPath, NO_TEXT, type PartialSecretsBundle } from "./read";
import type { SecretsBundle } from "./types";
import { validateDecodedBundle } from "./validate";

/** The secrets of a control plane machine config, decoded. */
interface DecodedConfig {
  /** Complete and valid. */
  readonly decoded: DecodedBundle;
  /** What Talos accepts and a person should know. */
  readonly warnings: readonly Warning[];
}

/** The secrets that a control plane machine config held. */
export interface BundleFromConfig {
  /** Complete and valid. */
  readonly bundle: SecretsBundle;
  /** What Talos takes and a person should know. */
  readonly warnings: readonly Warning[];
}

/**
 * Takes the secrets out of a control plane machine config, of either layout, as `talosctl gen secrets
 * --from-controlplane-config` does; what is missing or wrong is named, nothing is made up.
 *
 * @param text machine config, YAML of one or several documents, or what holds one: the output of `talosctl get
 *   machineconfig -o yaml|json`, a state, outputs or a Kubernetes Secret as in parseSecretsBundle
 * @param options `now` for warnings; `path` prefixes error paths, default `controlPlaneConfig`; `given` fills what the
 *   config lacks; `resource` chooses one of several configs by its address
 * @throws PkiError ERR_YAML_INVALID, ERR_CONFIG_INVALID (a worker's), ERR_INPUT_MISSING and those of the validator
 * @example
 * const { bundle } = bundleFromControlPlaneConfig(readFileSync("controlplane.yaml", "utf8"), { now: new Date() });
 */
export function bundleFromControlPlaneConfig(
  text: string,
  options: { now: Date; path?: string; given?: PartialSecretsBundle; resource?: string },
): BundleFromConfig {
  const { given, ...others } = options;
  const { decoded, warnings } = decodeControlPlaneConfig(text, {
    ...others,
    ...(given === undefined
      ? {}
      : { supplied: decodeBundle(given, talosctlPaths(others.path ?? "controlPlaneConfig")) }),
  });
  return { bundle: decoded.wholeBundle, warnings };
}

/** The same with parsed certificates and keys; `supplied` fills what the config lacks. */
export function decodeControlPlaneConfig(
  text: string,
  options: {
    readonly now: Date;
    readonly path?: string;
    readonly supplied?: DecodedBundle;
    readonly resource?: string;
  },
): DecodedConfig {
  const { resource, path = "controlPlaneConfig", ...others } = options;
  const file = openControlPlaneConfig(text, { path, resource });
  return decodeConfigDocuments(file.documents, { ...others, path: file.path });
}

/** The same of the documents of a config. */
export function decodeConfigDocuments(
  documents: readonly Tree[],
  options: { readonly now: Date; readonly path: string; readonly supplied?: DecodedBundle },
): DecodedConfig {
  const { now, path, supplied } = options;
  const main = documents.find((document) => !("kind" in document) && isTree(document["machine"])) ?? {};
  const type = valueAt(main, ["machine", "type"]);
  if (type !== "controlplane" && type !== "init") {
    throw new PkiError(
      "ERR_CONFIG_INVALID",
      `the text is no control plane machine config (machine.type is ${type === "worker" ? "worker" : "missing or unknown"}); a worker's config holds no keys`,
      { path },
    );
  }
  const unread: Problem[] = [];
  const pathOf = pathsIn(documents, path);
  const read = decodeValues((field) => {
    const value = readField(field, main, documents, path, unread);
    if (value === undefined) return undefined;
    return { value: withAccepted(value, acceptedBehind(field, documents)), path: pathOf(field.talosctl) };
  }, pathOf);
  const encryption = encryptionSecret(documents);
  const own = encryption === undefined ? read : read.with(encryption.name, encryption.secret);
  const decoded = supplied === undefined ? own : own.filledFrom(supplied);
  const verdict = validateDecodedBundle(decoded, now);
  const unreadPaths = new Set(unread.map((problem) => problem.path));
  const problems = [...unread, ...verdict.problems.filter((problem) => !unreadPaths.has(problem.path))];
  if (problems.length > 0) throw PkiError.of(problems);
  return { decoded, warnings: [...acceptedWarnings(main, documents, path), ...verdict.warnings] };
}

/** Paths in this config, which may store a secret in a document of its own. */
function pathsIn(documents: readonly Tree[], path: string): PathOf {
  return (talosctl) => {
    const places = BUNDLE_FIELDS.filter((field) => talosctl.every((step, index) => field.talosctl[index] === step)).map(
      ({ v1alpha1, document }) =>
        document === undefined || ofKind(documents, document.kind) === undefined
          ? v1alpha1
          : [document.kind, ...document.path],
    );
    return joinPath(path, commonSteps(places));
  };
}

function commonSteps([first = [], ...others]: readonly (readonly string[])[]): readonly string[] {
  const parting = first.findIndex((step, index) => others.some((other) => other[index] !== step));
  return parting === -1 ? first : first.slice(0, parting);
}

function readField(
  { kind, v1alpha1, document }: BundleField,
  main: Tree,
  documents: readonly Tree[],
  path: string,
  problems: Problem[],
): string | undefined {
  const legacy = valueAt(main, v1alpha1);
  if (typeof legacy === "string" && legacy !== "") {
    if (kind === "text" || /^\*+$/.test(legacy)) return legacy;
    const decoded = decodeBase64(legacy.replace(/\s+/g, ""));
    const text = decoded && decodeUtf8(decoded);
    if (text !== undefined) return text;
    problems.push({
      code: "ERR_PEM_INVALID",
      path: joinPath(path, v1alpha1),
      message: decoded === undefined ? "is not base64; must be the base64 of a PEM file" : NO_TEXT,
    });
    return undefined;
  }
  if (document === undefined) return undefined;
  const value = valueAt(ofKind(documents, document.kind), document.path);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** As it is where nothing is accepted. */
const withAccepted = (value: string, accepted: readonly string[]): string =>
  accepted.length === 0 ? value : joinPem([value, ...accepted]);

/**
 * What a document accepts beside a secret whose own place holds both up to v1.13: a bundle has them there, too, so that a
 * rotation that is half done stays so.
 */
function acceptedBehind({ secret, half }: BundleField, documents: readonly Tree[]): string[] {
  const row = rowOf(secret);
  if (row.kind === "text" || (row.kind === "ca" && half === "key") || !isHeldBehind(row)) return [];
  const { document } = row.accepted;
  return document === undefined
    ? []
    : listAt(ofKind(documents, document.kind), document.path.split(".")).filter((pem) => typeof pem === "string");
}

function ofKind(documents: readonly Tree[], kind: string): Tree | undefined {
  return documents.find((document) => document["kind"] === kind);
}

/**
 * The key that encrypts Secrets in a KubeEtcdEncryptionConfig: the first of the first provider that has keys.
 * talosctl looks at the very first provider only, and would lose the key where that is `identity`.
 */
function encryptionSecret(documents: readonly Tree[]): { name: TextName; secret: string } | undefined {
  const resources = listAt(ofKind(documents, "KubeEtcdEncryptionConfig"), ["config", "resources"]);
  const entry = resources.find((resource) => listAt(resource, ["resources"]).includes("secrets"));
  for (const provider of listAt(entry, ["providers"])) {
    for (const name of ENCRYPTION_NAMES) {
      const secret = valueAt(listAt(provider, [encryptionOf(name)!.provider, "keys"])[0], ["secret"]);
      if (typeof secret === "string" && secret !== "") return { name, secret };
    }
  }
  return undefined;
}

function listAt(tree: unknown, path: readonly string[]): unknown[] {
  const value = valueAt(tree, path);
  return Array.isArray(value) ? value : [];
}

/** A bundle has no place for what is accepted beside it. */
function acceptedWarnings(main: Tree, documents: readonly Tree[], path: string): Warning[] {
  return SECRET_NAMES.flatMap((name) => {
    const row = rowOf(name);
    if (row.kind === "text" || isHeldBehind(row)) return [];
    const { v1alpha1, document } = row.accepted;
    const lists = [
      { at: v1alpha1, items: listAt(main, v1alpha1.split(".")) },
      ...(document === undefined
        ? []
        : [
            {
              at: `${document.kind}.${document.path}`,
              items: listAt(ofKind(documents, document.kind), document.path.split(".")),
            },
          ]),
    ];
    const what = row.kind === "ca" ? "CAs" : "public keys";
    const way =
      row.acceptedInput === undefined
        ? "add them in configPatches"
        : `give them to MachineConfig as ${row.acceptedInput}`;
    return lists
      .filter(({ items }) => items.length > 0)
      .map(({ at, items }): Warning => ({
        severity: "warning",
        reason: "accepted-not-adopted",
        path: joinPath(path, [at]),
        message: `${items.length} accepted ${what} are no part of a bundle; ${way} to keep them`,
      }));
  });
}
