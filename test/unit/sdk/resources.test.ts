import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import type { Properties } from "../../../provider/engine/rows";
import { DEFINITIONS, type ResourceName } from "../../../provider/resources";
import * as sdk from "../../../sdk";
import { Registrations } from "./registrations";

const secrets = { certs: {} };

/** One of each kind, with the arguments that its class asks for. */
const MAKE: Readonly<
  Record<ResourceName, (name: string, opts?: pulumi.CustomResourceOptions) => pulumi.CustomResource>
> = {
  TalosSecrets: (name, opts) => new sdk.TalosSecrets(name, {}, opts),
  ClientConfiguration: (name, opts) => new sdk.ClientConfiguration(name, { secrets, clusterName: "c" }, opts),
  MachineConfig: (name, opts) =>
    new sdk.MachineConfig(
      name,
      { secrets, clusterName: "c", clusterEndpoint: "https://10.0.0.1:6443", machineType: "worker" },
      opts,
    ),
  AcceptedCA: (name, opts) => new sdk.AcceptedCA(name, { certificatePem: "x" }, opts),
  NodeCertificate: (name, opts) => new sdk.NodeCertificate(name, { secrets, dnsNames: ["a"] }, opts),
  Kubeconfig: (name, opts) =>
    new sdk.Kubeconfig(name, { secrets, clusterName: "c", clusterEndpoint: "https://10.0.0.1:6443" }, opts),
  ConfigurationApply: (name, opts) =>
    new sdk.ConfigurationApply(name, { node: "10.0.0.2", secrets, machineConfig: "a: b" }, opts),
  Bootstrap: (name, opts) => new sdk.Bootstrap(name, { node: "10.0.0.2", secrets }, opts),
  ClusterHealth: (name, opts) => new sdk.ClusterHealth(name, { controlPlaneNodes: ["10.0.0.2"], secrets }, opts),
};
const KINDS = Object.keys(MAKE) as ResourceName[];

describe("The classes of the package", () => {
  const registrations = new Registrations();
  before(() => registrations.listen());
  beforeEach(() => {
    registrations.clear();
  });

  for (const kind of KINDS) {
    const outputs: Properties = DEFINITIONS[kind].outputs;
    const secret = Object.keys(outputs).filter((name) => outputs[name]?.secret === true);

    it(`${kind} is registered as a dynamic resource of a short text that never changes`, async () => {
      const { type, inputs } = await registrations.of(() => MAKE[kind]("name"));
      assert.equal(type, `pulumi-nodejs:dynamic/talos-pki:${kind}`);
      const provider = String(inputs["__provider"]);
      assert.equal(
        provider,
        `exports.handler=()=>require("module").createRequire(process.cwd()+"/_")("pulumi-talos-pki/provider").${kind}`,
      );
      assert.ok(Buffer.byteLength(provider) <= 150);
      assert.equal(inputs["__resourceName"], "name");
    });

    it(`${kind} declares every output of its definition, and no other`, async () => {
      const resource = MAKE[kind]("name");
      await registrations.next();
      const declared = Object.entries(resource)
        .filter(
          ([name, value]) => pulumi.Output.isInstance(value) && !["urn", "id"].includes(name) && !name.startsWith("__"),
        )
        .map(([name]) => name);
      const given = Object.keys(DEFINITIONS[kind].inputs).filter((name) => !(name in outputs));
      assert.deepEqual(declared.filter((name) => !given.includes(name)).sort(), Object.keys(outputs).sort());
    });

    it(`${kind} has every secret output of its definition encrypted, and no other`, async () => {
      const { request } = await registrations.of(() => MAKE[kind]("name"));
      assert.deepEqual([...request.getAdditionalsecretoutputsList()].sort(), [...secret].sort());
    });

    it(`${kind} adds what a user asks to have encrypted`, async () => {
      const { request } = await registrations.of(() =>
        MAKE[kind]("name", { additionalSecretOutputs: ["fingerprint"] }),
      );
      assert.deepEqual([...request.getAdditionalsecretoutputsList()].sort(), [...secret, "fingerprint"].sort());
    });
  }

  it("protect TalosSecrets unless told otherwise, and nothing else", async () => {
    const isProtected = async (kind: ResourceName, opts?: pulumi.CustomResourceOptions): Promise<boolean> =>
      (await registrations.of(() => MAKE[kind]("name", opts))).request.getProtect();
    for (const kind of KINDS) assert.equal(await isProtected(kind), kind === "TalosSecrets", kind);
    assert.equal(await isProtected("TalosSecrets", { protect: false }), false);
    assert.equal(await isProtected("TalosSecrets", { protect: undefined as unknown as boolean }), true);
    assert.equal(await isProtected("TalosSecrets", { retainOnDelete: true }), true);
  });
});

