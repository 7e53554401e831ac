import { isTree, type Tree, valueAt } from "../fields";
import { type Container, type Content, contentsOf } from "./content";

/** How Pulumi marks special values in a state, and its mark of a secret (pulumi sdk/go/common/resource/sig). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

const SHOW_COMMAND = "pulumi stack export --show-secrets";

/** Types whose outputs are looked at: @pulumiverse/talos's, this package's of both kinds, and the stack itself. */
const TYPES = /^(?:talos:|talos-pki:|pulumi-nodejs:dynamic\/talos-pki:|pulumi:pulumi:Stack$)/;

/** What `pulumi stack export` writes: a deployment of version 3. */
export function readPulumiExport([root]: readonly unknown[]): Container | undefined {
  const resources = valueAt(root, ["deployment", "resources"]);
  if (!isTree(valueAt(root, ["deployment"]))) return undefined;
  const trees = Array.isArray(resources) ? resources.filter(isTree) : [];
  const contents = trees.filter(({ type }) => typeof type === "string" && TYPES.test(type)).flatMap(resourceContents);
  const container = { form: "Pulumi stack export", contents, tree: root };
  return reveal(trees).hidden === 0 ? container : { ...container, showCommand: SHOW_COMMAND };
}

function resourceContents(resource: Tree): Content[] {
  const { urn, outputs } = resource;
  const address = typeof urn === "string" ? addressOf(urn) : "";
  if (!isTree(outputs)) return [];
  return Object.values(outputs).flatMap((output) => {
    const { value, hidden } = reveal(output);
    return contentsOf(value, address, hidden > 0);
  });
}

/** `talos:machine/secrets:Secrets::this`, without stack, project and parents. */
function addressOf(urn: string): string {
  const [type = "", ...name] = urn.split("::").slice(2);
  return [type.slice(type.lastIndexOf("$") + 1), name.join("::")].join("::");
}

const MAX_DEPTH = 64;

/** A value with its secrets in their place, and how many of them the export hides. */
function reveal(value: unknown, depth = 0): { readonly value: unknown; readonly hidden: number } {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return { value, hidden: 0 };
  if (isSecret(value)) {
    const shown = plaintextOf(value);
    return shown === undefined ? { value: undefined, hidden: 1 } : reveal(shown, depth + 1);
  }
  const members = Object.entries(value).map(([key, child]) => [key, reveal(child, depth + 1)] as const);
  const hidden = members.reduce((sum, [, member]) => sum + member.hidden, 0);
  return Array.isArray(value)
    ? { value: members.map(([, member]) => member.value), hidden }
    : { value: Object.fromEntries(members.map(([key, member]) => [key, member.value])), hidden };
}

/** Whether a value of a state is a secret. */
export function isSecret(value: unknown): value is Tree {
  return isTree(value) && value[SIGNATURE] === SECRET_SIGNATURE;
}

/** A secret that the export shows, parsed; `undefined` for one that it hides. */
export function plaintextOf(secret: Tree): unknown {
  if (typeof secret["plaintext"] !== "string") return undefined;
  try {
    return JSON.parse(secret["plaintext"]) as unknown;
  } catch {
    return undefined;
  }
}
