import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { repository } from "./tools";

/** A Pulumi program: text, or a folder of the repository. */
export interface Program {
  /** JavaScript text (CommonJS). */
  readonly program?: string;
  /** TypeScript text, run through Pulumi's ts-node. */
  readonly typescript?: string;
  /** A folder of the repository, e.g. `examples/quickstart`, of which a copy runs. */
  readonly folder?: string;
  /** More files of the program: path to content. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What a program may require without having installed it. */
const LINKED = ["@pulumi", "@types", "typescript"];

/** Copies a program without what was installed or made there. */
function copyProgram(from: string, to: string): void {
  const keep = (source: string): boolean => !/^(node_modules|target|\.state|Pulumi\..+\.yaml)$/.test(basename(source));
  cpSync(from, to, { recursive: true, filter: keep });
}

function linkModules(to: string): void {
  const modules = join(to, "node_modules");
  mkdirSync(modules, { recursive: true });
  const link = (target: string, name: string): void => {
    if (!existsSync(join(modules, name))) {
      symlinkSync(target, join(modules, name), "dir");
    }
  };
  link(repository, "pulumi-talos-pki");
  LINKED.forEach((name) => {
    link(join(repository, "node_modules", name), name);
  });
}

/** Puts a program into the folder `to`, in place of the one that is there, as the Pulumi project `name`. */
export function writeProgram(to: string, name: string, options: Program): void {
  mkdirSync(to, { recursive: true });
  if (options.folder !== undefined) {
    copyProgram(join(repository, options.folder), to);
  }
  const files: Record<string, string> = { ...options.files };
  if (options.program !== undefined) {
    files["index.js"] = options.program;
    rmSync(join(to, "index.ts"), { force: true });
  }
  if (options.typescript !== undefined) {
    files["index.ts"] = options.typescript;
    rmSync(join(to, "index.js"), { force: true });
  }
  if (!existsSync(join(to, "Pulumi.yaml"))) {
    files["Pulumi.yaml"] ??= `name: ${name}\nruntime: nodejs\n`;
  }
  if (!existsSync(join(to, "package.json"))) {
    files["package.json"] ??= `${JSON.stringify({ name, private: true })}\n`;
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), content);
  }
  linkModules(to);
}
