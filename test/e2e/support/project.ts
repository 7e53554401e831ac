import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";

import { filesBackend, filesBelow, type Backend } from "./backend";
import { parseEventLog } from "./events";
import { assertNoSecrets, type Text } from "./leaks";
import {
  argumentsOf,
  environmentOf,
  type Command,
  type Operation,
  type OperationOptions,
  type Outcome,
} from "./operation";
import { descendants, killHard, Running, type Ended } from "./processes";
import { writeProgram, type Program } from "./program";
import { repository, type PulumiCli } from "./tools";

/** What a throw-away project is made of. */
export interface ProjectOptions extends Program {
  readonly cli: PulumiCli;
  /** Name of the Pulumi project; default `e2e`. */
  readonly name?: string;
  /** Name of the stack; default `test`. */
  readonly stack?: string;
  /** Environment of every operation. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where the state is stored; default: files in a folder of the project. */
  readonly backend?: Backend;
  /** What encrypts the state, such as `hashivault://key`; default: the passphrase. */
  readonly secretsProvider?: string;
}

/** Operations of a test run that is interrupted must not go on without it. */
const alive = new Set<Running>();
process.once("exit", () => {
  alive.forEach((running) => running.kill());
});

/**
 * A Pulumi project in a folder of its own inside the repository, with a state in files, a passphrase and a PULUMI_HOME
 * that nobody else has. The program finds `pulumi-talos-pki` and `@pulumi/pulumi` of this repository.
 *
 * @example
 * const project = await Project.create({ cli: needsPulumi(this), program: `exports.one = 1;` });
 * const up = await project.up();
 * assert.deepEqual([up.code, up.changes], [0, { create: 1 }]);
 * await project.remove();
 */
export class Project {
  /** Every word that an operation said, for the search for leaks. */
  private readonly transcripts: Text[] = [];
  private readonly started = new Set<number>();
  private count = 0;

  private constructor(
    readonly folder: string,
    readonly stack: string,
    readonly name: string,
    private readonly cli: PulumiCli,
    /** Environment of every operation: backend, passphrase, homes. */
    readonly env: NodeJS.ProcessEnv,
    private readonly backend: Backend,
  ) {}

