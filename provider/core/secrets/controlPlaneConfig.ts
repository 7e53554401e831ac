import { PkiError, type Problem } from "../errors";
import { readPlainDocuments } from "../yaml/plain";
import { decodeBase64, decodeUtf8 } from "../x509/pem";
import { BUNDLE_FIELDS, isTree, setAt, type Tree, valueAt } from "./fields";
import { fillGaps, joinPath, NO_TEXT, type PartialSecretsBundle } from "./read";
import type { SecretsBundle } from "./types";
import { isComplete, validateSecretsBundle } from "./validate";

/** A secret's place: in the v1alpha1 document (base64 of PEM) or, from contract v1.14, in one of its own (plain PEM). */
interface Place {
  /** Path in SecretsBundle. */
  readonly bundle: string;
  readonly legacy: string;
  readonly document?: readonly [kind: string, path: string];
  readonly pem?: boolean;
}

/** Source: siderolabs/talos config/generate/secrets/bundle.go, NewBundleFromConfig, v1.13 and v1.14. */
const PLACES: readonly Place[] = [
  { bundle: "cluster.id", legacy: "cluster.id", document: ["DiscoveryIdentityConfig", "clusterID"] },
  { bundle: "cluster.secret", legacy: "cluster.secret", document: ["DiscoveryIdentityConfig", "clusterSecret"] },
  { bundle: "secrets.bootstrapToken", legacy: "cluster.token" },
  { bundle: "secrets.aescbcEncryptionSecret", legacy: "cluster.aescbcEncryptionSecret" },
  { bundle: "secrets.secretboxEncryptionSecret", legacy: "cluster.secretboxEncryptionSecret" },
  { bundle: "trustdInfo.token", legacy: "machine.token" },
  { bundle: "certs.etcd.crt", legacy: "cluster.etcd.ca.crt", pem: true },
  { bundle: "certs.etcd.key", legacy: "cluster.etcd.ca.key", pem: true },
  {
    bundle: "certs.k8s.crt",
    legacy: "cluster.ca.crt",
    document: ["KubeAPIServerCAConfig", "issuingCA.cert"],
    pem: true,
  },
  {
    bundle: "certs.k8s.key",
    legacy: "cluster.ca.key",
    document: ["KubeAPIServerCAConfig", "issuingCA.key"],
    pem: true,
  },
  {
    bundle: "certs.k8sAggregator.crt",
    legacy: "cluster.aggregatorCA.crt",
    document: ["KubeAggregatorCAConfig", "issuingCA.cert"],
    pem: true,
  },
  {
    bundle: "certs.k8sAggregator.key",
    legacy: "cluster.aggregatorCA.key",
    document: ["KubeAggregatorCAConfig", "issuingCA.key"],
    pem: true,
  },
  {
    bundle: "certs.k8sServiceAccount.key",
    legacy: "cluster.serviceAccount.key",
    document: ["KubeServiceAccountConfig", "issuer.privateKey"],
    pem: true,
  },
  { bundle: "certs.os.crt", legacy: "machine.ca.crt", pem: true },
  { bundle: "certs.os.key", legacy: "machine.ca.key", pem: true },
];

/** The secrets that a control plane machine config held. */
export interface BundleFromConfig {
  /** Complete and valid. */
  readonly bundle: SecretsBundle;
  /** What Talos takes and a person should know. */
  readonly warnings: readonly Problem[];
}

/**
 * Takes the secrets out of a control plane machine config, of either layout, as `talosctl gen secrets
 * --from-controlplane-config` does; what is missing or wrong is named, nothing is made up.
 *
 * @param text machine config, YAML of one or several documents
 * @param options `now` for warnings; `path` prefixes error paths, default `controlPlaneConfig`; `given` fills what the
 *   config lacks
 * @throws PkiError ERR_YAML_INVALID, ERR_CONFIG_INVALID (a worker's), ERR_INPUT_MISSING and those of the validator
 * @example
 * const { bundle } = bundleFromControlPlaneConfig(readFileSync("controlplane.yaml", "utf8"), { now: new Date() });
 */
