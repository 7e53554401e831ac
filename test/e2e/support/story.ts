import assert from "node:assert/strict";

import { parse } from "yaml";

import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import { secretsIn } from "./leaks";
import type { Outcome } from "./operation";
import { Project } from "./project";
import type { PulumiCli } from "./tools";

/** An example in a language other than TypeScript, and how its reader moves the rotation on. */
export interface Story {
  readonly folder: string;
  /** Files that the example does not have, such as the settings of a tool: path to content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Up to which level Pulumi's own log is to hold no secret; default 3. */
  readonly logLevel?: number;
  env(): NodeJS.ProcessEnv;
  rotate(project: Project, stage: "accept" | "swap" | "finish"): Promise<void>;
}

const SECRET_OUTPUTS = ["talosconfig", "kubeconfig", "controlPlaneConfig", "workerConfig", "secretsYaml"];

/** The example's whole story: made, left alone, rotated, renewed, destroyed; secrets stay secret all the way. */
export function tells(story: () => Story, cli: () => PulumiCli): void {
  let project: Project;

  before(async () => {
    const { folder, files = {} } = story();
    project = await Project.create({ cli: cli(), folder, files, env: story().env() });
  });

  after(async () => {
    await (project as Project | undefined)?.remove();
  });

  const up = async (now = "2026-01-01T00:00:00Z"): Promise<Outcome> => {
    const outcome = await project.up({ now, withPreview: true, args: ["--diff"] });
    assert.equal(outcome.code, 0, outcome.output);
    return outcome;
  };
  const issuing = async (): Promise<Record<string, unknown>> =>
    (await project.outputs())["rotation"] as Record<string, unknown>;

  it("makes a cluster's PKI whose secrets are secret outputs", async () => {
    assert.deepEqual((await up()).changes, { create: 6 });
    const shown = await project.outputs();
    for (const name of SECRET_OUTPUTS) assert.equal(shown[name], "[secret]", name);
    assert.equal(shown["talosconfigExpires"], "2027-01-01T00:00:00Z");
    const clear = (await project.outputs({ secrets: true })) as Record<string, string>;
    const { bundle } = parseSecretsBundle(clear["secretsYaml"]!, { now: new Date("2026-01-01T00:00:00Z") });
    const config = parse(clear["controlPlaneConfig"]!.split("\n---\n")[0]!) as {
      machine: { ca: { key: string } };
      cluster: { token: string };
    };
    assert.equal(config.cluster.token, bundle.secrets.bootstrapToken);
    assert.match(Buffer.from(config.machine.ca.key, "base64").toString(), /PRIVATE KEY/);
    assert.ok(!clear["workerConfig"]!.includes(config.machine.ca.key));
  });

  it("changes nothing the second time, nor does a refresh", async () => {
    assert.deepEqual((await up()).changes, { same: 6 });
    const refresh = await project.refresh({ now: "2026-01-01T00:00:00Z" });
    assert.deepEqual([refresh.code, refresh.changes], [0, { same: 6 }], refresh.output);
  });

  it("rotates the OS CA in three steps", async () => {
    const { issuing: old } = await issuing();
    await story().rotate(project, "accept");
    await up();
    const { next, stage } = await issuing();
    assert.equal(stage, "accept");
    await story().rotate(project, "swap");
    const swap = await up();
    assert.match(swap.output, /audit: issue, "O=os:admin, CN=talosctl-client"/);
    const swapped = await issuing();
    assert.deepEqual([swapped["issuing"], swapped["accepted"]], [next, [old]]);
    await story().rotate(project, "finish");
    await up();
    const finished = await issuing();
    assert.deepEqual([finished["issuing"], finished["accepted"], finished["stage"]], [next, [], "finish"]);
    assert.deepEqual((await up()).changes, { same: 6 });
  });

  it("renews what comes near its end", async () => {
    const renewal = await up("2026-12-20T00:00:00Z");
    assert.deepEqual(renewal.changes, { update: 2, same: 4 });
    assert.deepEqual((await project.outputs())["talosconfigExpires"], "2027-12-20T00:00:00Z");
  });

  it("lets no secret out: state, backups, previews, diagnostics, event logs, Pulumi's own log", async () => {
    const { logLevel = 3 } = story();
    const args = ["--logtostderr", "--logflow", `-v=${logLevel}`];
    const logged = await project.up({ now: "2027-12-10T00:00:00Z", args });
    assert.deepEqual([logged.code, logged.changes], [0, { update: 2, same: 4 }], logged.output);
    const secrets = secretsIn([await project.decryptedState(), await project.outputs({ secrets: true })]);
    assert.ok(secrets.length > 10);
    project.assertNoSecrets(secrets);
    assert.equal((await project.destroy()).code, 0);
  });
}
