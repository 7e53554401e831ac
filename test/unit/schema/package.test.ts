import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { DEFINITIONS } from "../../../provider/resources";
import { packageSchema } from "../../../tools/schema/package";
import { Types } from "../../../tools/schema/types";

interface Spec {
  readonly description?: string;
  readonly $ref?: string;
  readonly secret?: boolean;
  readonly enum?: readonly { readonly value: string }[];
  readonly items?: Spec;
  readonly properties?: Readonly<Record<string, Spec>>;
  readonly required?: readonly string[];
}

interface Schema {
  readonly version: string;
  readonly types: Readonly<Record<string, Spec>>;
  readonly resources: Readonly<
    Record<
      string,
      Spec & {
        inputProperties: Readonly<Record<string, Spec>>;
        requiredInputs: readonly string[];
        aliases: readonly { type: string }[];
      }
    >
  >;
}

const root = resolve(__dirname, "..", "..", "..");
const { version } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as { version: string };
const schema = packageSchema(version) as unknown as Schema;

describe("The package schema", () => {
  it("in schema.json is what the definitions say; `npm run schema` writes it", () => {
    assert.deepEqual(JSON.parse(readFileSync(resolve(root, "schema.json"), "utf8")), schema);
  });

  it("has every resource with every property, each described, and an example", () => {
    const names = Object.keys(DEFINITIONS).map((name) => `talos-pki:index:${name}`);
    assert.deepEqual(Object.keys(schema.resources), names);
    for (const [token, resource] of Object.entries(schema.resources)) {
      assert.match(resource.description ?? "", /```typescript[^]*```python[^]*```yaml/, token);
      const all = [...Object.entries(resource.properties ?? {}), ...Object.entries(resource.inputProperties)];
      for (const [name, { description = "" }] of all) assert.ok(description.length > 5, `${token} ${name}`);
    }
    for (const [token, { properties = {} }] of Object.entries(schema.types)) {
      for (const [name, { description = "" }] of Object.entries(properties))
        assert.ok(description.length > 3, `${token} ${name}`);
    }
  });

  it("refers to types that exist, and has none that nobody refers to", () => {
    const referred = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/types\/([^"]+)"/g)].map(([, token]) => token!);
    assert.deepEqual([...new Set(referred)].sort(), Object.keys(schema.types).sort());
  });

  it("has enumerations for roles, algorithms, machine types and stages", () => {
    const valuesOf = (name: string): string[] =>
      (schema.types[`talos-pki:index:${name}`]?.enum ?? []).map(({ value }) => value);
    assert.ok(valuesOf("TalosRole").includes("os:admin"));
    assert.ok(valuesOf("KeyAlgorithm").includes("ed25519"));
    assert.deepEqual(valuesOf("MachineType"), ["controlplane", "worker"]);
    assert.deepEqual(valuesOf("RotationStage"), ["accept", "swap", "finish", "abort"]);
  });

  it("marks every secret output and input", () => {
    const secrets = Object.entries(schema.resources).flatMap(([token, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, { secret }]) => secret === true)
        .map(([name]) => `${token.split(":")[2]!}.${name}`),
    );
    assert.deepEqual(secrets.sort(), [
      "ClientConfiguration.clientConfiguration",
      "ClientConfiguration.clientKeyPem",
      "ClientConfiguration.talosconfig",
      "Kubeconfig.clientKeyPem",
      "Kubeconfig.kubeconfig",
      "MachineConfig.machineConfig",
      "NodeCertificate.privateKeyPem",
      "TalosSecrets.machineSecrets",
      "TalosSecrets.rotationSecrets",
      "TalosSecrets.secrets",
      "TalosSecrets.secretsYaml",
    ]);
    const inputs = schema.resources["talos-pki:index:TalosSecrets"]!.inputProperties;
    assert.equal(inputs["bootstrapToken"]?.secret, true);
    assert.equal(schema.types["talos-pki:index:StagedRotation"]?.properties?.["privateKeyPem"]?.secret, true);
  });

  it("lets no SDK send a default, so that a newer one moves nothing", () => {
    assert.ok(!JSON.stringify(schema).includes('"default":'));
    const { inputProperties } = schema.resources["talos-pki:index:MachineConfig"]!;
    assert.match(inputProperties["dnsDomain"]?.description ?? "", /Default: `cluster\.local`\.$/);
  });

  it("lets a stack of dynamic resources move to every SDK", () => {
    assert.deepEqual(schema.resources["talos-pki:index:Kubeconfig"]?.aliases, [
      { type: "pulumi-nodejs:dynamic/talos-pki:Kubeconfig" },
    ]);
  });

  it("refuses two types of one name and an enumeration without a name", () => {
    const types = new Types();
    const of = (description: string): Parameters<Types["property"]>[0] => ({
      type: { kind: "object", name: "T", properties: { a: { type: { kind: "string" }, description } } },
      description: "",
    });
    types.property(of("one"), "input");
    assert.throws(() => types.property(of("two"), "input"), {
      message: "two types are called T; rename one of them in its definition",
    });
    const unnamed = { type: { kind: "enum", values: ["x"] }, description: "" } as const;
    assert.throws(() => types.property(unnamed, "input"), {
      message: "no name for the values x; give it a row in ENUMS",
    });
  });
});
