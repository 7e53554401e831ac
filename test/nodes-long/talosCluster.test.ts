import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { needsPulumi, type Outcome, Project, repository, Running, secretsIn } from "../e2e/support";
import { Folder } from "../interop/support/files";
import { shownCertificate } from "../interop/support/node";
import { closeRealNodes, needRealNodes, RealNodes } from "../nodes/support/realNodes";

const EXAMPLE = "examples/talos-cluster";
/** The command line as it is installed. */
const CLI = join(repository, "dist", "provider", "cli", "main.js");
/** That a rotation of everything may take. */
const MOST_UPS = 6;
/** Of 20 seconds. */
const MOST_WAITS = 10;

interface Machine {
  readonly address: string;
  readonly maintenance?: { readonly fingerprint: string };
}

/** The status with which an API server answers to whoever bears a token; it is the token that is on trial. */
function statusFor(url: string, token: string): Promise<number | undefined> {
  const options = { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` }, timeout: 10_000 };
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      resolve(response.resume().statusCode);
    });
    call.on("timeout", () => call.destroy(new Error(`${url}: no answer`))).on("error", reject);
    call.end();
  });
}

describe("TalosCluster on real nodes", function () {
  this.timeout(1_200_000);
  needRealNodes();

  const folder = new Folder();
  let nodes: RealNodes;
  let project: Project;
  let controlPlanes: Machine[];
  let workers: Machine[];
  let configPatches: readonly string[];
  let rotation = {};

  /** Starts a machine and reads the fingerprint that its console shows. */
  const machine = async (name: string): Promise<Machine> => {
    const { address } = await nodes.start(name, { resetWipes: true });
    const fingerprint = await nodes.waitFor(
      `${name} in maintenance mode`,
      async () => {
        const { publicKey } = await shownCertificate(`${address}:50000`);
        const spki = publicKey.export({ type: "spki", format: "der" });
        const shown = createHash("sha256").update(spki).digest("base64");
        return nodes.log(name).includes(`--cert-fingerprint '${shown}'`) ? shown : undefined;
      },
      { timeout: 180_000 },
    );
    return { address, maintenance: { fingerprint } };
  };

  const configure = async (): Promise<void> => {
    const values = {
      clusterEndpoint: `https://${controlPlanes[0]!.address}:6443`,
      controlPlaneNodes: controlPlanes,
      workerNodes: workers,
      configPatches,
      rotation,
    };
    for (const [name, value] of Object.entries(values))
      await project.config(name, typeof value === "string" ? value : JSON.stringify(value));
  };

  /** A file with the talosconfig of the last up. */
  const talosconfig = async (): Promise<string> => {
    const { talosconfig: text } = await project.outputs({ secrets: true });
    return folder.write(`talosconfig-${randomUUID()}`, String(text));
  };

  const succeed = (outcome: Outcome): Outcome => {
    assert.equal(outcome.code, 0, outcome.output);
    console.log(`      ${JSON.stringify(outcome.changes)}`);
    return outcome;
  };
  /** What became of the cluster's resources; providers and the stack are the engine's own. */
  const changed = ({ steps }: Outcome): string[] =>
    steps
      .flatMap(({ op, urn, name }) => (urn.includes("TalosCluster$") && op !== "same" ? [`${op} ${name}`] : []))
      .sort();

  const etcdTodo = (): string => {
    const secrets = project.resources().find(({ urn }) => urn.endsWith("::demo-secrets"));
    return (secrets?.outputs?.["rotationStatus"] as { etcd: { todo: string } }).etcd.todo;
  };

  before(async function () {
    const cli = needsPulumi(this);
    nodes = await RealNodes.create();
    configPatches = [nodes.machinePatch];
    project = await Project.create({ cli, folder: EXAMPLE });
    controlPlanes = [await machine("cp1"), await machine("cp2")];
    workers = [await machine("w1")];
  });

  after(async () => {
    await (project as Project | undefined)?.remove();
    folder.remove();
    await closeRealNodes();
  });

  it("takes at most 15 lines of program", () => {
    const lines = readFileSync(join(repository, EXAMPLE, "index.ts"), "utf8").split("\n");
    assert.ok(lines.filter((line) => line.trim() !== "").length <= 15);
  });

  it("brings three machines in maintenance mode to a healthy cluster in one up, and then changes nothing", async () => {
    await configure();
    const begin = Date.now();
    const up = succeed(await project.up());
    console.log(`      healthy after ${((Date.now() - begin) / 1000).toFixed(0)} s`);
    assert.equal(up.changes["create"], 12);
    const health = (await project.outputs())["health"] as { name: string; node?: string; ok: boolean }[];
    assert.ok(health.length > 0 && health.every(({ ok }) => ok));
    project.assertNoSecrets(secretsIn(await project.decryptedState()));
    succeed(await project.up({ args: ["--expect-no-changes"] }));
  });

  it("adds a worker, and changes nothing on the others", async () => {
    workers = [...workers, await machine("w2")];
    await configure();
    const up = succeed(await project.up());
    assert.deepEqual(changed(up), [`create demo-apply-${workers[1]!.address}`, "update demo-health"]);
  });

  it("changes a patch on one control plane after the other, then on the workers", async () => {
    configPatches = [nodes.machinePatch, "machine: { sysctls: { vm.swappiness: '10' } }"];
    await configure();
    const up = succeed(await project.up());
    const applied = up.steps
      .filter(({ op, urn }) => op === "update" && urn.includes("ConfigurationApply"))
      .map(({ urn }) => urn.split("::demo-apply-").pop()!);
    assert.deepEqual([...applied].sort(), [...controlPlanes, ...workers].map(({ address }) => address).sort());
  });

  it("takes a control plane away: it leaves etcd, is reset, and the next up changes nothing", async () => {
    const [first, second] = controlPlanes as [Machine, Machine];
    const reset = { onDestroy: { reset: true, reboot: true } };
    controlPlanes = [first, { ...second, ...reset }];
    await configure();
    succeed(await project.up());
    controlPlanes = [first];
    await configure();
    const up = succeed(await project.up());
    assert.ok(changed(up).includes(`delete demo-apply-${second.address}`), up.output);
    const members = await nodes.talosctl(["-n", first.address, "etcd", "members"], await talosconfig());
    assert.equal(members.code, 0, members.stderr);
    assert.match(members.stdout, /cp1/);
    assert.doesNotMatch(members.stdout, /cp2/);
    succeed(await project.up({ args: ["--expect-no-changes"] }));
  });

  it("takes a machine that stands in for a lost one, by its fingerprint, and changes nothing on the others", async () => {
    const lost = workers[1]!;
    await nodes.wipe("w2");
    const other = await machine("w2");
    assert.equal(other.address, lost.address);
    assert.notDeepEqual(other, lost);
    workers = [workers[0]!, other];
    await configure();
    const up = succeed(await project.up());
    assert.deepEqual(changed(up), [`update demo-apply-${other.address}`]);
    const version = await nodes.talosctl(["-n", other.address, "version"], await talosconfig());
    assert.equal(version.code, 0, version.stderr);
    succeed(await project.up({ args: ["--expect-no-changes"] }));
  });

  it("rotates every CA by the ups of a schedule", async () => {
    const before = await talosconfig();
    rotation = { all: { id: "2027-01", stage: "auto", allowDowntime: true, tokenGracePeriod: "0s" } };
    await configure();
    const [first] = controlPlanes as [Machine];
    let [ups, waits] = [0, 0];
    const told = new Set<string>();
    do {
      const up = succeed(await project.up());
      told.add(/rotation\.all "2027-01": step .*/.exec(up.output)?.[0] ?? "");
      told.add(etcdTodo());
      // A kubelet takes a minute to know the CAs of a new API server. A schedule has time; an up at once waits and says so.
      const isEarly = up.output.includes("the next update asks again");
      if (isEarly) {
        assert.deepEqual(changed(up), ["update demo-secrets"]);
        waits += 1;
        await setTimeout(20_000);
      } else ups += 1;
      assert.ok(ups <= MOST_UPS && waits <= MOST_WAITS, `still due after ${ups} ups and ${waits} waits`);
    } while ((await project.preview({ args: ["--expect-no-changes"] })).code !== 0);
    console.log(`      ${ups} ups, ${waits} that came too early`);
    for (const line of [/step 3 of 5; the etcd CA stays at swap until step 5/, /step 5 of 5, the last/])
      assert.ok(
        [...told].some((text) => line.test(text)),
        String(line),
      );
    assert.ok([...told].some((text) => text.startsWith('stays at stage "swap" until step 5 of rotation.all; ')));
    assert.match(etcdTodo(), /^the old CA is out; /);
    const asked = async (client: string): Promise<number> =>
      (await nodes.talosctl(["-n", first.address, "version"], client)).code;
    assert.notEqual(await asked(before), 0);
    assert.equal(await asked(await talosconfig()), 0);
    project.assertNoSecrets(secretsIn(await project.decryptedState()));
  });

  it("rotates every CA again by rotation run, to its end", async () => {
    rotation = { all: { id: "2027-02", stage: "auto", allowDowntime: true, tokenGracePeriod: "0s" } };
    await configure();
    const { programFolder: cwd, env, stack } = project;
    const up = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never", "--stack", stack];
    const run = [CLI, "rotation", "run", "--stack", stack, "--cwd", cwd, "--", ...up];
    const { code, stdout, stderr } = await new Running(process.execPath, run, { cwd, env }).ended;
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /every rotation is at finish\n$/);
    console.log(`      ${stdout.match(/^TalosSecrets|^ +Duration/gm)?.length ?? 0} ups`);
    succeed(await project.up({ args: ["--expect-no-changes"] }));
  });

  it("replaces the tokens, and the old bootstrap token lets no machine join", async () => {
    const [first] = controlPlanes as [Machine];
    const token = async (): Promise<string> => {
      const text = JSON.stringify(await project.decryptedState());
      return /"bootstrapToken\\*":\\*"([a-z0-9]{6}\.[a-z0-9]{16})/.exec(text)?.[1] ?? assert.fail("no token");
    };
    /** 403 for whom the API server knows and 401 for whom it does not. */
    const answerTo = (bearer: string): Promise<number | undefined> =>
      statusFor(`https://${first.address}:6443/api/v1/secrets`, bearer);
    const old = await token();
    assert.equal(await answerTo(old), 403);
    rotation = { ...rotation, bootstrapToken: { id: "2027-02" } };
    await configure();
    assert.match(succeed(await project.up()).output, /deleted the Secret of the old bootstrap token/);
    assert.deepEqual([await answerTo(old), await answerTo(await token())], [401, 403]);

    rotation = { ...rotation, trustdToken: { id: "2027-02" } };
    await configure();
    const up = succeed(await project.up());
    console.log(`      ${[...up.output.matchAll(/node \S+, verified by [^\n]*/g)].map(String).join("\n      ")}`);
    assert.equal(await answerTo(old), 401);
    succeed(await project.up({ args: ["--expect-no-changes"] }));
  });

  it("is destroyed, and leaves the machines alone that it need not reset", async () => {
    succeed(await project.destroy());
    assert.ok(nodes.isRunning("cp1"));
  });
});
