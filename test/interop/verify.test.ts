import { strict as assert } from "node:assert";

import { verifyChain } from "../../provider/core/inspect/verifyChain";
import { parseCertificates } from "../../provider/core/x509/certificate";

import { Folder } from "./support/files";
import { baseTime } from "./support/oddCertificates";
import { run } from "./support/run";
import { goVerdicts, needGo } from "./support/goVerify";
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
    const openssl = async (given: VerifyCase, index: number): Promise<boolean> => {
      const [leaf, ...others] = parseCertificates(given.certificates, "").map(({ pem }) => pem);
      const file = (name: string, text: string): string => folder.write(`${index}-${name}.pem`, text);
      const { code } = await run("openssl", [
        "verify",
        ...["-no-CApath", "-no-CAstore", "-partial_chain"],
        ...["-attime", String((given.now ?? baseTime).getTime() / 1000)],
        ...["-purpose", given.purpose === "server" ? "sslserver" : "sslclient"],
        ...(given.dnsName === undefined ? [] : ["-verify_hostname", given.dnsName]),
        ...(given.ipAddress === undefined ? [] : ["-verify_ip", given.ipAddress]),
        ...["-CAfile", file("trust", given.trust)],
        ...(others.length === 0 ? [] : ["-untrusted", file("others", others.join(""))]),
        file("leaf", leaf!),
      ]);
      return code === 0;
    };
    it("wherever openssl and Go agree, and only there", async () => {
      const verdicts: boolean[] = [];
      for (const [index, given] of cases.entries()) verdicts.push(await openssl(given, index));
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
