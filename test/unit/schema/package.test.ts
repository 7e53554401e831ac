import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import {
  customOf,
  flag,
  hours,
  listOf,
  type PropertyType,
  rejectedOf,
  row,
  STRING,
  text,
  TIME,
  verbatimFactsOf,
} from "../../../provider/engine/rows";
import { COMPONENTS, DEFINITIONS } from "../../../provider/resources";
import { exampleOf } from "../../../tools/schema/examples";
import { packageSchema } from "../../../tools/schema/package";
import type { PublishedManifest } from "../../../tools/schema/publication";
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
const manifest = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as PublishedManifest;
const schema = packageSchema(manifest) as unknown as Schema;

describe("The package schema", () => {
  it("in schema.json is what the definitions say; `npm run schema` writes it", () => {
    assert.deepEqual(JSON.parse(readFileSync(resolve(root, "schema.json"), "utf8")), schema);
  });

  it("says where the package is published once package.json names its repository, and invents no place before", () => {
    const places = ({
      homepage,
      repository,
      pluginDownloadURL,
      logoUrl,
      language,
    }: Record<string, unknown>): unknown => ({
      homepage,
      repository,
      pluginDownloadURL,
      logoUrl,
      go: (language as { go: { importBasePath: string } }).go.importBasePath,
    });
    assert.deepEqual(places(packageSchema({ version: "1.0.0" })), {
      homepage: undefined,
      repository: undefined,
      pluginDownloadURL: undefined,
      logoUrl: undefined,
      go: "github.com/pulumi/pulumi-talos-pki/sdk/go/talospki",
    });
    const repository = { url: "git+https://github.com/some-owner/talos.pki.git" };
    assert.deepEqual(places(packageSchema({ version: "1.0.0", repository })), {
      homepage: "https://github.com/some-owner/talos.pki",
      repository: "https://github.com/some-owner/talos.pki",
      pluginDownloadURL: "github://api.github.com/some-owner/talos.pki",
      logoUrl: undefined,
      go: "github.com/some-owner/talos.pki/sdk/go/talospki",
    });
    assert.throws(
      () => packageSchema({ version: "1.0.0", repository: { url: "https://example.org/x" } }),
      /^Error: package\.json: repository\.url: must be git\+https:\/\/github\.com\/<owner>\/<name>\.git$/,
    );
  });

  it("has every resource with every property, each described, and an example", () => {
    const names = Object.keys({ ...DEFINITIONS, ...COMPONENTS }).map((name) => `talos-pki:index:${name}`);
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
    assert.deepEqual(valuesOf("RotationStage"), ["accept", "swap", "finish", "abort", "auto"]);
  });

  it("marks every secret output of a resource, and every secret input", () => {
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

  it("leaves marks on a component's outputs to construct, because Java and C# have no option for them", () => {
    const { inputProperties, properties = {} } = schema.resources["talos-pki:index:TalosCluster"]!;
    const marked = (specs: Readonly<Record<string, Spec>>) => Object.keys(specs).filter((name) => specs[name]?.secret);
    assert.deepEqual(marked(properties), []);
    assert.ok(marked(inputProperties).includes("bootstrapToken"));
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

  it("rejects two types of one name", () => {
    const types = new Types();
    const of = (description: string): Parameters<Types["property"]>[0] => ({
      type: { kind: "object", name: "T", properties: { a: { type: { kind: "string" }, description } } },
      description: "",
    });
    types.property(of("one"), "input");
    assert.throws(() => types.property(of("two"), "input"), {
      message: "two types are called T; rename one of them in its definition",
    });
  });

  it("shows what a definition decodes as it is written, and an enumeration without a name as text", () => {
    const types = new Types();
    const shown = (type: PropertyType): unknown => types.property({ type, description: "d" }, "input");
    const decode = (): never => assert.fail();
    assert.deepEqual(shown({ kind: "enum", values: ["x"] }), { type: "string", description: "d" });
    assert.deepEqual(shown(TIME), { type: "string", description: "d" });
    assert.deepEqual(shown(customOf(listOf(STRING), decode)), {
      type: "array",
      items: { type: "string" },
      description: "d",
    });
    assert.deepEqual(shown(verbatimFactsOf("V", { a: text("A.") }, "Free.")), {
      type: "object",
      additionalProperties: { $ref: "pulumi.json#/Any" },
      description: "d",
    });
    assert.deepEqual(types.specs, {});
  });

  it("leaves out inputs that are always rejected, and tells defaults in words", () => {
    const rows = {
      old: row(rejectedOf("ERR_INPUT_INVALID", "is gone; use new"), "Old."),
      roles: row(listOf(STRING), "Roles.").withDefault(["a"]),
      lifetime: hours("Lifetime.").withDocumentedDefault("as Talos"),
    };
    const shown = new Types().properties(rows, "input") as Record<string, Spec>;
    assert.deepEqual(Object.keys(shown), ["roles", "lifetime"]);
    assert.equal(shown["roles"]?.description, "Roles. Default: `a`.");
    assert.equal(shown["lifetime"]?.description, "Lifetime. Default: `as Talos`.");
  });

  it("has an example of a resource that nobody has written one for", () => {
    const { typescript, python, yaml } = exampleOf({
      name: "Echo",
      inputs: {
        secrets: {
          type: {
            kind: "any",
            sdk: { input: "S", takes: { resource: "TalosSecrets", output: "secrets", as: "value" } },
          },
          description: "Secrets.",
          required: true,
        },
        isLoud: flag("Loud.").asRequired(),
        text: text("Text."),
      },
    });
    assert.equal(
      typescript,
      'import { Echo, TalosSecrets } from "pulumi-talos-pki/plugin";\n\n' +
        'const talosSecrets = new TalosSecrets("example");\n' +
        'const echo = new Echo("example", { secrets: talosSecrets, isLoud: true });\n',
    );
    assert.match(python, /\necho = talos\.Echo\("example", secrets=talos_secrets\.secrets, is_loud=True\)\n$/);
    assert.match(yaml, / {6}secrets: \$\{talosSecrets\.secrets\}\n {6}isLoud: true\n$/);
  });
});
