import { createHash, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Environment } from "../../../provider/core/environment";

/** When the tests begin, unless they say otherwise. */
export const START = "2026-01-01T00:00:00Z";

/** Bytes that are the same in every run and look like chance. */
export function fixedBytes(seed = ""): (size: number) => Uint8Array {
  let count = 0;
  return (size) => {
    const blocks: Buffer[] = [];
    while (blocks.length * 32 < size) blocks.push(createHash("sha256").update(`${seed}/${count++}`).digest());
    return new Uint8Array(Buffer.concat(blocks).subarray(0, size));
  };
}

/** An environment with a fixed clock and fixed bytes; keys are real. */
export function fixedEnvironment(now = START, randomBytes = fixedBytes()): Environment {
  return { now: () => new Date(now), randomBytes, subtle: webcrypto.subtle };
}

/** An environment whose random bytes are those given, in this order; asking for more fails. */
export function scriptedBytes(...chunks: readonly (readonly number[])[]): (size: number) => Uint8Array {
  const left = [...chunks];
  return (size) => {
    const next = left.shift();
    if (next?.length !== size) throw new Error(`asked for ${size} bytes, the script has ${next?.length ?? "none"}`);
    return Uint8Array.from(next);
  };
}

/** A file of test/vectors as text. */
export function vector(path: string): string {
  return readFileSync(join(__dirname, "..", "..", "vectors", path), "utf8");
}
