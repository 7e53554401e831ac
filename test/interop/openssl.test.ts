import { strict as assert } from "node:assert";
import { webcrypto } from "node:crypto";

import { createEnvironment } from "../../provider/core/environment";
import { generateAuthority } from "../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../provider/core/talosVersion";
import { issueClientCertificate } from "../../provider/core/x509/clientCertificate";
import { issueServerCertificate } from "../../provider/core/x509/serverCertificate";
import { Cluster, issueClient } from "./support/cluster";
import { mustRun, needOpenssl, run } from "./support/judge";
import { opensslKey } from "./support/forge";

describe("openssl", function () {
  this.timeout(60_000);
  needOpenssl();

  const environment = createEnvironment(webcrypto, () => new Date());
  let cluster: Cluster;

  before("make a cluster", async () => {
    cluster = await Cluster.make();
  });

  const text = async (pem: string): Promise<string> =>
    (await mustRun("openssl", ["x509", "-noout", "-text", "-nameopt", "RFC2253,sep_comma_plus_space"], pem)).stdout;

  it("prints of our client certificate what the docs page prints", async () => {
    const { crt } = await issueClient(cluster.bundle.certs.os);
    const { stdout } = await mustRun("openssl", ["x509", "-noout", "-text"], crt);
    assert.match(stdout, /Subject: .*O ?= ?os:admin/);
    assert.match(stdout, /Subject: .*CN ?= ?talosctl-client/);
    assert.match(stdout, /X509v3 Key Usage: critical\s+Digital Signature\n/);
    assert.match(stdout, /X509v3 Extended Key Usage: \s*TLS Web Client Authentication\n/);
  });

  it("prints of our CAs what the docs page says of them", async () => {
    const { os, k8s, etcd, k8sAggregator } = cluster.bundle.certs;
    for (const [crt, subject] of [
      [os.crt, "O=talos"],
      [k8s.crt, "O=kubernetes"],
      [etcd.crt, "O=etcd"],
      [k8sAggregator.crt, "CN=front-proxy"],
    ] as const) {
      const printed = await text(crt);
      assert.match(printed, new RegExp(`Subject: ${subject}\\n`));
      assert.match(printed, /X509v3 Basic Constraints: critical\s+CA:TRUE\n/);
      const { stdout } = await mustRun("openssl", ["x509", "-noout", "-startdate", "-enddate"], crt);
      const [from = NaN, until = NaN] = stdout.match(/(?<==).*/g)?.map((date) => Date.parse(date)) ?? [];
      assert.equal((until - from) / 3_600_000, 87_600);
    }
  });

  it("reads out of a subject what was put in, and escapes it as we do", async () => {
    const names = ["#1 laptop", "#0c0548656c6c6f", 'a\\b "c"', " a, b+c; <d> ", "größe €😀", "a=b/c", "system:masters"];
    for (const commonName of names) {
      const { certificate } = await issueClientCertificate(
        {
          certificateAuthority: await generateAuthority("os", parseTalosVersion("v1.13"), {}, environment),
          commonName,
        },
        environment,
      );
      const print = async (options: string): Promise<string> =>
        (await mustRun("openssl", ["x509", "-noout", "-subject", "-nameopt", options], certificate.pem)).stdout.slice(
          0,
          -1,
        );
      assert.equal(await print("utf8,sname,sep_comma_plus_space"), `subject=O=os:admin, CN=${commonName}`);
      const escaped = await print("esc_2253,esc_ctrl,utf8,sname,sep_comma_plus_space");
      // openssl escapes a # only where a value begins with one; so do we.
      assert.equal(escaped, `subject=${certificate.subject}`);
    }
  });

  it("verifies our client certificate against its CA, for clients alone", async () => {
    const { os, k8s } = cluster.bundle.certs;
    const client = cluster.folder.write("client.crt", (await issueClient(os)).crt);
    const authority = cluster.folder.write("os.crt", os.crt);
    const strict = ["verify", "-x509_strict", "-CAfile", authority];
    assert.match((await mustRun("openssl", [...strict, "-purpose", "sslclient", client])).stdout, /: OK\n/);
    assert.notEqual((await run("openssl", [...strict, "-purpose", "sslserver", client])).code, 0);
    const other = cluster.folder.write("k8s.crt", k8s.crt);
    assert.notEqual((await run("openssl", ["verify", "-CAfile", other, client])).code, 0);
  });

  it("verifies a node's certificate by the strict rules, with a subject and without", async () => {
    const { os } = cluster.bundle.certs;
    const authority = cluster.folder.write("os.crt", os.crt);
    for (const commonName of ["talos-node", ""]) {
      const { certificate } = await issueServerCertificate(
        {
          certificateAuthority: { certificatePem: os.crt, privateKeyPem: os.key },
          commonName,
          ipAddresses: ["10.0.0.2"],
        },
        createEnvironment(webcrypto, () => new Date()),
      );
      const node = cluster.folder.write("node.crt", certificate.pem);
      const options = ["verify", "-x509_strict", "-CAfile", authority, "-purpose", "sslserver", node];
      assert.match((await mustRun("openssl", options)).stdout, /: OK\n/);
    }
  });

  it("finds each key to be that of its certificate", async () => {
    const { certs } = cluster.bundle;
    for (const { crt, key } of [certs.os, certs.k8s, certs.etcd, certs.k8sAggregator]) {
      const ofKey = await mustRun("openssl", ["pkey", "-pubout"], opensslKey(key));
      const ofCertificate = await mustRun("openssl", ["x509", "-noout", "-pubkey"], crt);
      assert.equal(ofKey.stdout, ofCertificate.stdout);
    }
  });
});
