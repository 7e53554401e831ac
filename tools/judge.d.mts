/** Absolute paths of what the interop tests run. */
export interface JudgeTools {
  readonly judge: string;
  /** Talos's table of rules, as the judge read it from the Talos source. */
  readonly rules: string;
  readonly machined: string;
  readonly talosctl: string;
}

/** What is built and current, or undefined if anything is missing. Builds nothing. */
export function findJudge(env?: NodeJS.ProcessEnv): Promise<JudgeTools | undefined>;

/** Builds what is missing or old, with progress on stderr. */
export function ensureJudge(env?: NodeJS.ProcessEnv): Promise<JudgeTools>;
