import type { ErrorCode } from "./errorCodes";

/** One thing that is wrong with an input, as data. */
export interface Problem {
  /** Stable code; docs/errors.md tells symptom, cause and cure of each. */
  readonly code: ErrorCode;
  /** Dotted path of the property, such as `certs.os.crt` or `configPatches[1]`; `""` for the input as a whole. */
  readonly path: string;
  /** What is wrong; what would be right. Lower case, never secret material, without the path. */
  readonly message: string;
}

/**
 * A problem as one line: `certs.os.crt: <what is wrong>; <what would be right>`.
 *
 * @example
 * const { problems } = validateSecretsBundle(bundle, now);
 * console.log(problems.map(describeProblem).join("\n"));
 */
export function describeProblem(problem: Problem): string {
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
