import assert from "node:assert/strict";

import ts from "typescript";

import { nodesOf, type Source, sources } from "./support/sources";

/** What these export is for others than this repository. */
const ENTRIES = /^(provider\/core\/index|provider\/dynamic|sdk\/index|sdk\/plugin)\.ts$/;

const THIS = /architecture\/exports\.test\.ts$/;

/** The functions, constants and classes that a file exports. */
function exportedValues({ tree }: Source): string[] {
  return tree.statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
    if (!isExported) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
    }
    const isValue = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
    return isValue && statement.name !== undefined ? [statement.name.text] : [];
  });
}

describe("what is exported", () => {
  const own = sources("provider", "sdk");
  const words = [...own, ...sources("test", "tools").filter(({ path }) => !THIS.test(path))].map(({ path, text }) => ({
    path,
    words: new Set(text.match(/[\w$]+/g)),
  }));

  it("is named in another file", () => {
    const lonely = own
      .filter(({ path }) => !ENTRIES.test(path))
      .flatMap((source) =>
        exportedValues(source)
          .filter((name) => !words.some((other) => other.path !== source.path && other.words.has(name)))
          .map((name) => `${source.path}: ${name}`),
      );
    assert.deepEqual(lonely, []);
  });

  it("as a difference between versions of Talos is asked for somewhere", () => {
    const table = own.find(({ path }) => path === "provider/core/talosVersion.ts")!;
    const rows = nodesOf(table)
      .filter(ts.isVariableDeclaration)
      .filter(({ name }) => name.getText() === "FEATURES")
      .flatMap((declaration) => [...declaration.getText().matchAll(/^ {2}(\w+): \{/gm)].map(([, name]) => name!));
    assert.ok(rows.length > 20);
    const literals = own.flatMap(nodesOf).filter(ts.isStringLiteral);
    const asked = new Set(literals.map(({ text }) => text));
    assert.deepEqual(
      rows.filter((name) => !asked.has(name)),
      [],
    );
  });
});
