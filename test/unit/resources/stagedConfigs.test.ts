import assert from "node:assert/strict";

import { parseAllDocuments } from "yaml";

import { judgeMachineConfig } from "../../../provider/core/machinery/validation/judge";
import { readMachineConfig } from "../../../provider/core/machinery/patch";
import { redactMachineConfig } from "../../../provider/core/config/redact";
import { bundleFromControlPlaneConfig } from "../../../provider/core/secrets/controlPlaneConfig";
import { parsePem, formatPem } from "../../../provider/core/x509/pem";
import { parsePrivateKey } from "../../../provider/core/x509/privateKey";
import { publicKeyPem } from "../../../provider/core/x509/publicKey";
import type { Values } from "../../../provider/engine/values";
import { makeSecrets, QUICK } from "../support/cluster";
import { testHost } from "../support/engine";
import { BACK, FORTH, type RehearsedStage, RotatingConfigs } from "../support/rotation";

const NAMES = ["etcd", "aggregator", "serviceAccount"] as const;
const ALL = ["os", "kubernetes", ...NAMES] as const;
const MOUNT = {
  hostPath: "/system/secrets/kubernetes/kube-apiserver/service-account.key",
  mountPath: "/system/secrets/kubernetes/kube-apiserver/service-account.pub",
  readonly: true,
};

/** What a control plane has of the three, as PEM blocks in their order. */
interface Held {
  readonly etcd: readonly string[];
  readonly aggregator: readonly string[];
  readonly keys: readonly string[];
  readonly mounts: readonly unknown[];
}

const from64 = (text: unknown): string => Buffer.from(String(text), "base64").toString();
const blocks = (pem: string): string[] => parsePem(pem, "").map(({ label, der }) => formatPem(label, der));

function held(config: string): Held {
  type Ca = { crt: string };
  type Main = {
    cluster: {
      etcd: { ca: Ca };
      aggregatorCA?: Ca;
      serviceAccount?: { key: string };
      apiServer?: { extraVolumes?: unknown[] };
    };
  };
  const documents = parseAllDocuments(config).map((document) => document.toJS() as Values);
  const { cluster } = documents[0] as unknown as Main;
  const etcd = blocks(from64(cluster.etcd.ca.crt));
  const aggregatorDocument = documents.find(({ kind }) => kind === "KubeAggregatorCAConfig") as
    { issuingCA: { cert: string }; acceptedCAs?: string[] } | undefined;
  const keyDocument = documents.find(({ kind }) => kind === "KubeServiceAccountConfig") as
    { issuer: { privateKey: string }; accepted?: { publicKeys: string[] } } | undefined;
  if (aggregatorDocument === undefined || keyDocument === undefined)
    return {
      etcd,
      aggregator: blocks(from64(cluster.aggregatorCA?.crt)),
      keys: blocks(from64(cluster.serviceAccount?.key)),
      mounts: cluster.apiServer?.extraVolumes ?? [],
    };
  return {
    etcd,
    aggregator: [aggregatorDocument.issuingCA.cert, ...(aggregatorDocument.acceptedCAs ?? [])].flatMap(blocks),
    keys: [keyDocument.issuer.privateKey, ...(keyDocument.accepted?.publicKeys ?? [])].flatMap(blocks),
    mounts: [],
  };
}

/** Which of old and new stand there at a stage, the issuing one first. */
const EXPECTED: Readonly<Record<RehearsedStage, readonly ("old" | "new")[]>> = {
  before: ["old"],
  accept: ["old", "new"],
  swap: ["new", "old"],
  finish: ["new"],
  abort: ["old"],
};

const keyOf = (stack: RotatingConfigs): string => {
  const { certs } = stack.secrets.outputs["secrets"] as { certs: { k8sserviceaccount: { key: string } } };
  return from64(certs.k8sserviceaccount.key);
};
const publicHalf = (pem: string): string => publicKeyPem(parsePrivateKey(pem, "").publicKeyDer);

/** The old and the new one of each, as the outputs have them. */
interface Pair {
  readonly etcd: Readonly<Record<"old" | "new", string>>;
  readonly aggregator: Readonly<Record<"old" | "new", string>>;
  readonly key: Readonly<Record<"old" | "new", string>>;
}

async function pairs(stack: RotatingConfigs, talosVersion: string): Promise<Pair> {
  const old = {
    etcd: stack.authorities("etcd").issuing,
    aggregator: stack.authorities("aggregator").issuing,
    key: keyOf(stack),
  };
  await stack.up(talosVersion, "accept");
  const { serviceAccount } = stack.secrets.outputs["rotationSecrets"] as { serviceAccount: { privateKeyPem: string } };
  return {
    etcd: { old: old.etcd, new: stack.authorities("etcd").accepted[0]! },
    aggregator: { old: old.aggregator, new: stack.authorities("aggregator").accepted[0]! },
    key: { old: old.key, new: serviceAccount.privateKeyPem },
  };
}

