import assert from "node:assert/strict";

import { osTrustGaps, readApiCertificates } from "../../../../provider/core/nodes/osTrust";
import { generateAuthority } from "../../../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import { issueServerCertificate } from "../../../../provider/core/x509/serverCertificate";
import { testHost } from "../../support/engine";

const { environment } = testHost();
const base64 = (...pems: readonly string[]): string => Buffer.from(pems.join("")).toString("base64");

describe("What apid says that it has in use", () => {
  it("is read from the items of a control plane, and from the one item of a worker, which has trustd's whole answer", async () => {
    const version = parseTalosVersion("v1.13");
    const [old, next] = [
      await generateAuthority("os", version, {}, environment),
      await generateAuthority("os", version, {}, environment),
    ];
    const { certificate } = await issueServerCertificate(
      { certificateAuthority: old, ipAddresses: ["10.0.0.2"] },
      environment,
    );
    const [oldPem, nextPem] = [old.certificate.pem, next.certificate.pem];
    const spec = (...items: readonly string[]): string =>
      `acceptedCAs:\n${items.map((crt) => `  - crt: ${crt}\n    key: ""\n`).join("")}server:\n  crt: ${base64(certificate.pem)}\n  key: secret\n`;
    for (const items of [[base64(nextPem), base64(oldPem)], [base64(nextPem, oldPem)]]) {
      const seen = readApiCertificates(spec(...items));
      assert.equal(seen.server?.fingerprint, certificate.fingerprint);
      assert.deepEqual(
        seen.accepted.map(({ pem }) => pem),
        [nextPem, oldPem],
      );
      assert.deepEqual(osTrustGaps({ issuing: old.certificate, accepted: [next.certificate] }, seen), []);
      assert.deepEqual(osTrustGaps({ issuing: old.certificate, accepted: [] }, seen), [
        `still accepts clients of CA ${next.certificate.fingerprint.slice(0, 12)}`,
      ]);
    }
    assert.deepEqual(readApiCertificates("acceptedCAs: []\n"), { server: undefined, accepted: [] });
    assert.throws(() => readApiCertificates("- a\n"), { code: "ERR_NODE_UNSUPPORTED" });
  });
});
