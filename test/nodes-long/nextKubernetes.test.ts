import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import { parse } from "yaml";

import { needsPulumi } from "../e2e/support";
import { kubernetesGet } from "../nodes/support/kubernetes";
import { type NextNode, registryDocument, startNextNode } from "../nodes/support/nextNode";
import { NodeStack, type StackSettings } from "../nodes/support/nodeStack";
import { apiClientOf, type ApiRequest, callApi } from "../nodes/support/writers";
import { closeRealNodes, needRealNodes, type RealNodes } from "../nodes/support/realNodes";

const AUTHORITIES = ["os", "kubernetes", "etcd", "aggregator", "serviceAccount"] as const;
/** A whole rotation takes five where tokens of the old key are not waited for. */
const MOST_UPDATES = 6;
const ROTATION = { all: { id: "next", stage: "auto", allowDowntime: true, tokenGracePeriod: "0s" } };

interface Bundle {
  readonly secrets: { readonly secretboxencryptionsecret: string };
}

/** A key of KubeEtcdEncryptionConfig; the first one encrypts, all decrypt. */
interface EncryptionKey {
  readonly name: string;
  readonly secret: string;
}

/** A list in a document is appended to, so the document goes first. */
const encryptionPatches = (keys: readonly EncryptionKey[]): readonly object[] =>
  [
    { $patch: "delete" },
    { config: { resources: [{ resources: ["secrets"], providers: [{ secretbox: { keys } }] }] } },
  ].map((part) => ({ apiVersion: "v1alpha1", kind: "KubeEtcdEncryptionConfig", ...part }));