describe("The machine configs of a rotation of etcd, the aggregator and service accounts", () => {
  for (const talosVersion of ["v1.7", "v1.10", "v1.13", "v1.14"]) {
    for (const stages of [FORTH, BACK]) {
      it(`have at each stage of ${stages.join(", ")} of ${talosVersion} both, the issuing one first`, async () => {
        const stack = await RotatingConfigs.create(talosVersion, {}, NAMES);
        const worker = stack.machineConfig("worker");
        const { etcd, aggregator, key } = await pairs(stack, talosVersion);
        const isModern = talosVersion === "v1.14";
        for (const stage of stages.slice(1)) {
          await stack.up(talosVersion, stage);
          const config = stack.machineConfig("controlplane");
          const seen = held(config);
          const expected = EXPECTED[stage];
          assert.deepEqual(
            seen.etcd,
            expected.map((age) => etcd[age]),
            `etcd, ${stage}`,
          );
          assert.deepEqual(
            seen.aggregator,
            expected.map((age) => aggregator[age]),
            `aggregator, ${stage}`,
          );
          assert.deepEqual(
            seen.keys,
            expected.map((age, index) => (isModern && index > 0 ? publicHalf(key[age]) : key[age])),
            `keys, ${stage}`,
          );
          assert.deepEqual(seen.mounts, isModern || expected.length === 1 ? [] : [MOUNT], `mounts, ${stage}`);
          const { documents } = readMachineConfig(config, isModern ? "1.14" : "1.13");
          const minor = isModern ? 14 : 13;
          assert.deepEqual(judgeMachineConfig(documents, { minor, mode: "metal" }), [], stage);
          // A worker has none of the three: nothing is to be applied there.
          assert.equal(stack.machineConfig("worker"), worker, stage);
          const shown = redactMachineConfig(config);
          for (const pem of Object.values(key)) {
            const [, line = ""] = pem.split("\n");
            assert.ok(
              !shown.includes(line) && !shown.includes(Buffer.from(pem).toString("base64").slice(0, 60)),
              stage,
            );
          }
        }
      });
    }
  }

  it("are read as half done where they are adopted: what they accept is accepted on", async () => {
    for (const talosVersion of ["v1.13", "v1.14"]) {
      const stack = await RotatingConfigs.create(talosVersion, {}, NAMES);
      await pairs(stack, talosVersion);
      for (const stage of ["accept", "swap"] as const) {
        await stack.up(talosVersion, stage);
        const config = stack.machineConfig("controlplane");
        const { warnings } = bundleFromControlPlaneConfig(config, { now: new Date("2026-01-02T00:00:00Z") });
        assert.deepEqual(
          warnings.filter(({ reason }) => reason === "accepted-not-adopted"),
          [],
        );
        const host = testHost();
        const adopted = await makeSecrets(host, { talosVersion, controlPlaneConfig: config });
        const { accepted: before } = stack.authorities("etcd");
        const { acceptedCAs } = adopted.outputs as { acceptedCAs: Record<string, string[]> };
        assert.deepEqual(acceptedCAs["etcd"], before);
        assert.deepEqual(acceptedCAs["aggregator"], stack.authorities("aggregator").accepted);
        assert.equal(acceptedCAs["serviceAccount"]?.length, 1);
        const again = await RotatingConfigs.adopt(host, adopted);
        assert.deepEqual(held(again.machineConfig("controlplane")), held(config), `${talosVersion}, ${stage}`);
      }
    }
  });

  it("are rejected where a patch hides the mount or takes it away", async () => {
    const volume = (mountPath: string): object => ({ hostPath: "/var/keys", mountPath, readonly: true });
    const patch = (extraVolumes: unknown): Values => ({
      configPatches: [JSON.stringify({ cluster: { apiServer: { extraVolumes } } })],
    });
    const clashes = [
      [patch([volume(MOUNT.mountPath)]), /configPatches: have .*\.pub, by which .*leave that path alone until/],
      [patch([volume("/system/secrets//kubernetes/./kube-apiserver/")]), /configPatches: have /],
      [patch([MOUNT]), /configPatches: have /],
      [
        { configPatches: ["cluster:\n  apiServer:\n    extraVolumes:\n      $patch: delete\n"] },
        /configPatches: leave out/,
      ],
    ] as const;
    for (const [machine, message] of clashes) {
      const stack = await RotatingConfigs.create("v1.13", {}, ["serviceAccount"]);
      stack.machine = { ...stack.machine, ...machine };
      await assert.rejects(stack.up("v1.13", "accept"), message);
    }
    const stack = await RotatingConfigs.create("v1.13", patch([volume("/var/other")]), ["serviceAccount"]);
    await stack.up("v1.13", "accept");
    assert.deepEqual(held(stack.machineConfig("controlplane")).mounts, [MOUNT, volume("/var/other")]);
  });

  it("of all five at once pass the validation, too", async () => {
    for (const talosVersion of ["v1.8", "v1.9", "v1.11", "v1.12", "v1.14"]) {
      const stack = await RotatingConfigs.create(talosVersion, {}, ALL);
      for (const stage of FORTH) {
        await stack.up(talosVersion, stage);
        const isModern = talosVersion === "v1.14";
        const { documents } = readMachineConfig(stack.machineConfig("controlplane"), isModern ? "1.14" : "1.13");
        assert.deepEqual(judgeMachineConfig(documents, { minor: isModern ? 14 : 13, mode: "metal" }), [], stage);
      }
    }
  });

  it("hold nothing of a rotation that is not theirs: with a stored state of before they stay as they are", async () => {
    const host = testHost();
    const secrets = await makeSecrets(host, { ...QUICK, talosVersion: "v1.13" });
    const { secrets: value } = secrets.outputs as { secrets: { acceptedCAs: Values } };
    const stored = { ...value, acceptedCAs: { os: [], kubernetes: [] } };
    const stack = await RotatingConfigs.adopt(host, secrets, stored);
    assert.deepEqual((stack.inputs("controlplane")["secrets"] as Values)["acceptedCAs"], { os: [], kubernetes: [] });
    assert.equal((await stack.preview("controlplane", value)).op, "same");
  });
});
