import { join, relative } from "node:path";

import ts from "typescript";

import { code } from "./markdown";

const root = join(__dirname, "..", "..");
const ENTRY = join(root, "provider", "core", "index.ts");

/** Something that the core exports. */
export interface CoreExport {
  readonly name: string;
  readonly kind: "function" | "class" | "type" | "value";
  readonly declaration: string;
  readonly documentation: string;
  readonly throws: string;
  readonly examples: readonly string[];
  /** Source file, relative to the repository. */
  readonly file: string;
}

function textOfTag(tag: ts.JSDocTagInfo): string {
  return ts.displayPartsToString(tag.text).trim();
}

/** The declaration as it is written, without what it does. */
function declarationText(node: ts.Declaration): string {
  const source = node.getSourceFile();
  if (ts.isFunctionDeclaration(node) && node.body !== undefined) {
    return source.text.slice(node.getStart(), node.body.getStart()).trim();
  }
  if (ts.isClassDeclaration(node)) {
    const members = node.members.flatMap((member) => {
      if (ts.isPropertyDeclaration(member) && member.type !== undefined) return [`  ${member.getText()}`];
      if ((ts.isMethodDeclaration(member) || ts.isConstructorDeclaration(member)) && member.body !== undefined) {
        return [`  ${source.text.slice(member.getStart(), member.body.getStart()).trim()};`];
      }
      return [];
    });
    return `${source.text.slice(node.getStart(), node.members.pos).trim()}\n${members.join("\n")}\n}`;
  }
  return node.getText();
}

function valueText(name: string, type: string): string {
  return type.length <= 100 && !type.includes("import(") ? `const ${name}: ${type}` : `const ${name}`;
}

function kindOf(symbol: ts.Symbol): CoreExport["kind"] {
  if ((symbol.flags & ts.SymbolFlags.Function) !== 0) return "function";
  if ((symbol.flags & ts.SymbolFlags.Class) !== 0) return "class";
  return (symbol.flags & ts.SymbolFlags.Variable) !== 0 ? "value" : "type";
}

function describe(exported: ts.Symbol, checker: ts.TypeChecker): CoreExport {
  const symbol = (exported.flags & ts.SymbolFlags.Alias) === 0 ? exported : checker.getAliasedSymbol(exported);
  const node = symbol.declarations?.[0];
  if (node === undefined) throw new Error(`${exported.name} is declared nowhere`);
  const kind = kindOf(symbol);
  const tags = symbol.getJsDocTags(checker);
  const params = tags
    .filter(({ name }) => name === "param")
    .map((tag) => textOfTag(tag).replace(/^([\w.]+)\s*-?\s*/, "- `$1`: "));
  const returns = tags.filter(({ name }) => name === "returns").map((tag) => `Returns ${textOfTag(tag)}`);
  return {
    name: exported.name,
    kind,
    declaration:
      kind === "value"
        ? valueText(exported.name, checker.typeToString(checker.getTypeOfSymbolAtLocation(symbol, node)))
        : declarationText(node).replace(/^export /, ""),
    documentation: [
      ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      ...(params.length > 0 ? [params.join("\n")] : []),
      ...returns,
    ]
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .join("\n\n"),
    throws: tags
      .filter(({ name }) => name === "throws")
      .map(textOfTag)
      .join("; "),
    examples: tags.filter(({ name }) => name === "example").map(textOfTag),
    file: relative(root, node.getSourceFile().fileName).replaceAll("\\", "/"),
  };
}

/** Every export of `pulumi-talos-pki/core`, by name. */
export function coreExports(): readonly CoreExport[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    strict: true,
    types: ["node"],
    skipLibCheck: true,
  };
  const program = ts.createProgram([ENTRY], options);
  const checker = program.getTypeChecker();
  const entry = program.getSourceFile(ENTRY);
  const module = entry === undefined ? undefined : checker.getSymbolAtLocation(entry);
  if (module === undefined) throw new Error(`${ENTRY} is no module`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => describe(symbol, checker))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function section({ name, declaration, documentation, throws, examples, file }: CoreExport): string {
  return [
    `#### ${name}`,
    documentation,
    code("typescript", declaration),
    ...(throws === "" ? [] : [`Throws ${throws}`]),
    ...examples.map((example) => code("typescript", example)),
    `<sub>${file}</sub>`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The reference of the core, functions first. */
export function coreReference(): string {
  const all = coreExports();
  const part = (title: string, kinds: readonly CoreExport["kind"][]): string =>
    [`### ${title}`, ...all.filter(({ kind }) => kinds.includes(kind)).map(section)].join("\n\n");
  return [
    part("Functions and classes", ["function", "class"]),
    part("Values", ["value"]),
    part("Types", ["type"]),
  ].join("\n\n");
}
