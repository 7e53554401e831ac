import { strict as assert } from "node:assert";

import { systemHost } from "../../provider/adapters/systemHost";
import type { Values } from "../../provider/engine/values";
import { ClientConfiguration } from "../../provider/resources/clientConfiguration";
import { ConfigurationApply } from "../../provider/resources/configurationApply";
import { MachineConfig } from "../../provider/resources/machineConfig";
import { TalosSecrets } from "../../provider/resources/talosSecrets";
import { clientOf } from "../slow/support/apiCall";
import { Prober } from "../slow/support/prober";
import { QUICK } from "../unit/support/cluster";
import { Managed, problemsOf, type TestHost } from "../unit/support/engine";
import { Folder, loopbackAddress, needJudge, type Node, startNode, stopNodes } from "./support/judge";

/** The real machine, with a clock that goes. */
const host: TestHost = {
  ...systemHost,
  environment: systemHost.environment,
  folders: {},
  now: "",
};

type Name = "cp1" | "cp2" | "w1";
const ORDER: readonly Name[] = ["cp1", "cp2", "w1"];
const CLUSTER = { clusterName: "prod", kubernetesVersion: "1.31.1", installImage: "example.org/installer:1" };

/** Two control planes and a worker that are rotated by ups, and a prober that calls them all the time. */
class Stack {
  private readonly secrets = new Managed(TalosSecrets, host);
  private readonly client = new Managed(ClientConfiguration, host);
  private readonly applies = new Map(ORDER.map((name) => [name, new Managed(ConfigurationApply, host)]));
  private readonly nodes = new Map<Name, Node>();
  private readonly addresses = new Map(ORDER.map((name) => [name, loopbackAddress()]));
  prober!: Prober;

  static async make(): Promise<Stack> {
    const stack = new Stack();
    await stack.secrets.up(stack.args());
    const folder = new Folder();
    for (const name of ORDER) {
      const type = name === "w1" ? "worker" : "controlplane";
      const config = folder.write(`${name}.yaml`, await stack.config(type));
      const trustd = [...stack.nodes.values()].flatMap((node) => node.trustd ?? []);
      const place = { ip: stack.addresses.get(name)!, hostname: name, hostNet: true } as const;
      stack.nodes.set(name, await startNode({ config, type, ...place, ...(type === "worker" ? { trustd } : {}) }));
    }
    await stack.upOthers(ORDER);
    const endpoints = [...stack.nodes.values()].map(({ endpoint }) => ({ endpoint }));
    stack.prober = new Prober(endpoints, [stack.person()]);
    return stack;
  }

  private args(stage?: string): Values {
    const nodes = ORDER.map((name) => ({
      address: this.addresses.get(name),
      machineType: name === "w1" ? "worker" : "controlplane",
    }));
    const rotation = stage === undefined ? {} : { rotation: { os: { id: "r", stage } } };
    return { ...QUICK, talosVersion: "v1.13", nodes, ...rotation };
  }

  private async config(machineType: string): Promise<string> {
    const made = new Managed(MachineConfig, host);
    const clusterEndpoint = `https://${this.addresses.get("cp1")!}:6443`;
    await made.up({ ...CLUSTER, clusterEndpoint, machineType, secrets: this.secrets.outputs["secrets"] });
    return String(made.outputs["machineConfig"]);
  }

  private person(): ReturnType<typeof clientOf> {
    return clientOf("ops", String(this.client.outputs["talosconfig"]));
  }

  /** What follows the secrets in an up: the talosconfig, and the configs of some nodes. */
  private async upOthers(names: readonly Name[]): Promise<void> {
    const { secrets, rotationSecrets } = this.secrets.outputs;
    await this.client.up({ secrets, clusterName: "prod" });
    for (const name of names) {
      await this.applies.get(name)!.up({
        node: this.addresses.get(name),
        secrets: { secrets, rotationSecrets },
        machineConfig: await this.config(name === "w1" ? "worker" : "controlplane"),
        applyMode: "no_reboot",
        timeouts: { create: "30s", update: "30s" },
      });
    }
  }

  get stage(): string {
    return (this.secrets.outputs["rotationStatus"] as { os: { stage: string } }).os.stage;
  }

  get warnings(): readonly string[] {
    return this.secrets.reports;
  }

  /** One `pulumi up`, whose applies reach some nodes only; answers what rejects it. */
  async up(stage: string, names: readonly Name[] = ORDER): Promise<string[]> {
    const problems = await problemsOf(() => this.secrets.up(this.args(stage)));
    if (problems.length > 0) return problems;
    // Those who have the talosconfig of the stage before, and those who have this one.
    const before = this.person();
    await this.upOthers([]);
    this.prober.hold(before, this.person());
    await this.upOthers(names);
    await this.prober.more(50);
    return [];
  }

  /** Whether the next up would change something, as `--expect-no-changes` asks. */
  async isDue(stage: string): Promise<boolean> {
    return (await this.secrets.preview(this.args(stage))).op === "update";
  }

  async assertUndisturbed(): Promise<void> {
    await this.prober.stop();
    assert.deepEqual(this.prober.refusals.slice(0, 5), []);
    assert.ok(this.prober.calls >= 200, `only ${this.prober.calls} calls`);
  }
}

describe("a rotation of the OS CA that asks three real apids", function () {
  this.timeout(180_000);
  needJudge();
  afterEach(stopNodes);

  it("goes through explicit stages, none before a late node has completed the one before, and rejects no client", async () => {
    const stack = await Stack.make();
    assert.deepEqual(await stack.up("accept", ["cp1"]), []);
    const [late = ""] = await stack.up("swap");
    assert.match(
      late,
      /^ERR_ROTATION_NOT_PROPAGATED rotation\.os\.stage: cannot go from accept to swap, because 2 of 3 nodes have not completed accept: 127\.\S+ does not let clients of the new CA in \(it serves the old CA, and accepts the old CA\); 127\.\S+ does not /,
    );
    assert.equal(stack.stage, "accept");
    // Again, with the same stage: what is late gets its config.
    assert.deepEqual(await stack.up("accept"), []);
    assert.deepEqual(await stack.up("swap", ["cp1", "cp2"]), []);
    const [worker = ""] = await stack.up("finish");
    assert.match(
      worker,
      /1 of 3 nodes has not completed swap: 127\.\S+ serves a certificate of the old CA, not of the new/,
    );
    assert.deepEqual(await stack.up("swap"), []);
    assert.deepEqual(await stack.up("finish"), []);
    assert.equal(stack.stage, "finish");
    await stack.assertUndisturbed();
  });

  it("goes through the same by auto, waits with a warning for a late node, and goes on when it is not", async () => {
    const stack = await Stack.make();
    const stages: string[] = [];
    const up = async (names?: readonly Name[]): Promise<void> => {
      assert.equal(await stack.isDue("auto"), true);
      assert.deepEqual(await stack.up("auto", names), []);
      stages.push(stack.stage);
    };
    await up(["cp1", "cp2"]);
    await up();
    assert.match(
      stack.warnings.join("\n"),
      /^rotation\.os: stays at accept, because 1 of 3 nodes has not completed accept: /,
    );
    // That up has brought the worker what it lacked.
    await up(["cp1"]);
    await up();
    await up();
    assert.deepEqual(stages, ["accept", "accept", "swap", "swap", "finish"]);
    assert.equal(await stack.isDue("auto"), false);
    await stack.assertUndisturbed();
  });
});
