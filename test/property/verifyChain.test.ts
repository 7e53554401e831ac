import assert from "node:assert/strict";

import fc from "fast-check";

import { verifyChain } from "../../provider/core/inspect/verifyChain";
import { type Certificate, parseCertificates } from "../../provider/core/x509/certificate";
import { baseTime } from "../interop/support/oddCertificates";
import { makeVerifyCases } from "../interop/support/verifyCases";

describe("for any certificates in any order", function () {
  this.timeout(60_000);
  let pool: readonly Certificate[];
  before(async () => {
    const cases = await makeVerifyCases();
    pool = cases.flatMap(({ certificates, trust }) => parseCertificates(certificates + trust, ""));
  });

  const indexes = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });
  const pick = (numbers: readonly number[]): Certificate[] => numbers.map((number) => pool[number % pool.length]!);
  const holds = (certificates: readonly Certificate[], trust: readonly Certificate[]): boolean =>
    verifyChain({ certificates, trust, purpose: "client", now: baseTime }).ok;

  it("there is a verdict, and it holds exactly when it finds nothing", () => {
    fc.assert(
      fc.property(indexes, indexes, fc.integer({ min: -90_000, max: 90_000 }), (chain, trust, hours) => {
        const now = new Date(baseTime.getTime() + hours * 3_600_000);
        const verdict = verifyChain({ certificates: pick(chain), trust: pick(trust), purpose: "server", now });
        assert.equal(verdict.ok, verdict.findings.length === 0);
        assert.equal(verdict.chain[0], pick(chain)[0]);
      }),
      { numRuns: 300 },
    );
  });

  it("more to trust, and more to build a chain from, never breaks one that holds", () => {
    fc.assert(
      fc.property(fc.nat(), indexes, indexes, (leaf, others, trust) => {
        const [certificate] = pick([leaf]);
        const anchors = pool.filter((candidate) => certificate!.isSignedBy(candidate));
        fc.pre(holds([certificate!], anchors));
        assert.ok(holds([certificate!, ...pick(others)], [...anchors, ...pick(trust)]));
      }),
      { numRuns: 200 },
    );
  });

  it("nothing holds without trust", () => {
    fc.assert(
      fc.property(indexes, (chain) => {
        assert.equal(holds(pick(chain), []), false);
      }),
      { numRuns: 100 },
    );
  });
});
