import assert from "node:assert/strict";

import { PemReader } from "../../../provider/core/x509/pemReader";
import { defineResource, info } from "../../../provider/engine/definition";
import { SECRET_INPUTS_KEY } from "../../../provider/engine/internalKeys";
import { PartialFailure } from "../../../provider/engine/partialFailure";
import { ResourceShell } from "../../../provider/engine/shell";
import { markSecret } from "../../../provider/engine/wire";
import { ClientConfiguration } from "../../../provider/resources/clientConfiguration";
import { TalosSecrets } from "../../../provider/resources/talosSecrets";
import { testHost } from "../support/engine";
import { vector } from "../support/fixed";

describe("What a check tells", () => {
  const inputs = { secrets: vector("bundles/v1.13.yaml"), clusterName: "c", endpoints: ["10.0.0.1:6443"] };
  const olds = { ...inputs, endpoints: ["10.0.0.1"], issuedAt: "2026-12-01T00:00:00Z" };

  it("is told once where the engine checks again before a replacement, and again at the next check", async () => {
    const lines: string[] = [];
    const shell = new ResourceShell(ClientConfiguration, testHost("2026-12-01T00:00:00Z"), new PemReader());
    const call = { name: "admin", say: (line: string) => void lines.push(line) };
    const told = async (before: object): Promise<string[]> => {
      await shell.check(call, { ...before }, inputs);
      return lines.splice(0);
    };
    const line =
      'ClientConfiguration "admin": endpoints[0]: "10.0.0.1:6443" has the port of the Kubernetes API; the Talos API listens on 50000, which is the default';
    assert.deepEqual(await told(olds), [line]);
    assert.deepEqual(await told({}), []);
    assert.deepEqual(await told(olds), [line]);
    assert.deepEqual(await told({}), []);
    assert.deepEqual(await told({}), [line]);
  });
});

describe("What an operation reports that fails after a change", () => {
  const half = defineResource({
    name: "Half",
    description: "Changes something and fails.",
    inputs: {},
    outputs: {},
    decidesFrom: "inputs",
    plan: () => ({ problems: [], reports: [], decision: undefined }),
    apply: () => ({
      id: "half",
      outputs: {},
      reports: [info("the node says: the disk is nearly full")],
      incomplete: [{ code: "ERR_NODE_NOT_APPLIED", path: "", message: "not proved" }],
    }),
  });

  it("is reported beside the failure", async () => {
    const lines: string[] = [];
    const shell = new ResourceShell(half, testHost(), new PemReader());
    const call = { name: "h", say: (line: string) => void lines.push(line) };
    await assert.rejects(shell.create(call, {}), PartialFailure);
    assert.deepEqual(lines, ['Half "h": the node says: the disk is nearly full']);
  });
});

describe("What goes to the state", () => {
  const call = { name: "admin", say: (): void => undefined };
  const shell = new ResourceShell(ClientConfiguration, testHost("2026-12-01T00:00:00Z"), new PemReader());

  it("is secret where its row says so, and where the program passes a secret", async () => {
    const secrets = vector("bundles/v1.13.yaml");
    const news = { secrets, clusterName: "c", endpoints: ["10.0.0.1"], roles: markSecret(["os:reader"]) };
    const { inputs, failures } = await shell.check(call, {}, news);
    assert.deepEqual(failures, []);
    const kept = inputs["secretsInput"] ?? inputs["secrets"];
    assert.deepEqual(kept, markSecret((kept as { value: unknown }).value));
    assert.equal(inputs[SECRET_INPUTS_KEY], undefined);
    assert.deepEqual([inputs["roles"], inputs["endpoints"]], [markSecret(["os:reader"]), ["10.0.0.1"]]);

    const { outputs } = await shell.create(call, inputs);
    assert.deepEqual(outputs["roles"], markSecret(["os:reader"]));
    const { talosconfig } = outputs;
    assert.deepEqual(talosconfig, markSecret((talosconfig as { value: unknown }).value));
  });

  it("is secret where the state keeps an input under another name", async () => {
    const secrets = new ResourceShell(TalosSecrets, testHost("2026-12-01T00:00:00Z"), new PemReader());
    const { inputs } = await secrets.check(call, {}, { secretsYaml: vector("bundles/v1.13.yaml") });
    assert.deepEqual(inputs["secretsYamlInput"], markSecret(vector("bundles/v1.13.yaml")));
  });

  it("is secret by its row after an import too", () => {
    const { inputs, outputs } = shell.imported(
      call,
      { secrets: "s", endpoints: [] },
      { talosconfig: "t", endpoints: [] },
    );
    assert.deepEqual(inputs, { secrets: markSecret("s"), endpoints: [] });
    assert.deepEqual(outputs, { talosconfig: markSecret("t"), endpoints: [] });
  });
});

describe("What rejects a step of a rotation", () => {
  const call = { name: "prod", say: (): void => undefined };
  const rotation = (stage: string): object => ({ os: { id: "r", stage } });
  const CODE = "(ERR_ROTATION_ILLEGAL)";

  it("ends in its code in check, in diff and in update, and nothing else does", async () => {
    const shell = new ResourceShell(TalosSecrets, testHost("2026-12-01T00:00:00Z"), new PemReader());
    const given = { secretsYaml: vector("bundles/v1.13.yaml") };
    const { failures } = await shell.check(call, {}, { ...given, rotation: rotation("swap"), trustdToken: "x" });
    const [token, illegal] = failures;
    assert.equal(failures.length, 2);
    assert.match(token!, /^trustdToken: has the wrong form; must be [^(]*$/);
    assert.equal(
      illegal,
      `rotation.os.stage: there is nothing to rotate when the secrets are created; must be no rotation, or stage "finish" (a rotation that is over) ${CODE}`,
    );

    const { inputs } = await shell.check(call, {}, given);
    const { outputs } = await shell.create(call, inputs);
    const { inputs: news } = await shell.check(call, inputs, { ...given, rotation: rotation("swap") });
    const message = `rotation.os: no rotation is under way, so "r" cannot begin with stage "swap"; begin with stage "accept" ${CODE}`;
    await assert.rejects(shell.diff(call, outputs, news), { message: `TalosSecrets "prod": ${message}` });
    await assert.rejects(shell.update(call, outputs, news), { message });
  });
});
