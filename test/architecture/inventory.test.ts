import assert from "node:assert/strict";

import ts from "typescript";

import { INVENTORY, rowOf, SECRET_NAMES } from "../../provider/core/secrets/inventory";
import { nodesOf, type Source, sources } from "./support/sources";

/** Where secrets are listed on purpose. */
const LISTS: readonly RegExp[] = [
  /^provider\/core\/secrets\/inventory\.ts$/,
  // The type of a bundle, for those who read it.
  /^provider\/core\/secrets\/types\.ts$/,
  // What imitates Talos's own rules and types, secrets or not.
  /^provider\/core\/machinery\//,
  // The order of the fields of Talos's own types, without values.
  /^provider\/core\/config\/v1alpha1Layout\.ts$/,
  // What each needs on nodes to rotate, what proves it there, and which comes first.
  /^provider\/core\/lifecycle\/(authorities|rotationOrder|rotationProofs)\.ts$/,
  // The schema of TalosSecrets describes each input and output to users; what is supplied is read by its types.
  /^provider\/resources\/talosSecrets\/(inputs|outputs|supplied)\.ts$/,
];

/** Words that are too common to name a secret. */
const COMMON = new Set(["certs", "cluster", "id", "info", "key", "secret", "secrets", "token", "os"]);

/** The words by which code would name each secret. */
const WORDS = new Map(
  SECRET_NAMES.flatMap((name) => {
    const { bundle, talosctl, pulumiverse } = rowOf(name);
    const words = [name, ...[bundle, talosctl, pulumiverse].flatMap((path) => path.split("."))];
    return words.filter((word) => !COMMON.has(word)).map((word) => [word, name] as const);
  }),
);

/** A handful that belong together may be named; more is a list. */
const MOST = 3;

/** The secrets that a file names, as members, keys or texts. */
function secretsIn(file: Source): Set<string> {
  const texts = nodesOf(file).flatMap((node) => {
    if (ts.isStringLiteralLike(node)) return node.text.split(".");
    return ts.isIdentifier(node) && isMember(node) ? [node.text] : [];
  });
  return new Set(texts.flatMap((text) => WORDS.get(text) ?? []));
}

function isMember({ parent, text }: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent)) return parent.name.text === text;
  return ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isBindingElement(parent);
}

describe("The inventory of secrets", () => {
  const files = sources("provider");

  it("is the only list of secrets", () => {
    const lists = files
      .filter(({ path }) => !LISTS.some((list) => list.test(path)))
      .map((file) => ({ path: file.path, names: [...secretsIn(file)] }))
      .filter(({ names }) => names.length > MOST)
      .map(({ path, names }) => `${path}: ${names.join(", ")}`);
    assert.deepEqual(lists, []);
  });

  it("is seen by that rule, and so is any other list", () => {
    const inventory = files.find(({ path }) => path.endsWith("secrets/inventory.ts"))!;
    assert.equal(secretsIn(inventory).size, Object.keys(INVENTORY).length - 1);
  });
});
