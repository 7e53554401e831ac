import { strict as assert } from "node:assert";

import { collectProblems } from "../../provider/core/errors";
import { parseCertificateDer } from "../../provider/core/x509/certificate";
import { whyGoCannotRead } from "../../provider/core/x509/goCertificate";
import { formatPem } from "../../provider/core/x509/pem";

import { makeCaShapes } from "./support/caShapes";
import { goVerdicts, needGo } from "./support/goVerify";
import { baseTime } from "./support/oddCertificates";

/** The same numbers in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state;
  }
}

/** Copies with one octet changed, and a few with another octet put in or left out. */
function spoiltCopies(der: Buffer, count: number, seed: number): Buffer[] {
  const random = numbers(seed);
  return Array.from({ length: count }, () => {
    const at = (random.next().value >> 8) % der.length;
    const octet = (random.next().value >> 8) & 0xff;
    const kind = (random.next().value >> 8) % 8;
    if (kind === 0) return Buffer.concat([der.subarray(0, at), Buffer.from([octet]), der.subarray(at)]);
    if (kind === 1) return Buffer.concat([der.subarray(0, at), der.subarray(at + 1)]);
    const copy = Buffer.from(der);
    copy[at] = octet;
    return copy;
  });
}

describe("What Go does not read in a certificate", function () {
  this.timeout(120_000);
  needGo();

  it("is known, for thousands of spoilt certificates", async () => {
    const shapes = await makeCaShapes();
    const all = shapes.flatMap(({ made }, index) => [made.der, ...spoiltCopies(made.der, 150, index + 1)]);
    const verdicts = await goVerdicts(
      all.map((der) => ({
        ...{ name: "", trust: "", purpose: "server" as const, expected: [], now: baseTime },
        certificates: formatPem("CERTIFICATE", der),
      })),
    );
    const taken: string[] = [];
    const rejected: string[] = [];
    all.forEach((der, index) => {
      const isUnreadable = verdicts[index]!.unreadable === true;
      const why = whyGoCannotRead(der);
      const hex = `${der.toString("hex")} ${verdicts[index]!.error ?? ""}`;
      if (why !== undefined && !isUnreadable) rejected.push(`${why}: ${hex}`);
      // What OpenSSL does not read is rejected where it is supplied.
      const isParsed = collectProblems([], () => parseCertificateDer(der, "")) !== undefined;
      if (why === undefined && isUnreadable && isParsed) taken.push(hex);
    });
    assert.ok(verdicts.filter(({ unreadable }) => unreadable === true).length > 1000);
    assert.deepEqual({ rejected, taken }, { rejected: [], taken: [] });
  });
});
