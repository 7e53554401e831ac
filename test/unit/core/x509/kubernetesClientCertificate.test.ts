import { strict as assert } from "node:assert";

import { createEnvironment } from "../../../../provider/core/environment";
import { generateAuthority } from "../../../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import type { Authority } from "../../../../provider/core/x509/authority";
import { issueKubernetesClientCertificate } from "../../../../provider/core/x509/kubernetesClientCertificate";

const environment = createEnvironment(globalThis.crypto, () => new Date("2026-11-22T10:00:00.900Z"));

describe("A Kubernetes client certificate", () => {
  let certificateAuthority: Authority;
  before(async () => {
    certificateAuthority = await generateAuthority("kubernetes", parseTalosVersion("v1.13"), {}, environment);
  });

  it("is the admin's of Talos by default", async () => {
    const { certificate, key, warnings } = await issueKubernetesClientCertificate(
      { certificateAuthority },
      environment,
    );
    assert.equal(certificate.subject, "O=system:masters, CN=admin");
    assert.deepEqual(certificate.keyUsages, ["digitalSignature", "keyEncipherment"]);
    assert.deepEqual([...(certificate.extendedKeyUsages ?? [])], ["clientAuth"]);
    assert.equal(certificate.isAuthority, false);
    assert.equal(key.algorithm, "ecdsa-p256");
    assert.equal(certificate.notBefore.toISOString(), "2026-11-22T09:59:50.000Z");
    assert.equal(certificate.notAfter.toISOString(), "2027-11-22T10:00:00.000Z");
    assert.ok(certificate.isSignedBy(certificateAuthority.certificate));
    assert.deepEqual(warnings, []);
  });

  it("may be another user's of other groups, for another time", async () => {
    const { certificate } = await issueKubernetesClientCertificate(
      {
        certificateAuthority,
        commonName: "ci",
        organizations: ["deployers", "readers", "readers"],
        validityPeriodHours: "90m",
        issuedAt: new Date("2026-11-23T00:00:00Z"),
      },
      environment,
    );
    assert.deepEqual(certificate.organizations, ["readers", "deployers"]);
    assert.equal(certificate.commonName, "ci");
    assert.equal(certificate.notAfter.toISOString(), "2026-11-23T01:30:00.000Z");
  });

  it("may be in no group", async () => {
    const { certificate } = await issueKubernetesClientCertificate(
      { certificateAuthority, organizations: [] },
      environment,
    );
    assert.equal(certificate.subject, "CN=admin");
  });

  it("for nobody, of an empty group, for no time is rejected, all at once", async () => {
    await assert.rejects(
      issueKubernetesClientCertificate(
        { certificateAuthority, commonName: "", organizations: ["a", ""], validityPeriodHours: 0 },
        environment,
      ),
      {
        code: "ERR_INPUT_MISSING",
        message: `commonName: is empty; must be the name of a user
organizations[1]: is empty; must be the name of a group
validityPeriodHours: is 0; must be a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"`,
      },
    );
  });
});
