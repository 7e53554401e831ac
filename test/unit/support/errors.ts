import assert from "node:assert/strict";

import type { ErrorCode } from "../../../provider/core/errorCodes";
import { describeProblem, type Diagnostic, isWarning, PkiError } from "../../../provider/core/errors";

/** `CODE path: message` of a problem, `reason path: message` of a warning. */
export function told(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map((one) => `${isWarning(one) ? one.reason : one.code} ${describeProblem(one)}`);
}

/** Fails unless `run` throws a PkiError of this code and exactly this message, path included. */
export function refuses(run: () => unknown, code: ErrorCode, message: string): void {
  assert.throws(run, (error) => isThis(error, code, message));
}

/** The same of a promise. */
export async function rejects(run: () => Promise<unknown>, code: ErrorCode, message: string): Promise<void> {
  await assert.rejects(run, (error) => isThis(error, code, message));
}

/** The message with which a promise rejects; fails where it does not. */
export async function failureOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it succeeded");
}

function isThis(error: unknown, code: ErrorCode, message: string): true {
  if (!(error instanceof PkiError)) throw error;
  assert.deepEqual([error.code, error.message], [code, message]);
  assert.equal(error.path, error.problems[0]?.path);
  return true;
}
