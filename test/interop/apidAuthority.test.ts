import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { addHours } from "../../provider/core/duration";
import { tryAuthority } from "../../provider/core/inspect/tryAuthority";
import { generateAuthority } from "../../provider/core/secrets/authority";
import { decodeCA } from "../../provider/core/secrets/decodedPem";
import type { CertificateAndKey } from "../../provider/core/secrets/types";
import { parseTalosVersion } from "../../provider/core/talosVersion";
import { signCertificate } from "../../provider/core/x509/issue";
import { generatePrivateKey } from "../../provider/core/x509/privateKey";
import { PROFILES } from "../../provider/core/x509/profiles";

import { Cluster, issueClient, now } from "./support/cluster";
import { needJudge, startNode, stopNodes } from "./support/judge";
import type { Outcome } from "./support/judge";

const readCase = (name: string): string => readFileSync(join(__dirname, "../cases", name), "utf8");
const reasonsOf = async (os: CertificateAndKey): Promise<unknown[]> => {
  const { problems, warnings } = await tryAuthority("os", decodeCA(os, { crt: "crt", key: "key" }), now);
  return [...problems, ...warnings].map(({ reason }) => reason);
};

describe("a real apid with an OS CA from elsewhere", function () {
  this.timeout(60_000);
  needJudge();
  after("stop the nodes", stopNodes);

  let cluster: Cluster;
  before("make a cluster", async () => {
    cluster = await Cluster.make();
  });

  /** What a node with `os` as its CA answers to a client that `issuer` certifies. */
  const call = async (os: CertificateAndKey, issuer: CertificateAndKey): Promise<Outcome> => {
    const secrets = { ...cluster.bundle, certs: { ...cluster.bundle.certs, os } };
    const node = await startNode({ config: cluster.config("controlplane", { secrets }), type: "controlplane" });
    const client = cluster.talosconfig("client", await issueClient(issuer), { caCertificatesPem: os.crt });
    return node.talosctl(["version"], client);
  };

  for (const name of ["ca-server-usage-only", "ca-unknown-critical-extension"]) {
    it(`rejects every client of ${name}, as the trial says`, async () => {
      const os = { crt: readCase(`${name}.crt`), key: readCase(`${name}.key`) };
      assert.equal((await reasonsOf(os)).length, 1);
      assert.match((await call(os, os)).stderr, /remote error: tls|x509: unhandled critical extension/);
    });
  }

  it("lets in the clients of a root CA exactly where it comes with the issuing CA, as the trial says", async () => {
    const root = await generateAuthority("os", parseTalosVersion("v1.13"), {}, now);
    const key = await generatePrivateKey("ed25519", now);
    const request = {
      profile: PROFILES.authority,
      subject: { organizations: ["talos"], commonName: "issuing" },
      publicKeyDer: key.publicKeyDer,
      notBefore: now.now(),
      notAfter: addHours(now.now(), 1000),
      subjectKeyIdentifier: now.randomBytes(20),
    };
    const { pem } = await signCertificate(request, root, now);
    const client = { crt: root.certificate.pem, key: root.key.pem };
    const [alone, together] = ["", root.certificate.pem].map((parent) => ({ crt: pem + parent, key: key.pem }));
    assert.deepEqual(await reasonsOf(alone!), []);
    assert.equal((await call(alone!, alone!)).code, 0);
    assert.match((await call(alone!, client)).stderr, /remote error: tls/);
    assert.deepEqual(await reasonsOf(together!), ["trusts-parent-ca"]);
    assert.equal((await call(together!, client)).code, 0);
  });
});
