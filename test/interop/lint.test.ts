import { strict as assert } from "node:assert";
import { webcrypto } from "node:crypto";
import { join } from "node:path";

import { createEnvironment } from "../../provider/core/environment";
import { AUTHORITY_NAMES, generateAuthority } from "../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../provider/core/talosVersion";
import {
  type Authority,
  issueClientCertificate,
  issueServerCertificate,
  KEY_ALGORITHMS,
} from "../../provider/core/x509";
import { issueKubernetesClientCertificate } from "../../provider/core/x509/kubernetesClientCertificate";
import { skipOrFail } from "../e2e/support/tools";
import { Folder } from "./support/files";
import { mustRun, run } from "./support/run";

interface Finding {
  readonly lint: string;
  readonly status: string;
}

/**
 * Where Talos's own profile goes against a linter's wish, and so does ours: a certificate that differs from Talos's
 * own would be the greater surprise.
 */
const EXPECTED: Readonly<Record<string, string>> = {
  "client: warn w_ext_subject_key_identifier_missing_sub_cert": "Talos's leaves carry no subject key identifier",
  "server: warn w_ext_subject_key_identifier_missing_sub_cert": "likewise",
  "kubernetes: warn w_ext_subject_key_identifier_missing_sub_cert": "likewise",
  "kubernetes: error e_ecdsa_allowed_ku": "Talos's admin kubeconfig asks for keyEncipherment whatever the key",
  "kubernetes: info n_ecdsa_ee_invalid_ku": "likewise",
  "kubernetes: error e_key_usage_and_extended_key_usage_inconsistent": "likewise",
};

const environment = createEnvironment(webcrypto, () => new Date());

async function everyCertificate(): Promise<Map<string, string>> {
  const pems = new Map<string, string>();
  const authorities: Authority[] = [];
  for (const algorithm of KEY_ALGORITHMS) {
    for (const name of AUTHORITY_NAMES) {
      for (const version of ["v1.10", "v1.13"]) {
        if (algorithm.startsWith("rsa") && name !== "kubernetes") continue;
        const authority = await generateAuthority(name, parseTalosVersion(version), { algorithm }, environment);
        pems.set(`CA ${name} ${algorithm} ${version}`, authority.certificate.pem);
        if (version === "v1.13") authorities.push(authority);
      }
    }
  }
  for (const certificateAuthority of authorities) {
    const by = `by ${certificateAuthority.certificate.subject} ${certificateAuthority.key.algorithm}`;
    const common = { certificateAuthority, algorithm: "ecdsa-p256" } as const;
    const issued = {
      client: await issueClientCertificate(
        { ...common, roles: ["os:admin", "os:reader", "os:etcd:backup"] },
        environment,
      ),
      server: await issueServerCertificate(
        { ...common, dnsNames: ["node.example.org"], ipAddresses: ["10.0.0.2", "2001:db8::2"] },
        environment,
      ),
      kubernetes: await issueKubernetesClientCertificate(common, environment),
    };
    for (const [profile, { certificate }] of Object.entries(issued)) pems.set(`${profile} ${by}`, certificate.pem);
  }
  return pems;
}

describe("zlint's rules of RFC 5280, over every certificate that a profile makes", function () {
  this.timeout(600_000);
  const folder = new Folder();

  before("build test/lint", async function () {
    const { code } = await run("go", ["version"]).catch(() => ({ code: 127 }));
    if (code !== 0) skipOrFail(this, "there is no `go` on PATH");
    await mustRun("go", ["build", "-C", join(__dirname, "../lint"), "-o", folder.at("lint"), "."]);
  });

  it("find nothing but what Talos's own profiles do too", async () => {
    const pems = await everyCertificate();
    const { stdout } = await mustRun(folder.at("lint"), [], JSON.stringify([...pems.values()]));
    const answers = JSON.parse(stdout) as Finding[][];
    const found = new Set(
      [...pems.keys()].flatMap((title, index) =>
        answers[index]!.map(({ lint, status }) => `${title.split(" ")[0]!}: ${status} ${lint}`),
      ),
    );
    assert.deepEqual([...found].sort(), Object.keys(EXPECTED).sort());
    assert.ok(pems.size > 50);
  });
});
