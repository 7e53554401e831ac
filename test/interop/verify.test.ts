import { strict as assert } from "node:assert";

import { verifyChain } from "../../provider/core/inspect/verifyChain";

import { Folder } from "./support/files";
import { baseTime } from "./support/oddCertificates";
import { goVerdicts, needGo } from "./support/goVerify";
import { opensslVerifies } from "./support/opensslVerify";
import { needOpenssl } from "./support/tools";
import { makeVerifyCases, type VerifyCase } from "./support/verifyCases";

const codesOf = (given: VerifyCase): string[] =>
  verifyChain({ ...given, now: given.now ?? baseTime }).findings.map(({ code }) => code);

describe("Our verdict on good and broken chains", () => {
  let cases: VerifyCase[] = [];
  before("make the certificates", async () => {
    cases = await makeVerifyCases();
  });

  it("is what we say it is, for at least 60 chains", () => {
    assert.ok(cases.length >= 60);
    assert.deepEqual(
      cases.map((given) => [given.name, codesOf(given)]),
      cases.map(({ name, expected }) => [name, expected]),
    );
  });

  describe("agrees with Go's crypto/x509", () => {
    needGo();
    it("on every chain", async () => {
      const verdicts = await goVerdicts(cases.map((given) => ({ ...given, now: given.now ?? baseTime })));
      const disagreements = cases.flatMap(({ name, expected }, index) => {
        const { ok, error } = verdicts[index]!;
        return ok === (expected.length === 0) ? [] : [`${name}: ${error ?? "holds"}`];
      });
      assert.deepEqual(disagreements, []);
    });
  });

  describe("agrees with openssl", () => {
    needOpenssl();
    const folder = new Folder();
    it("wherever openssl and Go agree, and only there", async () => {
      const verdicts: boolean[] = [];
      for (const [index, given] of cases.entries()) verdicts.push(await opensslVerifies(folder, given, String(index)));
      const surprises = cases.flatMap(({ name, expected, opensslDiffers }, index) => {
        const agrees = verdicts[index] === (expected.length === 0);
        return agrees === (opensslDiffers === undefined)
          ? []
          : [`${name}: ${verdicts[index] === true ? "holds" : "refused"}`];
      });
      assert.deepEqual(surprises, []);
      assert.ok(cases.filter(({ opensslDiffers }) => opensslDiffers === undefined).length >= 60);
    });
  });
});