describe("The arguments of the classes", () => {
  const registrations = new Registrations();
  before(() => registrations.listen());
  beforeEach(() => {
    registrations.clear();
  });

  const bundle = { certs: { os: { crt: "a", key: "b" } } };
  const args = { clusterName: "c", clusterEndpoint: "https://10.0.0.1:6443" } as const;

  it("take a TalosSecrets as `secrets`, an output of one, a promise of it, and a plain bundle", async () => {
    registrations.answer("TalosSecrets", { secrets: bundle });
    const owner = new sdk.TalosSecrets("s");
    await registrations.next();
    const forms: [string, sdk.SecretsInput][] = [
      ["the resource", owner],
      ["its output", owner.secrets],
      ["an output of the resource", pulumi.output(owner)],
      ["a choice between resources", pulumi.output(true).apply((first) => (first ? owner : owner))],
      ["a promise of the resource", Promise.resolve(owner)],
      ["a promise", Promise.resolve(bundle)],
      ["the bundle", bundle],
      ["something of its shape", { secrets: pulumi.output<Record<string, unknown>>(bundle) }],
      ["text", "cluster: {}"],
    ];
    for (const [form, given] of forms) {
      const expected = form === "text" ? "cluster: {}" : form.startsWith("something") ? { secrets: bundle } : bundle;
      for (const make of [
        () => new sdk.ClientConfiguration("x", { secrets: given, clusterName: "c" }),
        () => new sdk.NodeCertificate("x", { secrets: given, dnsNames: ["a"] }),
        () => new sdk.Kubeconfig("x", { secrets: given, ...args }),
        () => new sdk.MachineConfig("x", { secrets: given, ...args, machineType: "worker" }),
      ]) {
        const { inputs } = await registrations.of(make);
        assert.deepEqual(inputs["secrets"], expected, form);
      }
    }
  });

  it("tell a MachineConfig which inputs are secret, by property and by item of a list", async () => {
    const marksOf = async (more: Partial<sdk.MachineConfigArgs>): Promise<unknown> => {
      const make = (): sdk.MachineConfig =>
        new sdk.MachineConfig("x", { secrets: pulumi.secret(bundle), ...args, machineType: "worker", ...more });
      return (await registrations.of(make)).inputs["__secretInputs"];
    };
    assert.equal(await marksOf({ configPatches: ["a", { b: 1 }], certSANs: pulumi.output(["x"]) }), undefined);
    assert.deepEqual(
      await marksOf({
        configPatches: ["a", { b: { c: [pulumi.secret(1)] } }, pulumi.secret("d")],
        clusterName: pulumi.secret("c"),
        certSANs: pulumi.secret(["x"]),
      }),
      ["clusterName", "configPatches[1]", "configPatches[2]", "certSANs"],
    );
  });

  it("know a TalosSecrets of another copy of the package by its shape", async () => {
    class Foreign extends pulumi.CustomResource {
      declare readonly secrets: pulumi.Output<Record<string, unknown>>;
      constructor() {
        super("pulumi-nodejs:dynamic/talos-pki:TalosSecrets", "foreign", { secrets: undefined });
      }
    }
    registrations.answer("TalosSecrets", { secrets: bundle });
    const foreign = new Foreign();
    await registrations.next();
    const { inputs } = await registrations.of(() => new sdk.Kubeconfig("x", { secrets: foreign, ...args }));
    assert.deepEqual(inputs["secrets"], bundle);
  });

  it("take AcceptedCA resources, their outputs and PEM as accepted CAs", async () => {
    const certificates = [{ certificatePem: "one" }, { certificatePem: "two" }];
    registrations.answer("AcceptedCA", { certificates, certificatePem: "one" });
    const accepted = new sdk.AcceptedCA("a", { certificatePem: "x" });
    await registrations.next();
    const list = [accepted, accepted.certificatePem, "pem", { certificatePem: "y" }];
    const { inputs } = await registrations.of(
      () =>
        new sdk.MachineConfig("x", {
          ...args,
          secrets: bundle,
          machineType: "worker",
          acceptedCAs: list,
          kubernetesAcceptedCAs: pulumi.output(["pem"]),
        }),
    );
    assert.deepEqual(inputs["acceptedCAs"], [{ certificates }, "one", "pem", { certificatePem: "y" }]);
    assert.deepEqual(inputs["kubernetesAcceptedCAs"], ["pem"]);
  });

  it("take an AcceptedCA, a list of them or one in a list, through an output and a promise", async () => {
    const certificates = [{ certificatePem: "one" }, { certificatePem: "two" }];
    registrations.answer("AcceptedCA", { certificates, certificatePem: "one" });
    const accepted = new sdk.AcceptedCA("a", { certificatePem: "x" });
    await registrations.next();
    const lists: sdk.MachineConfigArgs["acceptedCAs"][] = [
      pulumi.output([accepted, "pem"]),
      Promise.resolve([accepted, "pem"]),
      pulumi.output(true).apply(() => [accepted, "pem"]),
      [pulumi.output(accepted), pulumi.output("pem")],
      [Promise.resolve(accepted), Promise.resolve("pem")],
    ];
    for (const list of lists) {
      const { inputs } = await registrations.of(
        () =>
          new sdk.MachineConfig("x", {
            ...args,
            secrets: bundle,
            machineType: "worker",
            acceptedCAs: list!,
            kubernetesAcceptedCAs: list!,
          }),
      );
      assert.deepEqual(inputs["acceptedCAs"], [{ certificates }, "pem"]);
      assert.deepEqual(inputs["kubernetesAcceptedCAs"], [{ certificates }, "pem"]);
    }
  });

  it("keep secret and depend on what a resource gives through an output", async () => {
    registrations.answer("TalosSecrets", { secrets: pulumi.secret(bundle) });
    const owner = new sdk.TalosSecrets("s");
    await registrations.next();
    const { request } = await registrations.of(
      () => new sdk.Kubeconfig("x", { secrets: pulumi.output(owner), ...args }),
    );
    const direct = await registrations.of(() => new sdk.Kubeconfig("x", { secrets: owner, ...args }));
    assert.deepEqual(request.getObject().toJavaScript(), direct.request.getObject().toJavaScript());
    assert.ok(request.getDependenciesList().length > 0);
    assert.deepEqual(request.getDependenciesList(), direct.request.getDependenciesList());
  });

  it("take outputs at every place", async () => {
    const { inputs } = await registrations.of(
      () =>
        new sdk.ClientConfiguration("x", {
          secrets: bundle,
          clusterName: pulumi.output("c"),
          roles: [pulumi.output("os:reader")],
          endpoints: pulumi.output(["10.0.0.1"]),
          validityPeriodHours: pulumi.output(24),
          rotationTriggers: { a: pulumi.output("1") },
        }),
    );
    const { clusterName, roles, endpoints, validityPeriodHours, rotationTriggers } = inputs;
    assert.deepEqual(
      [clusterName, roles, endpoints, validityPeriodHours, rotationTriggers],
      ["c", ["os:reader"], ["10.0.0.1"], 24, { a: "1" }],
    );
  });

  it("take a plain text of another resource where only some texts are right", async () => {
    // To the compiler an Output of another package is any text.
    const text = (value: string): pulumi.Output<string> => pulumi.output(value);
    const owner = await registrations.of(
      () =>
        new sdk.TalosSecrets("s", {
          certificateAuthorities: { os: { algorithm: text("ed25519") } },
          serviceAccount: { algorithm: text("rsa-4096") },
          rotation: { os: { id: text("1"), stage: text("accept") }, kubernetes: { id: "1", stage: "finish" } },
        }),
    );
    assert.deepEqual(owner.inputs["certificateAuthorities"], { os: { algorithm: "ed25519" } });
    assert.deepEqual(owner.inputs["rotation"], {
      os: { id: "1", stage: "accept" },
      kubernetes: { id: "1", stage: "finish" },
    });
    const node = await registrations.of(
      () => new sdk.NodeCertificate("x", { secrets: bundle, dnsNames: ["a"], algorithm: text("ed25519") }),
    );
    assert.equal(node.inputs["algorithm"], "ed25519");
    const config = await registrations.of(
      () => new sdk.MachineConfig("x", { ...args, secrets: bundle, machineType: text("worker") }),
    );
    assert.equal(config.inputs["machineType"], "worker");
  });

  it("take the other CA of a rotation under way, by its names", async () => {
    const other = { certificatePem: "crt", privateKeyPem: "key" };
    registrations.answer("TalosSecrets", { rotationSecrets: { os: other } });
    const owner = new sdk.TalosSecrets("s");
    await registrations.next();
    const { inputs } = await registrations.of(
      () =>
        new sdk.ClientConfiguration("x", {
          certificateAuthority: owner.rotationSecrets.apply(({ os }) => ({
            certificatePem: os!.certificatePem,
            privateKeyPem: os!.privateKeyPem,
          })),
          clusterName: "c",
        }),
    );
    assert.deepEqual(inputs["certificateAuthority"], other);
  });

  it("take a token from another package's resource, as from @pulumi/random, with a rotation of its keeper", async () => {
    class RandomPassword extends pulumi.CustomResource {
      declare readonly result: pulumi.Output<string>;
      constructor(name: string, inputs: { length: number; keepers: Record<string, string> }) {
        super(
          "random:index/randomPassword:RandomPassword",
          name,
          { result: undefined, ...inputs },
          { additionalSecretOutputs: ["result"] },
        );
      }
    }
    registrations.answer("RandomPassword", { result: "0123456789abcdef" });
    const keeper = "2026-11";
    const part = new RandomPassword("token", { length: 16, keepers: { rotation: keeper } });
    await registrations.next();
    const { inputs } = await registrations.of(
      () =>
        new sdk.TalosSecrets("s", {
          bootstrapToken: pulumi.interpolate`abcdef.${part.result}`,
          rotation: { bootstrapToken: { id: keeper } },
        }),
    );
    assert.equal(inputs["bootstrapToken"], "abcdef.0123456789abcdef");
    assert.deepEqual(inputs["rotation"], { bootstrapToken: { id: "2026-11" } });
  });
});

describe("Pulumi's own dynamic resources", () => {
  const registrations = new Registrations();
  before(() => registrations.listen());

  it("have the type and the property that the classes of the package imitate", async () => {
    class Own extends pulumi.dynamic.Resource {
      constructor() {
        const provider = { create: () => Promise.resolve({ id: "1", outs: {} }) };
        super(provider, "own", {}, undefined, "talos-pki", "TalosSecrets");
      }
    }
    const own = await registrations.of(() => new Own());
    const ours = await registrations.of(() => new sdk.TalosSecrets("ours"));
    assert.equal(own.type, ours.type);
    assert.deepEqual(
      Object.keys(own.inputs),
      Object.keys(ours.inputs).filter((name) => name !== "__resourceName"),
    );
    assert.match(String(own.inputs["__provider"]), /^exports\.handler = /);
    assert.equal(own.request.getCustom(), ours.request.getCustom());
    assert.equal(own.request.getProvider(), ours.request.getProvider());
  });
});
