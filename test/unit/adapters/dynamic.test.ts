import assert from "node:assert/strict";

import * as providers from "../../../provider/adapters/dynamic";
import type { DynamicProvider } from "../../../provider/adapters/dynamic";
import { DEFINITIONS } from "../../../provider/resources";
import { vector } from "../support/fixed";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const secrets = vector("bundles/v1.13.yaml");
const PROVIDER = { __provider: "text" };
const named = (name: string, more: object = {}): Record<string, unknown> => ({
  __resourceName: name,
  ...PROVIDER,
  ...more,
});

/** What a provider process says while something runs. */
async function listen<T>(run: () => Promise<T>): Promise<{ result: T; said: string }> {
  const write = process.stdout.write.bind(process.stdout);
  let said = "";
  process.stdout.write = (text) => {
    said += String(text);
    return true;
  };
  try {
    const result = await run();
    return { result, said };
  } finally {
    process.stdout.write = write;
  }
}

/** The state of a new resource, as the engine keeps it. */
async function made(
  provider: DynamicProvider,
  args: Record<string, unknown>,
): Promise<{ id: string; inputs: Record<string, unknown>; outputs: Record<string, unknown> }> {
  const { inputs, failures } = await provider.check({}, args);
  assert.deepEqual(failures, []);
  const { id, outs } = (await listen(() => provider.create(inputs))).result;
  return { id, inputs: { ...inputs, ...PROVIDER }, outputs: { ...outs, ...PROVIDER } };
}

describe("The dynamic providers", () => {
  before(() => {
    process.env["TALOS_PKI_NOW"] = "2027-01-01T00:00:00Z";
  });
  after(() => {
    Reflect.deleteProperty(process.env, "TALOS_PKI_NOW");
  });

  it("are there for every resource, and nothing else is exported", () => {
    assert.deepEqual(Object.keys(providers).sort(), Object.keys(DEFINITIONS).sort());
  });

  it("tell no property with a failure, whose value Pulumi would print", async () => {
    const { failures } = await providers.TalosSecrets.check({}, named("s", { bootstrapToken: "hunter2", nonsense: 1 }));
    assert.deepEqual(failures, [
      {
        property: "",
        reason:
          "nonsense: is not a property of this resource; must be one of talosVersion, certificateAuthorities, serviceAccount, cluster, bootstrapToken, trustdToken, secretboxEncryptionSecret, aescbcEncryptionSecret, secretsYaml, controlPlaneConfig, kubernetesPkiDirectory, rotation, nodes",
      },
      {
        property: "",
        reason:
          "bootstrapToken: has the wrong form; must be 6 characters, a dot and 16 characters, each of 0-9 and a-z",
      },
    ]);
    assert.ok(!JSON.stringify(failures).includes("hunter2"));
  });

  it("answer a failure with the inputs as they came, and no unknown among them, which Pulumi would reject instead", async () => {
    const args = { secrets, clusterName: "c", roles: ["os:king"], nodes: 5 };
    const { inputs, failures } = await providers.ClientConfiguration.check({}, named("c", args));
    assert.equal(failures.length, 2);
    assert.deepEqual(inputs, {
      __resourceName: "c",
      ...args,
      secrets: { [SIGNATURE]: SECRET, value: secrets },
    });
  });

  it("mark what is secret, in inputs and outputs, and read what is marked", async () => {
    const marked = { [SIGNATURE]: SECRET, value: secrets };
    const args = named("c", { secrets: marked, clusterName: "c" });
    const { inputs, outputs } = await made(providers.ClientConfiguration, args);
    const isSecret = (value: unknown): boolean =>
      (value as Record<string, unknown> | undefined)?.[SIGNATURE] === SECRET;
    assert.ok(isSecret(inputs["secrets"]));
    for (const name of ["talosconfig", "clientKeyPem", "clientConfiguration"]) assert.ok(isSecret(outputs[name]), name);
    for (const name of ["clientCertificatePem", "roles", "notAfter"]) assert.ok(!isSecret(outputs[name]), name);
    const open = JSON.stringify({ inputs, outputs }, (_, value: unknown) => (isSecret(value) ? null : value));
    assert.doesNotMatch(open, /PRIVATE KEY|UFJJVkFURSBLRVk/);
    assert.deepEqual(await providers.ClientConfiguration.diff("", outputs, inputs), {});
  });

  it("keep the first name of a resource, so that an alias is no difference", async () => {
    const args = { secrets, clusterName: "c" };
    const { inputs } = await made(providers.ClientConfiguration, named("old", args));
    const renamed = await providers.ClientConfiguration.check(inputs, named("new", args));
    assert.deepEqual({ ...renamed.inputs, ...PROVIDER }, inputs);
  });

  it("say what they say under the present name of the resource", async () => {
    const state = await made(providers.TalosSecrets, named("old", { secretsYaml: secrets }));
    const rotation = { os: { id: "r", stage: "accept" } };
    const news = await providers.TalosSecrets.check(state.inputs, named("new", { rotation }));
    const { said } = await listen(() =>
      providers.TalosSecrets.diff(state.id, state.outputs, { ...news.inputs, ...PROVIDER }),
    );
    assert.match(said, /^TalosSecrets "new": rotation\.os "r": none -> accept: issuing stays [0-9a-f]{64}, /);
  });

  it("reject a move once, under the name of the resource, and without a stack", async () => {
    const state = await made(providers.TalosSecrets, named("prod", { secretsYaml: secrets }));
    const rotation = { os: { id: "r", stage: "swap" }, kubernetes: { id: "r", stage: "abort" } };
    const { inputs } = await providers.TalosSecrets.check(state.inputs, named("prod", { rotation }));
    await assert.rejects(providers.TalosSecrets.diff(state.id, state.outputs, inputs), (error: Error) => {
      assert.equal(
        error.message,
        `TalosSecrets "prod": rotation.os: no rotation is under way, so "r" cannot begin with stage "swap"; begin with stage "accept" (ERR_ROTATION_ILLEGAL)
rotation.kubernetes: no rotation is under way, so "r" cannot begin with stage "abort"; begin with stage "accept" (ERR_ROTATION_ILLEGAL)`,
      );
      assert.equal(`${String(error)}: ${error.stack ?? ""}`, 'TalosSecrets "prod": is rejected');
      return true;
    });
  });

  it("answer that nothing changes where the definition says so, and leave it to Pulumi elsewhere", async () => {
    const state = await made(providers.TalosSecrets, named("prod", { secretsYaml: secrets }));
    const { inputs } = await providers.TalosSecrets.check(state.inputs, named("prod"));
    assert.deepEqual(await providers.TalosSecrets.diff(state.id, state.outputs, inputs), { changes: false });
    const read = await providers.TalosSecrets.read(state.id, state.outputs);
    assert.deepEqual({ ...read.props, ...PROVIDER }, state.outputs);
    await providers.TalosSecrets.delete(state.id, state.outputs);
  });
});
