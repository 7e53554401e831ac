import type { ErrorCode } from "./errorCodes";
import type { ProblemReason, WarningReason } from "./reasons";

/** What a problem and a warning have in common. */
interface Finding {
  /** Dotted path of the property, such as `certs.os.crt` or `configPatches[1]`; `""` for the input as a whole. */
  readonly path: string;
  /** The problem; the remedy. Lower case, never secret material, without the path. */
  readonly message: string;
  /** Line of the text at `path`, from 1, where there is one. */
  readonly line?: number;
}

/** One thing that is wrong with an input, as data: the input is rejected. */
export interface Problem extends Finding {
  /** Absent or `"error"`: this rejects the input. */
  readonly severity?: "error";
  /** Stable code; docs/errors.md has symptom, cause and remedy of each. */
  readonly code: ErrorCode;
  /** A finer reason than the code, for code that must tell problems apart. */
  readonly reason?: ProblemReason;
}

/** One thing to report about an input that is accepted. It has a reason and no error code. */
export interface Warning extends Finding {
  /** `"warning"`: the input is accepted. */
  readonly severity: "warning";
  /** Stable reason; `WARNING_REASONS` has what each means. */
  readonly reason: WarningReason;
}

/** A problem or a warning; `severity` tells them apart. */
export type Diagnostic = Problem | Warning;

/**
 * Whether a diagnostic is a warning.
 *
 * @example
 * isWarning({ severity: "warning", reason: "expires-soon", path: "", message: "" }); // true
 */
export function isWarning(diagnostic: Diagnostic): diagnostic is Warning {
  return diagnostic.severity === "warning";
}

/**
 * A problem or warning as one line: `certs.os.crt: <problem>; <remedy>`.
 *
 * @example
 * const { problems } = validateSecretsBundle(bundle, now);
 * console.log(problems.map(describeProblem).join("\n"));
 */
export function describeProblem(problem: Diagnostic): string {
  return problem.path === "" ? problem.message : `${problem.path}: ${problem.message}`;
}

/**
 * The one error of this package. It carries every problem that was found; `code` and `path` are those of the first.
 *
 * @example
 * try { parseSecretsBundle(text, { now: new Date() }); } catch (error) { if (error instanceof PkiError) console.error(error.code, error.path); }
 */
export class PkiError extends Error {
  override readonly name = "PkiError";
  readonly code: ErrorCode;
  readonly path: string;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { path?: string; cause?: unknown; problems?: readonly Problem[] } = {},
  ) {
    const path = options.path ?? "";
    const problems = options.problems ?? [{ code, path, message }];
    super(problems.map(describeProblem).join("\n"), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = path;
    this.problems = problems;
  }

  /** One error of several problems; `problems` must not be empty. */
  static of(problems: readonly Problem[], cause?: unknown): PkiError {
    const [first] = problems;
    if (first === undefined) throw new RangeError("an error needs a problem");
    return new PkiError(first.code, first.message, { path: first.path, problems, cause });
  }
}

/** Runs `parse`; a PkiError becomes problems (collected), anything else passes through. */
export function collectProblems<T>(problems: Problem[], parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
