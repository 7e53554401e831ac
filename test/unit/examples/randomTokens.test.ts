import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import type { Properties } from "../../../provider/engine/wire";
import { MockEngine } from "./support/engine";

/** A password is made once for its keepers, as the provider of @pulumi/random does. */
function randomPassword(type: string, name: string, inputs: Properties): Properties {
  assert.equal(type, "random:index/randomPassword:RandomPassword");
  const { length, special, upper, keepers } = inputs;
  assert.deepEqual([special, upper], [false, false]);
  const result = createHash("sha256")
    .update(`${name} ${JSON.stringify(keepers)}`)
    .digest("hex")
    .slice(0, Number(length));
  return { result };
}

interface Outputs {
  readonly workerConfig: string;
  readonly rotationStatus: Readonly<Record<string, { readonly id: string }>>;
  readonly fingerprint: string;
}

describe("the example random-tokens", function () {
  this.timeout(60_000);
  let engine: MockEngine;
  const run = async (config: Readonly<Record<string, string>> = {}): Promise<Outputs> =>
    (await engine.run("random-tokens", config)) as unknown as Outputs;
  const tokenOf = ({ workerConfig }: Outputs, name: "machine" | "cluster"): string | undefined =>
    new RegExp(`^${name}:\\n(?: .*\\n)*? {4}token: (\\S+)$`, "m").exec(workerConfig)?.[1];

  beforeEach(() => {
    engine = new MockEngine(randomPassword, new Date("2026-01-01T00:00:00Z"));
  });

  it("feeds the tokens into the bundle and the machine config, and a second run changes nothing", async () => {
    const first = await run();
    assert.deepEqual(engine.refused, []);
    assert.match(tokenOf(first, "machine") ?? "", /^[0-9a-f]{6}\.[0-9a-f]{16}$/);
    assert.notEqual(tokenOf(first, "machine"), tokenOf(first, "cluster"));
    assert.deepEqual(await run(), first);
  });

  it("replaces one token when its keeper and rotation id change, and says what that interrupts", async () => {
    const first = await run();
    const second = await run({ bootstrapTokenId: "2" });
    assert.deepEqual(engine.refused, []);
    assert.notEqual(tokenOf(second, "cluster"), tokenOf(first, "cluster"));
    assert.equal(tokenOf(second, "machine"), tokenOf(first, "machine"));
    assert.equal(second.rotationStatus["bootstrapToken"]?.id, "2");
    assert.deepEqual(
      engine.said.filter((line) => line.includes("rotation.")),
      [
        'TalosSecrets "demo": rotation.bootstrapToken "2": will be replaced at once; nodes that have not joined yet cannot join with their old config',
      ],
    );
  });

  it("is rejected when a token changes without a new rotation id", async () => {
    const first = await run();
    const other = new MockEngine(
      (type, name, inputs) => randomPassword(type, `another ${name}`, inputs),
      new Date("2026-01-01T00:00:00Z"),
    );
    engine.resources.forEach((resource, key) => other.resources.set(key, resource));
    const refused = (await other.run("random-tokens")) as unknown as Outputs;
    assert.deepEqual(other.refused, [
      'TalosSecrets "demo": bootstrapToken: differs from the value in the state; to replace it set rotation.bootstrapToken to a new id, else give the old value, or none\n' +
        "trustdToken: differs from the value in the state; to replace it set rotation.trustdToken to a new id, else give the old value, or none",
    ]);
    assert.equal(refused.fingerprint, first.fingerprint);
  });
});
