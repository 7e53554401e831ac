import assert from "node:assert/strict";

import ts from "typescript";

import { nodesOf, placeOf, type Source, sources } from "./support/sources";

/** Names of the world outside: nothing pure can use them. */
const WORLD = [
  "process",
  "console",
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "performance",
  "crypto",
  "globalThis",
  "require",
];

/** Of node:crypto only what computes; keys and randomness come from the environment. */
const COMPUTES =
  /^(createHash|createHmac|createPublicKey|createPrivateKey|X509Certificate|KeyObject|timingSafeEqual|verify)$/;

/** What a node takes from the world, if anything. */
function impurity(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments ?? []).length === 0) {
    return "new Date()";
  }
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText();
    if (/^(Date\.now|Math\.random)$/.test(text)) return text;
  }
  if (ts.isCallExpression(node) && node.expression.getText() === "Date") return "Date()";
  return ts.isIdentifier(node) && WORLD.includes(node.text) && isUse(node) ? node.text : undefined;
}

/** A name that is used, not declared, not a member of something else, not a type. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent)) return false;
  if ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node) return false;
  return !(isDeclaredAround(node) || ts.isParameter(parent) || ts.isImportSpecifier(parent));
}

/** A parameter of the same name hides the world's. */
function isDeclaredAround(node: ts.Identifier): boolean {
  const around = ts.findAncestor(
    node,
    (at) => ts.isFunctionLike(at) && at.parameters.some(({ name }) => name.getText() === node.text),
  );
  return around !== undefined;
}

function cryptoImports(file: Source): string[] {
  return file.tree.statements
    .filter(ts.isImportDeclaration)
    .filter(({ moduleSpecifier, importClause }) => {
      return moduleSpecifier.getText() === '"node:crypto"' && importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword;
    })
    .flatMap(({ importClause }) => {
      const named = importClause?.namedBindings;
      if (named === undefined || !ts.isNamedImports(named)) return [`${file.path} imports all of node:crypto`];
      return named.elements
        .map(({ isTypeOnly, name, propertyName }) => ({ isTypeOnly, text: (propertyName ?? name).text }))
        .filter(({ isTypeOnly, text }) => !isTypeOnly && !COMPUTES.test(text))
        .map(({ text }) => `${file.path} imports ${text} of node:crypto`);
    });
}

describe("the core", () => {
  const files = sources("provider/core");

  it("takes no time, no randomness and nothing else from the world around it", () => {
    const wrong = files.flatMap((file) =>
      nodesOf(file).flatMap((node) => {
        const what = impurity(node);
        return what === undefined ? [] : [`${placeOf(file, node)}: ${what}`];
      }),
    );
    assert.deepEqual(wrong, []);
  });

  it("makes no key and no random byte with node:crypto", () => {
    assert.deepEqual(files.flatMap(cryptoImports), []);
  });

  it("is looked at by a check that would notice", () => {
    const text =
      "const a = Date.now(); const b = new Date(); const c = Math.random(); process.exit(); const d = Date();";
    const tree = ts.createSourceFile("x.ts", text, ts.ScriptTarget.ES2022, true);
    const found = nodesOf({ path: "x.ts", text, tree }).flatMap((node) => impurity(node) ?? []);
    assert.deepEqual(found, ["Date.now", "new Date()", "Math.random", "process", "Date()"]);
  });
});
