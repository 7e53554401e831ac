import assert from "node:assert/strict";

import { parseCertificate } from "../../../provider/core/x509/certificate";
import type { Values } from "../../../provider/engine/values";
import { NodeCertificate } from "../../../provider/resources/nodeCertificate";
import { makeRequest } from "../core/x509/requests";
import { makeSecrets } from "../support/cluster";
import { Managed, type TestHost, testHost } from "../support/engine";

describe("A NodeCertificate", () => {
  let host: TestHost;
  let args: Values;

  before(async () => {
    host = testHost();
    const secrets = await makeSecrets(host);
    args = { secrets: secrets.outputs["secrets"], ipAddresses: ["10.0.0.2"], dnsNames: ["node-1", "n.example.org"] };
  });
  beforeEach(() => {
    host.now = "2026-01-01T00:00:00Z";
  });

  const make = async (more: Values = {}): Promise<Managed> => {
    const node = new Managed(NodeCertificate, host);
    await node.up({ ...args, ...more });
    return node;
  };

  it("is a server certificate for a day, renewed in its last third", async () => {
    const node = await make();
    const certificate = parseCertificate(String(node.outputs["certificatePem"]), "");
    assert.deepEqual(certificate.extendedKeyUsages, ["serverAuth"]);
    assert.equal(certificate.subject, "CN=talos-node");
    assert.deepEqual(
      [node.outputs["notAfter"], node.outputs["renewalTime"]],
      ["2026-01-02T00:00:00Z", "2026-01-01T16:00:00Z"],
    );
    assert.match(String(node.outputs["privateKeyPem"]), /^-----BEGIN ED25519 PRIVATE KEY-----\n/);
    assert.equal(node.id, certificate.serialNumber);
    host.now = "2026-01-01T16:00:00Z";
    assert.deepEqual((await node.up(args)).notices, [
      "will be reissued: expires in 8 hours, inside the renewal window of 8 hours",
    ]);
    assert.equal(node.outputs["notAfter"], "2026-01-02T16:00:00Z");
  });

  it("takes its names in another order, or twice, for the same", async () => {
    const node = await make();
    const again = await node.preview({
      ...args,
      ipAddresses: ["10.0.0.2", "10.0.0.2"],
      dnsNames: ["n.example.org", "node-1"],
    });
    assert.equal(again.op, "same");
  });

  it("takes an address in another spelling for the same", async () => {
    const node = await make({ ipAddresses: ["::ffff:10.0.0.2", "2001:DB8:0::1"] });
    assert.deepEqual(node.inputs["ipAddresses"], ["10.0.0.2", "2001:db8::1"]);
    const again = await node.preview({ ...args, ipAddresses: ["2001:db8::1", "10.0.0.2", "2001:0db8::0:1"] });
    assert.equal(again.op, "same");
  });

  it("is reissued for other names", async () => {
    const node = await make();
    const before = node.outputs["fingerprint"];
    const { notices } = await node.up({ ...args, dnsNames: ["other"], ipAddresses: [] });
    assert.deepEqual(notices, ["will be reissued: ipAddresses changed", "will be reissued: dnsNames changed"]);
    assert.notEqual(node.outputs["fingerprint"], before);
    assert.deepEqual(parseCertificate(String(node.outputs["certificatePem"]), "").dnsNames, ["other"]);
  });

  it("is made of a request without a key, and renewed of it", async () => {
    const csrPem = await makeRequest({ name: "O=os:admin, CN=worker-1", dnsNames: ["worker-1"] });
    const { ipAddresses: _, dnsNames: __, ...rest } = args;
    const node = new Managed(NodeCertificate, host);
    await node.up({ ...rest, csrPem });
    const certificate = parseCertificate(String(node.outputs["certificatePem"]), "");
    assert.deepEqual([certificate.subject, certificate.dnsNames], ["CN=worker-1", ["worker-1"]]);
    assert.equal(node.outputs["privateKeyPem"], undefined);
    assert.equal((await node.preview({ ...rest, csrPem })).op, "same");
    host.now = "2026-01-02T00:00:00Z";
    await node.up({ ...rest, csrPem });
    assert.equal(node.outputs["notAfter"], "2026-01-03T00:00:00Z");
    assert.equal(node.outputs["privateKeyPem"], undefined);
    await node.up({ ...rest, csrPem: await makeRequest({ name: "CN=worker-2", dnsNames: ["worker-2"] }) });
    assert.equal(parseCertificate(String(node.outputs["certificatePem"]), "").commonName, "worker-2");
  });

  it("of a request that is wrong is rejected in preview already", async () => {
    const preview = async (csrPem: string): Promise<readonly string[]> =>
      (await new Managed(NodeCertificate, host).preview({ secrets: args["secrets"], csrPem })).problems;
    const good = await makeRequest({ name: "CN=a", dnsNames: ["a"] });
    assert.deepEqual(await preview(good), []);
    assert.deepEqual(await preview(await makeRequest({ name: "CN=a" })), [
      "ERR_INPUT_MISSING ipAddresses: no name at all is given, nor does the request hold one; add an entry in ipAddresses or dnsNames (clients look at nothing else)",
    ]);
    const forged = good.replace(/.{8}(\s+-----END)/, "AAAAAAAA$1");
    assert.deepEqual(await preview(forged), [
      "ERR_CSR_INVALID csrPem: carries a wrong signature; must be a PKCS#10 request signed with its own key",
    ]);
    assert.deepEqual(await preview(good.slice(0, 200)), [
      "ERR_PEM_INVALID csrPem: a PEM block is cut off; use -----BEGIN …----- to -----END …-----",
    ]);
    assert.deepEqual(await preview(await makeRequest({ name: "CN=a", dnsNames: ["a b"] })), [
      'ERR_SAN_INVALID csrPem: "a b" is not a DNS name; must be one like node.example.org',
    ]);
  });
});
