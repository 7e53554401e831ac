import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { repository } from "../e2e/support";
import { Cluster, clusterEndpoint, clusterName } from "../interop/support/cluster";
import { closeProxies, FaultyProxy } from "../interop/support/faultyProxy";
import { needJudge, type Node, run, startNode, stopNodes } from "../interop/support/judge";
import { median } from "./support/cpu";

const CHILD = join(__dirname, "support", "liveChild.cjs");

/** What is aimed at on a quiet machine. Times are printed; what is held is the order of magnitude, and calls exactly. */
const AIMS = { firstMs: 100, eachMs: 15, calls: 6, manySeconds: 5, manyMegabytes: 40 };
const SLACK = 2;
const NODES = 100;
const TIMES = 50;
const RUNS = 5;

interface Stored {
  readonly id: string;
  readonly kept: object;
  readonly outs: object;
  readonly args: object;
}

interface Started {
  readonly node: Node;
  readonly stored: Stored;
}

interface Costs {
  /** Times that the machine was slower than a quiet one. */
  readonly slowness: number;
  readonly first: number;
  readonly each: number;
  readonly many: { readonly seconds: number; readonly cpuEach: number; readonly megabytes: number };
  readonly changed: number;
}

async function inProvider(task: object): Promise<unknown> {
  const input = JSON.stringify({ dist: join(repository, "dist"), ...task });
  const { code, stdout, stderr } = await run(process.execPath, [CHILD], input, 240_000);
  assert.deepEqual([code, stderr], [0, ""]);
  return JSON.parse(stdout) as unknown;
}

const print = (line: string): void => void process.stdout.write(`      ${line}\n`);

describe("what live resources cost", function () {
  this.timeout(900_000);
  needJudge();

  const addresses = Array.from({ length: NODES }, (_, index) => `127.0.71.${index + 1}`);
  let cluster: Cluster;
  let one: Started;
  let hundred: Started;
  let resources: Readonly<Record<string, object>>;

  async function start(certSANs: readonly string[]): Promise<Started> {
    const config = cluster.config("controlplane", certSANs.length === 0 ? {} : { certSANs });
    const node = await startNode({ config, type: "controlplane" });
    const args = {
      node: node.endpoint,
      secrets: readFileSync(cluster.secretsYaml, "utf8"),
      machineConfig: readFileSync(config, "utf8"),
      applyMode: "no_reboot",
    };
    return { node, stored: (await inProvider({ name: "create", args })) as Stored };
  }

  before("start a node as most are, and one that has a hundred addresses", async () => {
    cluster = await Cluster.make();
    one = await start([]);
    hundred = await start(addresses);
    const secrets = readFileSync(cluster.secretsYaml, "utf8");
    const config = { secrets, clusterName, clusterEndpoint, kubernetesVersion: "1.31.1" };
    resources = {
      TalosSecrets: { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" } },
      ClientConfiguration: { secrets, clusterName },
      Kubeconfig: { secrets, clusterName, clusterEndpoint },
      MachineConfig: { ...config, machineType: "worker", talosVersion: "v1.13" },
      NodeCertificate: { secrets, ipAddresses: ["10.0.0.2"] },
      AcceptedCA: { certificatePem: cluster.bundle.certs.os.crt },
    };
  });

  after(async () => {
    await closeProxies();
    await stopNodes();
  });

  it("is nothing to those who use none: neither gRPC nor protobuf is loaded", async () => {
    const seen = (await inProvider({ name: "offline", resources })) as { made: object; loaded: string[] };
    assert.deepEqual(Object.keys(seen.made), Object.keys(resources));
    assert.deepEqual(seen.loaded, []);
    // The list can fill: who applied a config has loaded them.
    assert.ok((one.stored as Stored & { loaded: number }).loaded > 10);
  });

  it(`is at most ${AIMS.firstMs} ms of CPU for the first call, ${AIMS.eachMs} ms and ${AIMS.calls} calls for each node, and ${AIMS.manyMegabytes} MB for ${NODES} nodes`, async () => {
    const { node, stored } = hundred;
    const port = node.endpoint.split(":")[1]!;
    const proxies = await Promise.all(addresses.map((ip) => FaultyProxy.start(`127.0.0.1:${port}`, ip)));
    const others = proxies.map(({ endpoint }) => {
      const at = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(node.endpoint, endpoint)) as T;
      return { id: endpoint, kept: at(stored.kept), outs: at(stored.outs), args: at(stored.args) };
    });
    const runs: Costs[] = [];
    for (let time = 0; time < RUNS; time += 1) {
      const before = node.allCalls() + one.node.allCalls();
      const task = { name: "refresh", stored: one.stored, resources, times: TIMES, others };
      runs.push((await inProvider(task)) as Costs);
      const calls = (node.allCalls() + one.node.allCalls() - before) / (1 + 2 * TIMES + NODES);
      assert.ok(calls <= AIMS.calls, `${calls} calls for each node`);
      if (time === 0) print(`calls for each node: ${calls.toFixed(2)} (aim ${AIMS.calls})`);
    }
    // A refresh is one connection to each node; one more where a busy machine lets the first one time out.
    const connections = proxies.map((proxy) => proxy.connections).sort((one, other) => one - other);
    print(`connections to a node in ${RUNS} refreshes: ${connections[0]} to ${connections.at(-1)}`);
    const of = (take: (costs: Costs) => number): number => median(runs.map(take));
    const figures = {
      firstMs: of(({ first, slowness }) => first / slowness),
      eachMs: of(({ each, slowness }) => each / slowness),
      manySeconds: of(({ many, slowness }) => many.seconds / slowness),
      manyMegabytes: of(({ many }) => many.megabytes),
    };
    print(
      `this machine is ${of(({ slowness }) => slowness).toFixed(1)} times slower than a quiet one, for which these are:`,
    );
    for (const [name, figure] of Object.entries(figures))
      print(`${name}: ${figure.toFixed(1)} (aim ${AIMS[name as keyof typeof figures]})`);
    print(`CPU for each of ${NODES} at once: ${of(({ many }) => many.cpuEach).toFixed(1)} ms`);
    assert.deepEqual(
      runs.map(({ changed }) => changed),
      runs.map(() => 0),
    );
    for (const [name, figure] of Object.entries(figures))
      assert.ok(figure <= SLACK * AIMS[name as keyof typeof figures], `${name}: ${figure}`);
  });
});
