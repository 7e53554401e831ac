import { join } from "node:path";

import { skipOrFail } from "../../e2e/support/tools";

import { Folder } from "./files";
import { mustRun, run } from "./run";
import type { VerifyCase } from "./verifyCases";

const source = join(__dirname, "../../verify");
const folder = new Folder();

/** To be called in a `describe`: its tests run with test/verify, built here in a second, or are skipped without Go. */
export function needGo(): void {
  before("build test/verify", async function () {
    this.timeout(120_000);
    const { code } = await run("go", ["version"]).catch(() => ({ code: 127 }));
    if (code !== 0) skipOrFail(this, "there is no `go` on PATH");
    await mustRun("go", ["build", "-C", source, "-o", folder.at("verify"), "."]);
  });
}

export interface GoVerdict {
  readonly ok: boolean;
  /** Go's parser does not read one of the certificates. */
  readonly unreadable?: boolean;
  readonly error?: string;
}

/** What Go's crypto/x509, and for clients apid's rule on top, says to each chain. */
export async function goVerdicts(cases: readonly (VerifyCase & { readonly now: Date })[]): Promise<GoVerdict[]> {
  const input = cases.map(({ certificates, trust, purpose, now, dnsName, ipAddress }) => ({
    certificates,
    trust,
    purpose,
    now,
    name: dnsName ?? ipAddress ?? "",
  }));
  const { stdout } = await mustRun(folder.at("verify"), [], JSON.stringify(input));
  return JSON.parse(stdout) as GoVerdict[];
}
