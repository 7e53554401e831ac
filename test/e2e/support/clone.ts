import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { Running, type Ended } from "./processes";
import { repository } from "./tools";

const DRIVER = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.test.json",
  "Pulumi.yaml",
  ".gitignore",
  "tools",
];
const PRODUCT = ["provider", "sdk", "examples", "dist"];

/** What a clone of this repository is to be like. */
export interface CloneOptions {
  /** Leave out what the driver drives: the sources, what was compiled of them, and the examples. */
  readonly driverOnly?: boolean;
  /** Files that differ from the repository's: path to content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Environment of every command. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A copy of this repository with its packages installed and an empty home, to run the tools of `tools/` in. */
export class Clone {
  private constructor(
    readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static create({ driverOnly = false, files = {}, env = {} }: CloneOptions = {}): Clone {
    const base = join(repository, ".build", "e2e");
    mkdirSync(base, { recursive: true });
    // A space, because users have them in their paths.
    const folder = join(mkdtempSync(join(base, "c-")), "a clone");
    mkdirSync(join(folder, "home"), { recursive: true });
    const keep = (path: string): boolean => !/^(node_modules|\.state|\.build|Pulumi\..+\.yaml)$/.test(basename(path));
    for (const name of [...DRIVER, ...(driverOnly ? [] : PRODUCT)].filter((path) =>
      existsSync(join(repository, path)),
    )) {
      cpSync(join(repository, name), join(folder, name), { recursive: true, preserveTimestamps: true, filter: keep });
    }
    symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"), "dir");
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(PULUMI_|XDG_|npm_|INIT_CWD)/.test(name)),
    );
    // The CLI takes its home from the user database, whatever HOME says.
    const home = { HOME: join(folder, "home"), PULUMI_HOME: join(folder, "home", ".pulumi") };
    const clone = new Clone(folder, { ...clean, ...home, ...env });
    Object.entries(files).forEach(([path, content]) => {
      clone.write(path, content);
    });
    return clone;
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), content);
  }

  /** Starts a shell command in the clone, to be watched or killed. */
  start(command: string, env: NodeJS.ProcessEnv = {}): Running {
    return new Running("/bin/sh", ["-c", command], { cwd: this.folder, env: { ...this.env, ...env } });
  }

  /** Runs a shell command in the clone; npm's scripts run as they would for a user. */
  async run(command: string, env: NodeJS.ProcessEnv = {}): Promise<Ended & { readonly output: string }> {
    const ended = await this.start(command, env).ended;
    return { ...ended, output: ended.stdout + ended.stderr };
  }

  remove(): void {
    rmSync(dirname(this.folder), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
