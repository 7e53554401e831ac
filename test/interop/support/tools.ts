import { skipOrFail } from "../../e2e/support/tools";

import { run } from "./run";

import type { JudgeTools } from "../../../tools/judge.mjs" with { "resolution-mode": "import" };

let found: JudgeTools | undefined;

const howToGetThem = "`node tools/judge.mjs` builds them";

/**
 * To be called in a `describe`: its tests run with the judge, machined and talosctl, or are skipped loudly. With
 * `TALOS_PKI_REQUIRE_TOOLS=1` they fail instead. Nothing is built here.
 */
export function needJudge(): void {
  before("find the judge, machined and talosctl", async function () {
    const { findJudge } = await import("../../../tools/judge.mjs");
    found ??= await findJudge();
    if (found === undefined) skipOrFail(this, `the judge, machined or talosctl is not built; ${howToGetThem}`);
  });
}

/** The same for openssl, which comes with nearly every Linux. */
export function needOpenssl(): void {
  before("find openssl", async function () {
    const { code } = await run("openssl", ["version"]).catch(() => ({ code: 127 }));
    if (code !== 0) skipOrFail(this, "there is no `openssl` on PATH");
  });
}

/** The tools that `needJudge` found. */
export function tools(): JudgeTools {
  if (found === undefined) throw new Error("call needJudge() in the describe block");
  return found;
}
