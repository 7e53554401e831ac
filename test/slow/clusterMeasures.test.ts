import { strict as assert } from "node:assert";

import { needsPulumi, type Outcome, Project, type PulumiCli } from "../e2e/support";
import { closeProxies, FaultyProxy } from "../interop/support/faultyProxy";
import { Folder, needJudge, type Node, startNode, stopNodes } from "../interop/support/judge";
import { cpuSeconds, median } from "./support/cpu";

/** Aimed at on an idle machine. Counts are held exactly, and times by their order of magnitude. */
const AIMS = { perResource: 1.3, refreshSeconds: 10, callsPerNode: 6 };
const SLACK = 10;
const CONTROL_PLANES = 3;
const RUNS = 3;
/** Where Talos serves its API. */
const APID = 50_000;
/** The stack, the component, secrets, two configs, a client, a kubeconfig, Bootstrap, ClusterHealth. */
const BESIDE_NODES = 9;

const addresses = (net: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `127.0.${net}.${index + 1}`);
const controlPlanes = addresses(72, CONTROL_PLANES);
const workers = addresses(73, 20);

/** A program without nodes, or with all control planes and so many workers. */
function program(count?: number): string {
  const list = (addresses: readonly string[]): string => JSON.stringify(addresses.map((address) => ({ address })));
  const [first, second] = count === undefined ? [[], []] : [controlPlanes, workers.slice(0, count)];
  return `
const { TalosCluster } = require("pulumi-talos-pki");
const cluster = new TalosCluster("prod", {
  clusterName: "prod", clusterEndpoint: "https://127.0.72.1:6443", talosVersion: "v1.13",
  serviceAccount: { algorithm: "ecdsa-p256" }, certSANs: ${JSON.stringify([...controlPlanes, ...workers])},
  healthLevel: "talos", controlPlaneNodes: ${list(first)}, workerNodes: ${list(second)},
}, { protect: false });
exports.controlPlaneConfig = cluster.controlPlaneConfig;
exports.workerConfig = cluster.workerConfig;
`;
}

const print = (line: string): void => void process.stdout.write(`      ${line}\n`);

interface Measured {
  readonly resources: number;
  readonly previewCpu: number;
  readonly refreshSeconds: number;
  readonly refreshCalls: number;
}

describe("what a TalosCluster of 3 control planes and 20 workers costs", function () {
  this.timeout(1_800_000);
  needJudge();

  const folder = new Folder();
  let cli: PulumiCli;
  let project: Project;
  let nodes: readonly [Node, Node];

  const succeed = (outcome: Outcome): Outcome => {
    assert.equal(outcome.code, 0, outcome.output);
    return outcome;
  };
  const calls = (): number => nodes.reduce((sum, node) => sum + node.allCalls(), 0);

  before("start a control plane and a worker that have the cluster's configs", async function () {
    cli = needsPulumi(this);
    project = await Project.create({ cli, program: program() });
    succeed(await project.up());
    const outputs = (await project.outputs({ secrets: true })) as Record<string, string>;
    const config = (name: string): string => folder.write(`${name}.yaml`, outputs[name] ?? "");
    const first = await startNode({ config: config("controlPlaneConfig"), type: "controlplane" });
    const second = { config: config("workerConfig"), type: "worker", trustd: first.trustd! } as const;
    nodes = [first, await startNode(second)];
    await Promise.all([
      ...controlPlanes.map((ip) => FaultyProxy.start(nodes[0].endpoint, ip, APID)),
      ...workers.map((ip) => FaultyProxy.start(nodes[1].endpoint, ip, APID)),
    ]);
  });

  after(async () => {
    await (project as Project | undefined)?.remove();
    await closeProxies();
    await stopNodes();
    folder.remove();
  });

  async function measure(count: number): Promise<Measured> {
    project.writeProgram({ program: program(count) });
    succeed(await project.up());
    const resources = BESIDE_NODES + CONTROL_PLANES + count;
    const applied = nodes.map((node) => node.calls("ApplyConfiguration"));

    const before = calls();
    const quiet = succeed(await project.preview({ args: ["--expect-no-changes"] }));
    assert.deepEqual(quiet.changes, { same: resources }, quiet.output);
    const preview = `${cli.path} preview --expect-no-changes --non-interactive --stack ${project.stack}`;
    const cpu = Array.from({ length: RUNS }, () => cpuSeconds(preview, project.programFolder, project.env));
    // A preview is offline.
    assert.equal(calls(), before);

    const seconds: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const up = succeed(await project.up({ args: ["--refresh", "--expect-no-changes"] }));
      assert.equal(up.changes["same"], resources, up.output);
      seconds.push(up.seconds);
    }
    // Every node has what it needs, and gets nothing.
    assert.deepEqual(
      nodes.map((node) => node.calls("ApplyConfiguration")),
      applied,
    );
    const refreshCalls = (calls() - before) / RUNS;
    return { resources, previewCpu: median(cpu), refreshSeconds: median(seconds), refreshCalls };
  }

  it(`previews at no more than ${AIMS.perResource} times the cost of 3 workers for each resource, and refreshes in ${AIMS.refreshSeconds} s`, async () => {
    const [small, large] = [await measure(3), await measure(workers.length)];
    for (const { resources, previewCpu, refreshSeconds, refreshCalls } of [small, large])
      print(
        `${resources} resources: preview ${previewCpu.toFixed(2)} s of CPU, ${((1000 * previewCpu) / resources).toFixed(0)} ms for each; ` +
          `up --refresh ${refreshSeconds.toFixed(1)} s (aim ${AIMS.refreshSeconds}), ${refreshCalls.toFixed(1)} calls of nodes`,
      );
    const ratio = large.previewCpu / large.resources / (small.previewCpu / small.resources);
    print(`preview for each resource: ${ratio.toFixed(2)} times that of 3 workers (aim ${AIMS.perResource})`);
    assert.ok(ratio <= AIMS.perResource, `${ratio}`);
    const callsPerNode = ({ resources, refreshCalls }: Measured): number => refreshCalls / (resources - BESIDE_NODES);
    print(`calls for each node: ${callsPerNode(large)} (aim ${AIMS.callsPerNode})`);
    assert.equal(callsPerNode(large), callsPerNode(small));
    assert.ok(callsPerNode(large) <= AIMS.callsPerNode, `${callsPerNode(large)}`);
    assert.ok(large.refreshSeconds <= SLACK * AIMS.refreshSeconds, `${large.refreshSeconds} s`);
  });
});
