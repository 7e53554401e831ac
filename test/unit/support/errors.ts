import assert from "node:assert/strict";

import type { ErrorCode } from "../../../provider/core/errorCodes";
import { describeProblem, PkiError, type Problem } from "../../../provider/core/errors";

/** `CODE path: message`, one per problem. */
export function told(problems: readonly Problem[]): string[] {
  return problems.map((problem) => `${problem.code} ${describeProblem(problem)}`);
}

/** Fails unless `run` throws a PkiError of this code and exactly this message, path included. */
export function refuses(run: () => unknown, code: ErrorCode, message: string): void {
  assert.throws(run, (error) => isThis(error, code, message));
}

/** The same of a promise. */
export async function rejects(run: () => Promise<unknown>, code: ErrorCode, message: string): Promise<void> {
  await assert.rejects(run, (error) => isThis(error, code, message));
}

function isThis(error: unknown, code: ErrorCode, message: string): true {
  if (!(error instanceof PkiError)) throw error;
  assert.deepEqual([error.code, error.message], [code, message]);
  assert.equal(error.path, error.problems[0]?.path);
  return true;
}
