import type { Events } from "./events";
import type { Ended, Running, Victim } from "./processes";

/** How one operation runs. */
export interface OperationOptions {
  /** The time that the provider takes for now: a Date or RFC 3339; default the real time. */
  readonly now?: Date | string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Show and compute a preview before an up; default false, which halves the time. */
  readonly withPreview?: boolean;
}

/** What an operation did. */
export interface Outcome extends Ended, Events {
  readonly command: string;
  /** stdout and stderr. */
  readonly output: string;
  /** The raw event log, with the debug lines of the SDK, which hold secrets in clear. */
  readonly eventLog: string;
}

/** An operation under way, to be watched and killed. */
export interface Operation {
  readonly running: Running;
  /** kill -9; answers when nothing of it lives any more. */
  readonly kill: (victim?: Victim) => Promise<Outcome>;
  readonly outcome: Promise<Outcome>;
}

/** The operations of Pulumi that change or compare a stack. */
export type Command = "up" | "preview" | "refresh" | "destroy";

const FLAGS: Readonly<Record<Command, readonly string[]>> = {
  up: ["--yes"],
  preview: [],
  refresh: ["--yes", "--skip-preview"],
  destroy: ["--yes", "--skip-preview"],
};

const timeOf = (now: Date | string): string =>
  typeof now === "string" ? now : now.toISOString().replace(/\.\d{3}Z$/, "Z");

/** The arguments of the CLI for an operation whose events go to the file `log`. */
export function argumentsOf(command: Command, log: string, options: OperationOptions): readonly string[] {
  const preview = command === "up" && options.withPreview !== true ? ["--skip-preview"] : [];
  const common = ["--non-interactive", "--color", "never", "--event-log", log];
  return [command, ...FLAGS[command], ...preview, ...common, ...(options.args ?? [])];
}

/** The environment that an operation adds to the project's. */
export function environmentOf({ now, env }: OperationOptions): NodeJS.ProcessEnv {
  return { ...(now === undefined ? {} : { TALOS_PKI_NOW: timeOf(now) }), ...env };
}