/** A container of Talos 1.14 has no Reboot API: the test turns it off and on, as a hand would. */
describe("Kubernetes on a node of Talos 1.14, under the real Pulumi", function () {
  this.timeout(1_800_000);
  needRealNodes();

  let machine: NextNode;
  let nodes: RealNodes;
  let address: string;
  let stack: NodeStack;

  const settings = (rotation?: object): StackSettings => ({
    nodes: [
      { name: "cp1", address, machineType: "controlplane", maintenance: { fingerprint: nodes.fingerprint("cp1") } },
    ],
    level: "kubernetes",
    talosVersion: "v1.14",
    kubernetesVersion: "1.35.3",
    machinePatch: `${registryDocument(machine)}---
apiVersion: v1alpha1
kind: KubeFlannelCNIConfig
$patch: delete
---
apiVersion: v1alpha1
kind: KubeCoreDNSConfig
$patch: delete
---
apiVersion: v1alpha1
kind: KubeProxyConfig
$patch: delete
`,
    ...(rotation === undefined ? {} : { rotation }),
  });

  before(async function () {
    const cli = needsPulumi(this);
    machine = await startNextNode(this);
    ({ nodes, address } = machine);
    stack = await NodeStack.create(cli, nodes, settings());
  });

  after(async () => {
    await (stack as NodeStack | undefined)?.remove();
    await closeRealNodes();
  });

  it("becomes healthy", async () => {
    await stack.up();
  });

  it("rotates every CA and the service account key in a few updates, with a hand that restarts what cannot reboot", async () => {
    const before = { talosconfig: await stack.talosconfig(), kubeconfig: String(await stack.output("kubeconfig")) };
    stack.write(settings(ROTATION));
    const stages: string[][] = [];
    let restarts = 0;
    while (!stages.at(-1)?.every((stage) => stage === "finish")) {
      assert.ok(stages.length < MOST_UPDATES, JSON.stringify(stages));
      const operation = stack.project.start("up");
      if (await operation.running.until(/to reboot \([^]*method is not supported/, 600)) {
        await nodes.stop("cp1");
        await nodes.start("cp1", { rootfs: machine.rootfs });
        restarts += 1;
      }
      const { code, output, seconds } = await operation.outcome;
      assert.equal(code, 0, output);
      const rotation = (await stack.output("rotation")) as Readonly<Record<string, { readonly stage: string }>>;
      stages.push(AUTHORITIES.map((name) => rotation[name]?.stage ?? ""));
      console.log(`      ${seconds.toFixed(0)} s: ${String(stages.at(-1))}`);
    }
    console.log(`      ${stages.length} updates, ${restarts} restarts`);
    const works = async (talosconfig: string, kubeconfig: string): Promise<readonly boolean[]> => [
      (await nodes.talosctl(["-e", address, "-n", address, "version"], talosconfig)).code === 0,
      await kubernetesGet(kubeconfig, "/api/v1/nodes").then(
        () => true,
        () => false,
      ),
    ];
    assert.deepEqual(await works(before.talosconfig, before.kubeconfig), [false, false]);
    assert.deepEqual(await works(await stack.talosconfig(), String(await stack.output("kubeconfig"))), [true, true]);
    await stack.assertStill();
    await stack.assertNoLeaks();
  });

  it("rotates the encryption secret by patches, and reads every Secret with the new key alone", async () => {
    const { secrets } = parse(String(await stack.output("secretsYaml"))) as Bundle;
    const oldKey = { name: "key2", secret: secrets.secretboxencryptionsecret };
    const newKey = { name: "key3", secret: randomBytes(32).toString("base64") };
    const client = apiClientOf(String(await stack.output("kubeconfig")));
    const call = async (path: string, request: ApiRequest = {}): Promise<string> => {
      const { status, text } = await callApi(address, client, path, request);
      assert.ok(status >= 200 && status < 300, `${path}: ${status} ${text}`);
      return text;
    };
    const data = { value: Buffer.from("kept").toString("base64") };
    const metadata = { name: "kept", namespace: "default" };
    await call("/api/v1/namespaces/default/secrets", { method: "POST", body: { metadata, data } });
    const startedAt = async (): Promise<string> => {
      const pods = await callApi(
        address,
        client,
        "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-apiserver",
      );
      return /"startedAt":"([^"]+)"/.exec(pods.text)?.[1] ?? "";
    };
    const useKeys = async (...keys: readonly EncryptionKey[]): Promise<void> => {
      const before = await startedAt();
      stack.write({ ...settings(ROTATION), configPatches: encryptionPatches(keys) });
      await stack.up();
      // The kubelet looks every 20 seconds which pods to run, and leaves an old one 30 to end.
      await nodes.waitFor(
        "another API server",
        async () => {
          const now = await startedAt();
          return now !== "" && now !== before;
        },
        { timeout: 180_000 },
      );
    };
    const snapshot = async (): Promise<string> => {
      const file = stack.folder.at("etcd.db");
      await stack.talosctl(address, ["etcd", "snapshot", file], await stack.talosconfig());
      return readFileSync(file, "latin1");
    };
    const encryptedBy = ({ name }: EncryptionKey): string => `k8s:enc:secretbox:v1:${name}:`;

    await useKeys(oldKey, newKey);
    await useKeys(newKey, oldKey);
    const before = await snapshot();
    assert.deepEqual([before.includes(encryptedBy(oldKey)), before.includes(encryptedBy(newKey))], [true, false]);
    // What `kubectl get secrets -A -o json | kubectl replace -f -` does.
    const { items } = JSON.parse(await call("/api/v1/secrets")) as { items: { metadata: Record<string, string> }[] };
    for (const item of items) {
      const { namespace = "", name = "" } = item.metadata;
      await call(`/api/v1/namespaces/${namespace}/secrets/${name}`, { method: "PUT", body: item });
    }
    assert.ok((await snapshot()).includes(encryptedBy(newKey)));
    await useKeys(newKey);
    const after = JSON.parse(await call("/api/v1/secrets")) as {
      items: { metadata: { name: string }; data: object }[];
    };
    assert.equal(after.items.length, items.length);
    assert.deepEqual(after.items.find(({ metadata: { name } }) => name === "kept")?.data, data);
    stack.project.assertNoSecrets([newKey.secret]);
    await stack.assertStill();
  });
});
