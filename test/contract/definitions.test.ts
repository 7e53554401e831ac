import assert from "node:assert/strict";

import { DEFINITIONS, type ResourceName } from "../../provider/resources";
import { systemHost } from "../../provider/adapters/systemHost";
import { type Properties, UNKNOWN, unwrap } from "../../provider/engine/wire";
import { FakeNodes } from "../unit/support/fakeNodes";
import { Replay } from "./support/replay";
import { dynamicSide, pluginSide } from "./support/sides";
import { type Chapter, secret, tell, type Transcript } from "./support/story";

const replay = new Replay();
const LATE = "2026-12-20T00:00:00Z";

/** A cluster, made once: what the other resources are fed with. */
async function makeCluster(): Promise<Properties> {
  const side = pluginSide("TalosSecrets");
  const { inputs } = await side.check({}, { serviceAccount: { algorithm: "ecdsa-p256" } });
  return unwrap((await side.create(inputs)).outputs) as Properties;
}

/** The config of a control plane of that cluster. */
async function makeConfig({ secrets }: Properties): Promise<string> {
  const side = pluginSide("MachineConfig");
  const { inputs } = await side.check({}, { secrets, ...endpoint, machineType: "controlplane" });
  return String((unwrap((await side.create(inputs)).outputs) as Properties)["machineConfig"]);
}

const QUICK = { serviceAccount: { algorithm: "ecdsa-p256" } };
const rotate = (stage: string): Properties => ({ ...QUICK, rotation: { os: { id: "2026-11", stage } } });
const endpoint = { clusterName: "prod", clusterEndpoint: "https://10.0.0.1:6443" };

/** A life of each resource: made, left alone, changed, renewed, previewed with what is not known, rejected. */
const STORIES: Readonly<Record<ResourceName, (cluster: Properties, config: string) => readonly Chapter[]>> = {
  TalosSecrets: () => [
    { args: { ...QUICK, rotation: { os: { id: UNKNOWN, stage: "finish" } } }, previewOnly: true },
    { args: { bootstrapToken: secret("wrong"), talosVersion: "v0.1" } },
    { args: QUICK },
    { args: { ...QUICK, nodes: [{ address: UNKNOWN, machineType: "worker" }] }, previewOnly: true },
    { args: { ...QUICK, nodes: [{ address: secret("10.0.0.2"), machineType: "controlplane" }] } },
    { args: rotate("swap") },
    { args: rotate("accept") },
    { args: rotate("swap") },
    { args: rotate("finish") },
    { args: { ...rotate("finish"), bootstrapToken: secret("abcdef.0123456789abcdef") } },
    { args: { ...QUICK, rotation: { trustdToken: { id: "1" }, kubernetes: { id: "k", stage: "accept" } } } },
    { args: { ...QUICK, rotation: { etcd: { id: "1" } } } },
    { now: "2035-12-20T00:00:00Z", args: QUICK },
  ],
  ClientConfiguration: ({ secrets }) => [
    { args: { secrets: UNKNOWN, clusterName: UNKNOWN, endpoints: [UNKNOWN] }, previewOnly: true },
    { args: { secrets: secret(secrets), clusterName: "prod", roles: ["os:nobody"], validityPeriodHours: 0 } },
    { args: { secrets: secret(secrets), clusterName: "prod", roles: ["os:reader", "os:admin"] } },
    { args: { secrets: secret(secrets), clusterName: "prod", roles: ["os:admin", "os:reader"] } },
    { args: { secrets: secret(secrets), clusterName: "prod", roles: ["os:admin"], endpoints: ["10.0.0.1"] } },
    { args: { secrets: UNKNOWN, clusterName: "prod", roles: ["os:admin"] }, previewOnly: true },
    { now: LATE, args: { secrets: secret(secrets), clusterName: "prod", roles: ["os:admin"] } },
    { args: { secrets: secret(secrets), clusterName: "prod", rotationTriggers: { a: { b: [1] } } } },
  ],
  NodeCertificate: ({ secrets }) => [
    { args: { secrets: secret(secrets) } },
    { args: { secrets: secret(secrets), ipAddresses: ["10.0.0.2", UNKNOWN] }, previewOnly: true },
    { args: { secrets: secret(secrets), ipAddresses: ["10.0.0.2"], dnsNames: ["node-1"] } },
    { now: "2026-01-02T12:00:00Z", args: { secrets: secret(secrets), ipAddresses: ["10.0.0.2"] } },
  ],
  Kubeconfig: ({ secrets }) => [
    { args: { secrets: secret(secrets), ...endpoint, clusterEndpoint: "nowhere" } },
    { args: { secrets: secret(secrets), ...endpoint } },
    { args: { secrets: secret(secrets), ...endpoint, namespace: "apps" } },
    { now: LATE, args: { secrets: secret(secrets), ...endpoint } },
  ],
  MachineConfig: ({ secrets, trust }) => [
    { args: { secrets: UNKNOWN, ...endpoint, machineType: UNKNOWN }, previewOnly: true },
    { args: { secrets: secret(secrets), ...endpoint, machineType: "server", kubeSpan: "yes" } },
    { args: { secrets: secret(secrets), ...endpoint, machineType: "worker" } },
    { args: { secrets: secret(secrets), ...endpoint, machineType: "controlplane" } },
    {
      args: {
        secrets: secret(secrets),
        ...endpoint,
        machineType: "controlplane",
        acceptedCAs: [{ certificates: [{ certificatePem: (trust as Properties)["os"] }] }],
        configPatches: [{ machine: { network: { hostname: "cp-1" } } }, secret("cluster: {}\n")],
      },
    },
  ],
  AcceptedCA: ({ trust, secretsYaml }) => [
    { args: { certificatePem: UNKNOWN }, previewOnly: true },
    { args: { certificatePem: secret(secretsYaml) } },
    { args: { certificatePem: (trust as Properties)["os"] } },
    { args: { certificatePem: (trust as Properties)["kubernetes"] } },
    { now: "2035-06-01T00:00:00Z", args: { certificatePem: (trust as Properties)["kubernetes"] } },
    { now: "2040-06-01T00:00:00Z", args: { certificatePem: (trust as Properties)["os"] } },
  ],
  ConfigurationApply: ({ secrets }, config) => [
    { args: { node: UNKNOWN, secrets: UNKNOWN, machineConfig: UNKNOWN }, previewOnly: true },
    { args: { node: "10.0.0.2", machineConfig: secret(config), timeouts: { create: "soon" } } },
    { args: { node: "10.0.0.2", secrets: secret(secrets), machineConfig: secret(config) } },
    { args: { node: "10.0.0.2", secrets: secret(secrets), machineConfig: secret(config) } },
    {
      args: {
        node: "10.0.0.2",
        secrets: secret(secrets),
        machineConfig: secret(config),
        configPatches: [secret("machine: {sysctls: {a: b}}\n")],
      },
    },
  ],
  Bootstrap: ({ secrets }) => [
    { args: { node: UNKNOWN, secrets: UNKNOWN }, previewOnly: true },
    { args: { node: "10.0.0.2:0", secrets: secret(secrets) } },
    { args: { node: "10.0.0.2", secrets: secret(secrets) } },
    { args: { node: "10.0.0.2", secrets: secret(secrets), controlPlaneNodes: ["10.0.0.2"] } },
  ],
  ClusterHealth: ({ secrets }) => [
    { args: { controlPlaneNodes: [UNKNOWN], secrets: UNKNOWN, level: UNKNOWN }, previewOnly: true },
    { args: { controlPlaneNodes: [], secrets: secret(secrets), level: "talos" } },
    { args: { controlPlaneNodes: ["10.0.0.2"], secrets: secret(secrets), level: "talos" } },
    { args: { controlPlaneNodes: ["10.0.0.2"], workerNodes: [], secrets: secret(secrets), triggers: { a: "1" } } },
  ],
};

