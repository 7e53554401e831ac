import assert from "node:assert/strict";

import { needsPulumi, Project, type PulumiCli, secretsIn } from "../e2e/support";
import { Folder } from "../interop/support/files";
import { kubernetesGet } from "../nodes/support/kubernetes";
import { closeRealNodes, type NodeAddress, needRealNodes, RealNodes } from "../nodes/support/realNodes";

const NAMES = ["cp1", "cp2", "w1"] as const;
/** What this package may add to what Talos, Kubernetes and an empty program of Pulumi take themselves, seconds. */
const OWN_SHARE = 3;
/** Kubernetes names whole seconds. */
const RESOLUTION = 1;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
}

interface Nodes {
  readonly items: readonly { readonly status: { readonly conditions: readonly Condition[] } }[];
}

interface Namespace {
  readonly metadata: { readonly creationTimestamp: string };
}

/** Seconds from the first command. */
interface Course {
  /** The first API server runs. */
  readonly api: number;
  /** The last kubelet is Ready. */
  readonly ready: number;
  readonly end: number;
}

/**
 * How much longer one course took than another. From the first API server to the last Ready kubelet nobody acts but
 * Kubernetes, whose kubelets ask again at long intervals: there one course is as much a throw of dice as the other.
 */
const longer = (one: Course, other: Course): number =>
  one.api - other.api + (one.end - one.ready) - (other.end - other.ready);

describe("three machines in maintenance mode", function () {
  this.timeout(900_000);
  needRealNodes();

  let cli: PulumiCli;
  let project: Project | undefined;
  const courses: { byHand?: Course; byPulumi?: Course } = {};
  let emptyUp = 0;

  before(function () {
    cli = needsPulumi(this);
  });

  afterEach(async () => {
    await project?.remove();
    project = undefined;
    await closeRealNodes();
  });

  const machines = async (): Promise<{ nodes: RealNodes; started: readonly NodeAddress[] }> => {
    const nodes = await RealNodes.create();
    const started = await Promise.all(NAMES.map((name) => nodes.start(name)));
    for (const { name, address } of started) await nodes.untilInMaintenance(name, address);
    return { nodes, started };
  };
  /** When the Ready kubelets became so, RFC 3339. */
  const readySince = async (kubeconfig: string): Promise<readonly string[]> => {
    const { items } = (await kubernetesGet(kubeconfig, "/api/v1/nodes")) as Nodes;
    const conditions = items.flatMap(({ status }) => status.conditions);
    return conditions
      .filter(({ type, status }) => type === "Ready" && status === "True")
      .map(({ lastTransitionTime }) => lastTransitionTime);
  };
  const isReady = async (kubeconfig: string): Promise<boolean> =>
    (await readySince(kubeconfig)).length === NAMES.length;
  const courseOf = async (kubeconfig: string, begin: number, end: number): Promise<Course> => {
    const { metadata } = (await kubernetesGet(kubeconfig, "/api/v1/namespaces/kube-system")) as Namespace;
    const [api = 0, ...ready] = [metadata.creationTimestamp, ...(await readySince(kubeconfig))].map(
      (time) => (Date.parse(time) - begin) / 1000,
    );
    return { api, ready: Math.max(...ready), end: (end - begin) / 1000 };
  };
  const describeCourse = ({ api, ready, end }: Course): string =>
    `${end.toFixed(1)} s (first API server after ${api.toFixed(1)} s, last kubelet Ready after ${ready.toFixed(1)} s)`;

  it("become a cluster by hand, with talosctl", async () => {
    const { nodes, started } = await machines();
    const folder = new Folder();
    const talosconfig = folder.at("talosconfig");
    const patch = folder.write("patch.yaml", nodes.machinePatch);
    const [first = { name: "", address: "", addresses: [] }, second] = started;
    const run = async (address: string, args: readonly string[], client?: string): Promise<string> => {
      const { code, stdout, stderr } = await nodes.talosctl(["-e", address, "-n", address, ...args], client);
      assert.equal(code, 0, `talosctl ${args.join(" ")}: ${stdout}${stderr}`);
      return stdout;
    };
    const begin = Date.now();
    const made = ["--config-patch", `@${patch}`, "--with-docs=false", "--with-examples=false", "-o", folder.path];
    const generated = await nodes.talosctl([
      "gen",
      "config",
      "real",
      `https://${first.address}:6443`,
      "--force",
      ...made,
    ]);
    assert.equal(generated.code, 0, generated.stderr);
    for (const { name, address } of started) {
      const file = folder.at(name === "w1" ? "worker.yaml" : "controlplane.yaml");
      await run(address, ["apply-config", "--insecure", "--file", file]);
    }
    await nodes.waitFor("bootstrap", () => run(first.address, ["bootstrap"], talosconfig));
    await nodes.waitFor("etcd", async () =>
      /^HEALTH +OK/m.test(await run(first.address, ["service", "etcd"], talosconfig)),
    );
    const kubeconfig = await run(first.address, ["kubeconfig", "-"], talosconfig);
    const patience = { timeout: 600_000 };
    await nodes.waitFor("every kubelet to be Ready", () => isReady(kubeconfig), patience);
    const other = kubeconfig.replaceAll(`${first.address}:6443`, `${second?.address ?? ""}:6443`);
    await nodes.waitFor("the API server of the second control plane", () => isReady(other), patience);
    courses.byHand = await courseOf(kubeconfig, begin, Date.now());
    console.log(`      by hand: ${describeCourse(courses.byHand)}`);
  });

  it("are not needed by an empty program, whose up is Pulumi's own share", async () => {
    project = await Project.create({ cli, typescript: 'import "@pulumi/pulumi";\n' });
    const begin = Date.now();
    const up = await project.up();
    emptyUp = (Date.now() - begin) / 1000;
    assert.equal(up.code, 0, up.output);
    console.log(`      empty program: ${emptyUp.toFixed(1)} s`);
  });

  it("become the same by examples/cluster in one up, in at most 3 s more", async () => {
    const { nodes, started } = await machines();
    project = await Project.create({ cli, folder: "examples/cluster" });
    for (const { name, address } of started) {
      const path = name === "w1" ? "workers[0]" : `controlPlanes[${name === "cp1" ? 0 : 1}]`;
      for (const [field, value] of [
        ["address", address],
        ["fingerprint", nodes.fingerprint(name)],
      ] as const) {
        const set = await project.pulumi(["config", "set", "--path", `${path}.${field}`, value]);
        assert.equal(set.code, 0, set.stderr);
      }
    }
    await project.config("patch", nodes.machinePatch);
    const begin = Date.now();
    const up = await project.up();
    const end = Date.now();
    assert.equal(up.code, 0, up.output);
    const outputs = await project.outputs({ secrets: true });
    const kubeconfig = String(outputs["kubeconfig"]);
    assert.ok(await isReady(kubeconfig));
    courses.byPulumi = await courseOf(kubeconfig, begin, end);
    console.log(`      by Pulumi: ${describeCourse(courses.byPulumi)}`);
    const again = await project.preview({ args: ["--expect-no-changes"] });
    assert.equal(again.code, 0, again.output);
    project.assertNoSecrets(secretsIn(await project.decryptedState()));
    const { byHand, byPulumi } = courses;
    assert.ok(byHand !== undefined, "the course by hand is there to compare with");
    const more = longer(byPulumi, byHand);
    console.log(`      own share: ${(more - emptyUp).toFixed(1)} s, beside ${emptyUp.toFixed(1)} s of Pulumi's own`);
    assert.ok(more - emptyUp < OWN_SHARE + RESOLUTION, JSON.stringify({ ...courses, emptyUp }));
  });
});
