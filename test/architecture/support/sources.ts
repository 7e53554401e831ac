import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import ts from "typescript";

import { repository } from "./markdown";

/** A source file, parsed. */
export interface Source {
  /** Path, relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

const IGNORED = /(^|[\\/])(node_modules|dist|\.build|\.state|python|dotnet|java|go)([\\/]|$)/;

/** The TypeScript files below folders of the repository. */
export function sources(...folders: readonly string[]): readonly Source[] {
  return folders
    .filter((folder) => existsSync(join(repository, folder)))
    .flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
    )
    .filter((path) => path.endsWith(".ts") && !IGNORED.test(path))
    .map((path) => {
      const text = readFileSync(join(repository, path), "utf8");
      return {
        path: path.replaceAll("\\", "/"),
        text,
        tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true),
      };
    });
}

/** What a file imports. */
export interface Import {
  /** A package, or the path of a file relative to the repository. */
  readonly target: string;
  readonly isPackage: boolean;
  /** Types only: nothing of it is left at run time. */
  readonly isType: boolean;
  /** By `import()` or `require` in the place where it is needed, so that nothing is loaded before it runs. */
  readonly isLate: boolean;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  const named = clause.namedBindings;
  const isEveryNameAType =
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.length > 0 &&
    named.elements.every((element) => element.isTypeOnly);
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword || (clause.name === undefined && isEveryNameAType);
}

function fileOf(from: string, specifier: string): string {
  // A late import names what the compiler writes.
  const target = resolve(repository, dirname(from), specifier.replace(/\.js$/, ""));
  const candidates = [target, `${target}.ts`, join(target, "index.ts"), `${target}.mts`, `${target}.d.mts`];
  const found = candidates.find((path) => existsSync(path) && statSync(path).isFile());
  if (found === undefined) throw new Error(`${from} imports ${specifier}, which is not there`);
  return relative(repository, found).replaceAll("\\", "/");
}

/** Every import, re-export, `require` and `import()` of a file. */
export function importsOf({ path, tree }: Source): readonly Import[] {
  const imports: Import[] = [];
  const add = (specifier: string, isType: boolean, isLate = false): void => {
    const isPackage = !specifier.startsWith(".");
    imports.push({ target: isPackage ? specifier : fileOf(path, specifier), isPackage, isType, isLate });
  };
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      if (ts.isStringLiteral(node.moduleSpecifier)) add(node.moduleSpecifier.text, isTypeOnly(node));
    } else if (ts.isCallExpression(node)) {
      const [argument] = node.arguments;
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
      const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      if ((isRequire || isImport) && argument !== undefined && ts.isStringLiteral(argument)) {
        add(argument.text, false, true);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return imports;
}

/** Every node of a file. */
export function nodesOf({ tree }: Source): readonly ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return nodes;
}

/** `path:line` of a node. */
export const placeOf = ({ path, tree }: Source, node: ts.Node): string =>
  `${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
