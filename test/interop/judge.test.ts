import { strict as assert } from "node:assert";

import { edited, pemAt, valueAt } from "./support/edit";
import { forgeClient, writeTalosconfig } from "./support/forge";
import {
  assertAccepted,
  assertProblem,
  Folder,
  judgeBundle,
  judgeConfig,
  judgeK8s,
  judgeTalosconfig,
  needJudge,
  needOpenssl,
  startNode,
  talosctl,
} from "./support/judge";
import type { Origin } from "./support/judge";

const contracts = ["v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11", "v1.12", "v1.13"];
const cluster = "reference";
const endpoint = "https://127.0.0.1:6443";

describe("the judge accepts what talosctl makes and nothing that is broken", () => {
  needJudge();
  needOpenssl();

  const folder = new Folder();
  const bundle = folder.at("secrets.yaml");
  const controlPlane = folder.at("controlplane.yaml");
  const worker = folder.at("worker.yaml");
  const talosconfig = folder.at("talosconfig");

  before("let talosctl make a cluster", async () => {
    await talosctl("gen", "secrets", "-o", bundle);
    const plain = ["--with-docs=false", "--with-examples=false"];
    await talosctl("gen", "config", cluster, endpoint, "--with-secrets", bundle, "-o", folder.path, ...plain);
  });

  const origin = (type: Origin["type"]): Origin => ({
    bundle,
    cluster,
    endpoint,
    type,
    installDisk: "/dev/sda",
    installImage: valueAt(controlPlane, "machine", "install", "image"),
  });

  it("accepts a bundle of every contract, and of no other", async () => {
    for (const talosVersion of contracts) {
      const path = folder.at(`secrets-${talosVersion}.yaml`);
      await talosctl("gen", "secrets", "--talos-version", talosVersion, "-o", path);
      assertAccepted(await judgeBundle(path, { talosVersion }));
    }
    const { differences } = await judgeBundle(folder.at("secrets-v1.6.yaml"), { talosVersion: "v1.13" });
    assert.ok(differences.some((difference) => difference.startsWith("certs.k8sserviceaccount: key algorithm is")));
  });

  it("accepts the machine configs, byte for byte", async () => {
    for (const [path, type] of [
      [controlPlane, "controlplane"],
      [worker, "worker"],
    ] as const) {
      const verdict = await judgeConfig(path, { origin: origin(type) });
      assertAccepted(verdict);
      assert.deepEqual(verdict.facts, { type, "bytes-equal": true });
    }
  });

  it("accepts the talosconfig", async () => {
    assertAccepted(await judgeTalosconfig(talosconfig, { bundle }));
  });

  const brokenBundles: [string, (path: string) => string, RegExp][] = [
    [
      "the key of another CA",
      (from) =>
        edited(folder, from, "key.yaml", (document) => {
          document.setIn(["certs", "etcd", "key"], valueAt(from, "certs", "k8s", "key"));
        }),
      /^certs\.etcd: key doesn't match the certificate$/,
    ],
    [
      "one CA twice",
      (from) =>
        edited(folder, from, "twice.yaml", (document) => {
          document.setIn(["certs", "etcd"], document.getIn(["certs", "k8s"]));
        }),
      /^certs\.k8s: has the same key as certs\.etcd$/,
    ],
    [
      "an upper case token",
      (from) =>
        edited(folder, from, "token.yaml", (document) => {
          document.setIn(["trustdinfo", "token"], "ABCDEF.ABCDEFGHIJKLMNOP");
        }),
      /^trustdinfo\.token: is not of the form/,
    ],
    [
      "a short cluster secret",
      (from) =>
        edited(folder, from, "short.yaml", (document) => {
          document.setIn(["cluster", "secret"], Buffer.alloc(16, 7).toString("base64"));
        }),
      /^cluster\.secret: holds 16 bytes, Talos makes 32$/,
    ],
    [
      "no etcd CA",
      (from) =>
        edited(folder, from, "none.yaml", (document) => {
          document.deleteIn(["certs", "etcd"]);
        }),
      /certs\.etcd is required/,
    ],
  ];

  for (const [name, spoil, problem] of brokenBundles) {
    it(`rejects a bundle with ${name}`, async () => {
      assertProblem(await judgeBundle(spoil(bundle)), problem);
    });
  }

  it("tells a bundle with an unknown key", async () => {
    const path = edited(folder, bundle, "extra.yaml", (document) => {
      document.setIn(["extra"], "value");
    });
    const { ok, differences } = await judgeBundle(path);
    assert.equal(ok, false);
    assert.ok(differences.includes("key extra is there, Talos writes none"));
  });

  it("tells where a machine config is not the generated one", async () => {
    const path = edited(folder, controlPlane, "domain.yaml", (document) => {
      document.setIn(["cluster", "network", "dnsDomain"], "example.org");
    });
    const { problems, differences } = await judgeConfig(path, { origin: origin("controlplane") });
    assert.deepEqual(problems, []);
    assert.deepEqual(differences, [
      'v1alpha1:.cluster.network.dnsDomain is "example.org", Talos generates "cluster.local"',
    ]);
  });

  it("rejects a private key in a worker's config", async () => {
    const path = edited(folder, worker, "worker-key.yaml", (document) => {
      document.setIn(["machine", "ca", "key"], valueAt(controlPlane, "machine", "ca", "key"));
    });
    assertProblem(await judgeConfig(path), /issuing Talos API CA key is not allowed on non-controlplane nodes/);
  });

  it("rejects a config without an install disk on metal, and takes it in the cloud", async () => {
    const path = edited(folder, controlPlane, "no-disk.yaml", (document) => {
      document.deleteIn(["machine", "install"]);
    });
    assertProblem(await judgeConfig(path), /^Validate for metal:/);
    assertAccepted(await judgeConfig(path, { mode: "cloud" }));
  });

  it("rejects a client of another role, another CA, another purpose", async () => {
    const authority = { crt: pemAt(bundle, "certs", "os", "crt"), key: pemAt(bundle, "certs", "os", "key") };
    const client = (subject: string, extendedKeyUsage: string): Promise<string> =>
      forgeClient(folder, authority, { subject, extendedKeyUsage }).then((pair) =>
        writeTalosconfig(folder, "forged", authority.crt, pair),
      );
    assertProblem(
      await judgeTalosconfig(await client("/O=os:reader", "clientAuth"), { bundle, ttl: "0" }),
      /^roles are \[os:reader\], expected \[os:admin\]$/,
    );
    assertProblem(
      await judgeTalosconfig(await client("/O=os:admin", "clientAuth,serverAuth"), { bundle, ttl: "0" }),
      /extended key usage is "clientAuth,serverAuth", must be exactly clientAuth$/,
    );
    const other = folder.at("other.yaml");
    await talosctl("gen", "secrets", "-o", other);
    assertProblem(await judgeTalosconfig(talosconfig, { bundle: other }), /doesn't verify for client authentication/);
  });

  it("rejects a kubeconfig that it cannot read", async () => {
    assertProblem(await judgeK8s(folder.write("kubeconfig", "apiVersion: v2\n"), { bundle }), /./);
  });

  it("starts no node on a key that does not fit", async () => {
    const other = folder.at("misfit-secrets.yaml");
    await talosctl("gen", "secrets", "-o", other);
    const config = edited(folder, controlPlane, "misfit.yaml", (document) => {
      document.setIn(["machine", "ca", "key"], valueAt(other, "certs", "os", "key"));
    });
    await assert.rejects(startNode({ config, type: "controlplane" }), /^Error: FAIL node: .*doesn't match/);
  });
});