  static async create(options: ProjectOptions): Promise<Project> {
    const base = join(repository, ".build", "e2e");
    mkdirSync(base, { recursive: true });
    const folder = mkdtempSync(join(base, "p-"));
    const { cli, name = "e2e", stack = "test" } = options;
    const backend = options.backend ?? filesBackend(join(folder, "state"));
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: [...cli.folders, process.env["PATH"] ?? ""].join(delimiter),
      PULUMI_HOME: join(folder, "home"),
      ...backend.env,
      PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
      PULUMI_STACK: stack,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      // --event-log exists for those who ask for it.
      PULUMI_DEBUG_COMMANDS: "true",
      ...options.env,
    };
    for (const alien of ["PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_CONFIG", "TALOS_PKI_NOW"]) {
      if (options.env?.[alien] === undefined) {
        Reflect.deleteProperty(env, alien);
      }
    }
    const project = new Project(folder, stack, name, cli, env, backend);
    project.writeProgram(options);
    const provider = options.secretsProvider === undefined ? [] : ["--secrets-provider", options.secretsProvider];
    const made = await project.pulumi(["stack", "init", stack, "--no-select", ...provider]);
    if (made.code !== 0) {
      throw new Error(`pulumi stack init failed: ${made.stderr}`);
    }
    return project;
  }

  /** The folder in which the program lies and runs. */
  get programFolder(): string {
    return join(this.folder, "program");
  }

  /** Replaces the program, as somebody who edits it between two ups. */
  writeProgram(program: Program): void {
    writeProgram(this.programFolder, this.name, program);
  }

  /** Runs the CLI with any arguments. What it prints is searched for leaks: for secrets in clear there is `outputs`. */
  async pulumi(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const ended = await this.run([...args, "--non-interactive", "--color", "never"], env).ended;
    this.transcripts.push({ where: `pulumi ${args.join(" ")}`, text: ended.stdout + ended.stderr });
    return ended;
  }

  private run(args: readonly string[], env: NodeJS.ProcessEnv): Running {
    const running = new Running(this.cli.path, args, { cwd: this.programFolder, env: { ...this.env, ...env } });
    this.started.add(running.pid);
    alive.add(running);
    const forget = (): boolean => alive.delete(running);
    running.ended.then(forget, forget);
    return running;
  }

  /** Starts an operation that the test will watch, or kill in the middle. */
  start(command: Command, options: OperationOptions = {}): Operation {
    const log = join(this.folder, `events-${(this.count += 1)}.jsonl`);
    const running = this.run(argumentsOf(command, log, options), environmentOf(options));
    const outcome = running.ended.then((ended) =>
      this.conclude(`${command} ${(options.args ?? []).join(" ")}`.trim(), ended, log),
    );
    // A test that kills may never look at it.
    outcome.catch(() => undefined);
    return {
      running,
      outcome,
      kill: async (victim = "all") => {
        const pids = running.kill(victim);
        const result = await outcome;
        // Plugins of a killed CLI notice its end sooner or later; the next step is not to race with them.
        killHard(victim === "pulumi" ? [] : pids);
        return result;
      },
    };
  }

  private conclude(command: string, ended: Ended, log: string): Outcome {
    const eventLog = existsSync(log) ? readFileSync(log, "utf8") : "";
    const output = ended.stdout + ended.stderr;
    const told = eventLog.split("\n").filter((line) => !line.includes('"severity":"debug"'));
    this.transcripts.push(
      { where: `pulumi ${command}`, text: output },
      { where: `event log of pulumi ${command}`, text: told.join("\n") },
    );
    return { ...ended, ...parseEventLog(eventLog), command, output, eventLog };
  }

  /** `pulumi up`, as far as it goes: look at `code`. */
  up(options?: OperationOptions): Promise<Outcome> {
    return this.start("up", options).outcome;
  }

  /** `pulumi preview`; `args: ["--diff"]` and `["--expect-no-changes"]` are often wanted. */
  preview(options?: OperationOptions): Promise<Outcome> {
    return this.start("preview", options).outcome;
  }

  refresh(options?: OperationOptions): Promise<Outcome> {
    return this.start("refresh", options).outcome;
  }

  destroy(options?: OperationOptions): Promise<Outcome> {
    return this.start("destroy", options).outcome;
  }

  /** Sets a config value of the stack. */
  async config(key: string, value: string, secret = false): Promise<void> {
    const { code, stderr } = await this.pulumi(["config", "set", key, value, ...(secret ? ["--secret"] : [])]);
    if (code !== 0) {
      throw new Error(`pulumi config set failed: ${stderr}`);
    }
  }

  /** The stack's outputs: secret ones as `"[secret]"`, or in clear. */
  async outputs(options: { readonly secrets?: boolean } = {}): Promise<Record<string, unknown>> {
    const args = ["stack", "output", "--json", ...(options.secrets === true ? ["--show-secrets"] : [])];
    const { code, stdout, stderr } = await this.run([...args, "--non-interactive"], {}).ended;
    if (code !== 0) {
      throw new Error(`pulumi stack output failed: ${stderr}`);
    }
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** The state of the stack as it is stored, secrets encrypted. */
  state(): string {
    return this.backend.object(`.pulumi/stacks/${this.projectName()}/${this.stack}.json`);
  }

  private projectName(): string {
    return /^name:\s*(\S+)/m.exec(readFileSync(join(this.programFolder, "Pulumi.yaml"), "utf8"))?.[1] ?? this.name;
  }

  /** The resources in the state: inputs and outputs as stored, secrets as ciphertexts. */
  resources(): readonly StateResource[] {
    const { checkpoint } = JSON.parse(this.state()) as { checkpoint: { latest?: { resources?: StateResource[] } } };
    return checkpoint.latest?.resources ?? [];
  }

  /** The state decrypted (`pulumi stack export --show-secrets`). */
  async decryptedState(): Promise<{ readonly deployment: { readonly resources: readonly StateResource[] } }> {
    const { code, stdout, stderr } = await this.run(["stack", "export", "--show-secrets", "--non-interactive"], {})
      .ended;
    if (code !== 0) {
      throw new Error(`pulumi stack export failed: ${stderr}`);
    }
    return JSON.parse(stdout) as { deployment: { resources: StateResource[] } };
  }

  /** Everything that Pulumi has stored for the stack: state, backups, history, stack settings, its home. */
  files(): readonly Text[] {
    const home = join(this.folder, "home");
    const settings = join(this.programFolder, `Pulumi.${this.stack}.yaml`);
    return [
      ...this.backend.objects(),
      ...(existsSync(home) ? filesBelow(home) : []),
      ...(existsSync(settings) ? [{ where: settings, text: readFileSync(settings, "utf8") }] : []),
    ];
  }

  /** Everything that the operations so far have printed or put into event logs (without the SDK's debug lines), and every file of the state. */
  texts(): readonly Text[] {
    return [...this.transcripts, ...this.files()];
  }

  /** Fails if any of the secrets stands in `texts()` in clear, in any of the forms that `assertNoSecrets` knows. */
  assertNoSecrets(secrets: readonly string[]): void {
    assertNoSecrets(this.texts(), secrets);
  }

  /** Lets the next operation begin after one that was killed: removes the lock that it has left. */
  async unlock(): Promise<void> {
    this.backend.mend?.();
    await this.pulumi(["cancel", "--yes"]);
  }

  /** Ends what still runs and removes the folder. */
  async remove(): Promise<void> {
    for (const pid of this.started) {
      killHard(descendants(pid).map((row) => row.pid));
    }
    // A process that was killed a moment ago may still write.
    for (let attempt = 0; existsSync(this.folder); attempt += 1) {
      try {
        rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      } catch (error) {
        if (attempt === 3) {
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }
}

/** A resource in the state file. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly protect?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}