export function bundleFromControlPlaneConfig(
  text: string,
  options: { now: Date; path?: string; given?: PartialSecretsBundle },
): BundleFromConfig {
  const { now, path = "controlPlaneConfig", given = {} } = options;
  const documents = readPlainDocuments(text, path).filter(isTree);
  const main = documents.find((document) => !("kind" in document) && isTree(document["machine"])) ?? {};
  const type = valueAt(main, ["machine", "type"]);
  if (type !== "controlplane" && type !== "init") {
    throw new PkiError(
      "ERR_CONFIG_INVALID",
      `the text is no control plane machine config (machine.type is ${type === "worker" ? "worker" : "missing or unknown"}); a worker's config holds no keys`,
      { path },
    );
  }
  const bundle: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const place of PLACES) {
    const value = readPlace(place, main, documents, path, problems);
    if (value !== undefined) setAt(bundle, place.bundle.split("."), value);
  }
  const encryption = encryptionSecret(documents);
  if (encryption !== undefined) setAt(bundle, encryption.bundle, encryption.secret);
  const found = fillGaps(bundle, given);
  const verdict = validateSecretsBundle(found, now);
  const here = (problem: Problem): Problem => inConfig(problem, documents, path);
  const unread = problems.map((problem) => problem.path);
  const all = [...problems, ...verdict.problems.map(here).filter(({ path: at }) => !unread.includes(at))];
  if (all.length > 0 || !isComplete(found, verdict)) throw PkiError.of(all);
  return { bundle: found, warnings: [...acceptedWarnings(main, documents, path), ...verdict.warnings.map(here)] };
}

/** A problem of the bundle, told of the place in the config that it was read from. */
function inConfig(problem: Problem, documents: readonly Tree[], path: string): Problem {
  const steps = problem.path.split(".");
  const places = PLACES.filter(({ bundle }) => {
    const field = BUNDLE_FIELDS.find((candidate) => candidate.bundle.join(".") === bundle);
    return steps.every((step, index) => field?.talosctl[index] === step);
  }).map(({ document, legacy }) =>
    document === undefined || ofKind(documents, document[0]) === undefined ? legacy : document.join("."),
  );
  return { ...problem, path: joinPath(path, commonSteps(places)) };
}

function commonSteps(paths: readonly string[]): string[] {
  const [first = [], ...others] = paths.map((path) => path.split("."));
  const parting = first.findIndex((step, index) => others.some((other) => other[index] !== step));
  return parting === -1 ? first : first.slice(0, parting);
}

function readPlace(
  place: Place,
  main: Tree,
  documents: readonly Tree[],
  path: string,
  problems: Problem[],
): string | undefined {
  const legacy = valueAt(main, place.legacy.split("."));
  if (typeof legacy === "string" && legacy !== "") {
    if (place.pem !== true || /^\*+$/.test(legacy)) return legacy;
    const decoded = decodeBase64(legacy.replace(/\s+/g, ""));
    const text = decoded && decodeUtf8(decoded);
    if (text !== undefined) return text;
    problems.push({
      code: "ERR_PEM_INVALID",
      path: joinPath(path, [place.legacy]),
      message: decoded === undefined ? "is not base64; expected the base64 of a PEM file" : NO_TEXT,
    });
    return undefined;
  }
  if (place.document === undefined) return undefined;
  const [kind, at] = place.document;
  const value = valueAt(ofKind(documents, kind), at.split("."));
  return typeof value === "string" && value !== "" ? value : undefined;
}

function ofKind(documents: readonly Tree[], kind: string): Tree | undefined {
  return documents.find((document) => document["kind"] === kind);
}

const PROVIDERS = { secretbox: "secretboxEncryptionSecret", aescbc: "aescbcEncryptionSecret" } as const;

/**
 * The key that encrypts Secrets in a KubeEtcdEncryptionConfig: the first of the first provider that has keys.
 * talosctl looks at the very first provider only, and would lose the key where that is `identity`.
 */
function encryptionSecret(documents: readonly Tree[]): { bundle: string[]; secret: string } | undefined {
  const resources = listAt(ofKind(documents, "KubeEtcdEncryptionConfig"), ["config", "resources"]);
  const entry = resources.find((resource) => listAt(resource, ["resources"]).includes("secrets"));
  for (const provider of listAt(entry, ["providers"])) {
    for (const [name, bundleKey] of Object.entries(PROVIDERS)) {
      const secret = valueAt(listAt(provider, [name, "keys"])[0], ["secret"]);
      if (typeof secret === "string" && secret !== "") return { bundle: ["secrets", bundleKey], secret };
    }
  }
  return undefined;
}

function listAt(tree: unknown, path: readonly string[]): unknown[] {
  const value = valueAt(tree, path);
  return Array.isArray(value) ? value : [];
}

function acceptedWarnings(main: Tree, documents: readonly Tree[], path: string): Problem[] {
  const lists = [
    { at: "machine.acceptedCAs", items: listAt(main, ["machine", "acceptedCAs"]) },
    { at: "cluster.acceptedCAs", items: listAt(main, ["cluster", "acceptedCAs"]) },
    {
      at: "KubeAPIServerCAConfig.acceptedCAs",
      items: listAt(ofKind(documents, "KubeAPIServerCAConfig"), ["acceptedCAs"]),
    },
  ];
  return lists
    .filter(({ items }) => items.length > 0)
    .map(({ at, items }) => ({
      code: "ERR_INPUT_UNKNOWN",
      path: joinPath(path, [at]),
      message: `${items.length} accepted authorities are no part of a bundle; give them to MachineConfig as acceptedCAs to keep them`,
    }));
}
