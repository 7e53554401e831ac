import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";

import { filesBackend, type Backend } from "./backend";
import { Running } from "./processes";
import { writeProgram } from "./program";
import { repository, type PulumiCli } from "./tools";

/** What a run of the fleet printed. */
export interface FleetRun {
  readonly code: number | undefined;
  readonly lines: readonly string[];
  readonly output: string;
  readonly seconds: number;
}

/** The example fleet in a folder of its own, with a backend and a passphrase of its own. */
export class Fleet {
  private constructor(
    private readonly folder: string,
    private readonly backend: Backend,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static create(cli: PulumiCli, given?: Backend): Fleet {
    const base = join(repository, ".build", "e2e");
    mkdirSync(base, { recursive: true });
    const folder = mkdtempSync(join(base, "f-"));
    const backend = given ?? filesBackend(join(folder, "state"));
    writeProgram(join(folder, "program"), "fleet", { folder: "examples/fleet" });
    return new Fleet(folder, backend, {
      ...process.env,
      PATH: [...cli.folders, process.env["PATH"] ?? ""].join(delimiter),
      PULUMI_HOME: join(folder, "home"),
      PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // That of the tests' own ts-node.
      TS_NODE_PROJECT: undefined,
      ...backend.env,
    });
  }

  private start(program: string, args: readonly string[]): Running {
    return new Running(program, args, { cwd: join(this.folder, "program"), env: this.env });
  }

  /** `npm start -- …` */
  async run(...args: readonly string[]): Promise<FleetRun> {
    const register = join(repository, "node_modules", "ts-node", "register", "transpile-only.js");
    const { code, stdout, stderr, seconds } = await this.start(process.execPath, ["-r", register, "index.ts", ...args])
      .ended;
    return { code, lines: stdout.trim().split("\n"), output: stdout + stderr, seconds };
  }

  /** The state of every stack as it is stored, by the stack's name. */
  states(): ReadonlyMap<string, string> {
    const rows = this.backend.objects().flatMap(({ where, text }) => {
      const name = /^\.pulumi\/stacks\/fleet\/([^/]+)\.json$/.exec(where)?.[1];
      return name === undefined ? [] : [[name, text] as const];
    });
    return new Map(rows);
  }

  /** The fingerprint of the OS CA of every stack, by the stack's name. */
  authorities(): ReadonlyMap<string, string | undefined> {
    const rows = [...this.states()].map(
      ([name, text]) => [name, /"osCaFingerprint": "([0-9a-f]{64})"/.exec(text)?.[1]] as const,
    );
    return new Map(rows.sort(([one], [other]) => one.localeCompare(other)));
  }

  /** The state of a stack, decrypted. */
  async decrypted(name: string): Promise<unknown> {
    const args = ["stack", "export", "--show-secrets", "--stack", name, "--non-interactive"];
    return JSON.parse((await this.start("pulumi", args).ended).stdout) as unknown;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