/** Whether a story has at least one state, one rejection and one change to look at. */
function richness(transcript: Transcript): { states: number; refusals: number; outputs: number } {
  const states = transcript.filter((entry) => (entry as { state?: unknown }).state !== undefined);
  const refusals = transcript.filter((entry) => {
    const { checked, diff } = entry as { checked?: { value?: { reasons: unknown[] } }; diff?: { error?: string } };
    return (checked?.value?.reasons.length ?? 0) > 0 || diff?.error !== undefined;
  });
  const outputs = new Set(
    states.map((entry) => JSON.stringify((entry as { state: { outputs: unknown } }).state.outputs)),
  );
  return { states: states.length, refusals: refusals.length, outputs: outputs.size };
}

/** What these tell is the same after every update. */
const CONSTANT: readonly ResourceName[] = ["Bootstrap"];

describe("A definition served as a dynamic resource and by the plugin", () => {
  const original = { ...systemHost };
  let cluster: Properties;
  let config: string;
  const write = process.stdout.write.bind(process.stdout);

  before(async () => {
    Object.assign(systemHost, { environment: replay });
    cluster = await makeCluster();
    config = await makeConfig(cluster);
  });

  // What a dynamic provider says goes to stdout.
  beforeEach(() => {
    process.stdout.write = (text: string, ...rest: []) => /^[A-Za-z]+ "it": /.test(text) || write(text, ...rest);
  });

  afterEach(() => {
    process.stdout.write = write;
  });

  after(() => {
    Object.assign(systemHost, original);
  });

  /** The same control plane for either side, which runs etcd where that is not what is to be started. */
  const startNode = async (runsEtcd: boolean): Promise<void> => {
    replay.rewind();
    const network = await FakeNodes.make(replay);
    const node = await network.add("10.0.0.2", { config });
    if (runsEtcd) node.etcd = { members: [node], alarms: [] };
    // Either side is a process of its own.
    Object.assign(systemHost, {
      environment: Object.create(replay) as Replay,
      nodes: () => Promise.resolve(network),
    });
  };

  for (const kind of Object.keys(DEFINITIONS) as ResourceName[]) {
    it(`gives the same inputs, failures, diffs and outputs: ${kind}`, async () => {
      const chapters = STORIES[kind](cluster, config);
      await startNode(kind !== "Bootstrap");
      const first = await tell(dynamicSide(kind), replay, chapters);
      await startNode(kind !== "Bootstrap");
      const second = await tell(pluginSide(kind), replay, chapters);
      assert.deepEqual(second, first);
      const { states, refusals, outputs } = richness(first);
      const least = CONSTANT.includes(kind) ? 1 : 2;
      assert.ok(states > 1 && refusals > 0 && outputs >= least, JSON.stringify({ states, refusals, outputs }));
    });
  }
});
