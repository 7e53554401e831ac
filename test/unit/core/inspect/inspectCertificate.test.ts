import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { authoritiesOf } from "../../../../provider/core/inspect/authorities";
import { inspectCertificate } from "../../../../provider/core/inspect/inspectCertificate";
import { parseTalosconfig } from "../../../../provider/core/config/talosconfigParser";
import { readCredentials } from "../../../../provider/core/config/talosconfigCredentials";
import { parseSecretsBundle } from "../../../../provider/core/secrets/codec";

const vector = (path: string): string => readFileSync(join(__dirname, "../../../vectors", path), "utf8");
const now = new Date("2026-11-22T19:00:00Z");

describe("The inspection of a certificate", () => {
  const { bundle } = parseSecretsBundle(vector("bundles/v1.13.yaml"), { now });
  const authorities = authoritiesOf(bundle);

  it("tells everything about a client of real talosctl, the CA by name", () => {
    const { contexts } = parseTalosconfig(vector("out/talosconfig-only/talosconfig"));
    const { certificate } = readCredentials(contexts["gamma"]!);
    assert.deepEqual(inspectCertificate(certificate!, { now, authorities }), {
      kind: "client",
      subject: "O=os:admin",
      organizations: ["os:admin"],
      roles: ["os:admin"],
      dnsNames: [],
      ipAddresses: [],
      issuer: { subject: "O=talos", authority: "os" },
      algorithm: "ed25519",
      keyUsages: ["digitalSignature"],
      extendedKeyUsages: ["clientAuth"],
      serialNumber: "83a1689353c1885ca07d359bb4ee6fb3",
      fingerprint: certificate!.fingerprint,
      notBefore: "2026-11-22T18:36:55Z",
      notAfter: "2027-11-22T18:36:55Z",
      state: "valid",
      secondsLeft: 365 * 86_400 - 23 * 60 - 5,
    });
  });

  it("is plain data, through JSON and back", () => {
    const report = inspectCertificate(bundle.certs.os.crt, { now });
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });

  it("knows a CA, and that it signed itself", () => {
    const { kind, issuer } = inspectCertificate(bundle.certs.k8s.crt, { now, authorities });
    assert.deepEqual({ kind, issuer }, { kind: "authority", issuer: { subject: "O=kubernetes", authority: "itself" } });
  });

  it("knows none for a stranger's", () => {
    const { contexts } = parseTalosconfig(vector("talosconfigs/b.yaml"));
    const { issuer } = inspectCertificate(readCredentials(contexts["gamma"]!).certificate!, { now, authorities });
    assert.deepEqual(issuer, { subject: "O=talos" });
  });

  it("tells expired and not yet valid from valid", () => {
    const stateAt = (time: string): string => inspectCertificate(bundle.certs.os.crt, { now: new Date(time) }).state;
    assert.deepEqual(["2026-11-22T18:00:00Z", "2027-01-01T00:00:00Z", "2037-01-01T00:00:00Z"].map(stateAt), [
      "not yet valid",
      "valid",
      "expired",
    ]);
  });

  it("rejects a private key without a word of it", () => {
    assert.throws(() => inspectCertificate(bundle.certs.os.key, { now }), {
      code: "ERR_PRIVATE_KEY_GIVEN",
      message: "is a private key; must be a certificate",
    });
  });
});
