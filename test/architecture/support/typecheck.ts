import { join } from "node:path";

import ts from "typescript";

import { repository } from "./markdown";

/** A text to check, and what it is called in a complaint. */
export interface Snippet {
  readonly where: string;
  readonly text: string;
}

function settings(): ts.CompilerOptions {
  const file = join(repository, "tsconfig.test.json");
  const { options, errors } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(file, (path) => ts.sys.readFile(path)).config,
    ts.sys,
    repository,
    undefined,
    file,
  );
  if (errors.length > 0) throw new Error(ts.flattenDiagnosticMessageText(errors[0]!.messageText, "\n"));
  // A block shows one thing; what it makes and never uses is no fault.
  return { ...options, noUnusedLocals: false, noUnusedParameters: false };
}

/**
 * Checks the types of texts as modules of this repository, without writing them anywhere.
 *
 * @param libraries `own`: as this repository is compiled; `default`: as TypeScript does when nobody says anything, with
 *   the types of browsers
 * @returns complaints, `<where>: <line>: <message>`
 */
export function typecheck(snippets: readonly Snippet[], libraries: "own" | "default" = "own"): readonly string[] {
  const { lib, ...others } = settings();
  const options: ts.CompilerOptions = libraries === "own" && lib !== undefined ? { ...others, lib } : others;
  const names = new Map(
    snippets.map((snippet, index) => [join(repository, `__snippet_${index}.ts`), snippet] as const),
  );
  const base = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...base,
    readFile: (path) => names.get(path)?.text ?? base.readFile(path),
    fileExists: (path) => names.has(path) || base.fileExists(path),
    getSourceFile: (path, version, ...rest) => {
      const snippet = names.get(path);
      return snippet === undefined
        ? base.getSourceFile(path, version, ...rest)
        : // A block without imports and exports is a module all the same.
          ts.createSourceFile(path, `${snippet.text}\nexport {};\n`, version);
    },
  };
  const program = ts.createProgram([...names.keys()], options, host);
  return [...names].flatMap(([path, { where }]) => {
    const file = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ start, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0) + 1;
      return `${where}: line ${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
  });
}
