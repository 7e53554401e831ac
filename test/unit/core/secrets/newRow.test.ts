import assert from "node:assert/strict";
import { createRequire } from "node:module";

import type * as MachineConfig from "../../../../provider/core/config/machineConfig";
import type * as Codec from "../../../../provider/core/secrets/codec";
import type * as ControlPlaneConfig from "../../../../provider/core/secrets/controlPlaneConfig";
import type * as Fields from "../../../../provider/core/secrets/fields";
import type * as Generate from "../../../../provider/core/secrets/generate";
import type * as KubernetesPkiFiles from "../../../../provider/core/secrets/kubernetesPkiFiles";
import { readPlainDocuments } from "../../../../provider/core/yaml/plain";
import { told } from "../../support/errors";
import { fixedEnvironment } from "../../support/fixed";

/** Two rows as a newcomer would add them: a key that every machine needs, and a CA of the control plane. */
const ROWS = `
  meshKey: {
    kind: "text", form: "key", bundle: "secrets.meshKey", talosctl: "secrets.meshkey", position: 12,
    documentation: "Secrets.MeshKey", pulumiverse: "secrets.meshKey", config: { v1alpha1: "cluster.meshKey" },
    input: "meshKey", worker: "all", rotation: {},
  },
  mesh: {
    kind: "ca", title: "mesh", bundle: "certs.mesh", talosctl: "certs.mesh", position: 13,
    documentation: "Certs.Mesh", pulumiverse: "certs.mesh", config: { v1alpha1: "cluster.meshCA" },
    accepted: { v1alpha1: "cluster.meshCA.crt" }, kubeadm: "mesh-ca", input: "certificateAuthorities.mesh",
    worker: "nothing", rotation: {}, subject: { organizations: ["mesh"] }, algorithm: "ecdsa-p256",
  },`;

const load = createRequire(__filename);
const root = "../../../../provider/core";

interface Modules {
  readonly codec: typeof Codec;
  readonly controlPlaneConfig: typeof ControlPlaneConfig;
  readonly fields: typeof Fields;
  readonly generate: typeof Generate;
  readonly kubernetesPkiFiles: typeof KubernetesPkiFiles;
  readonly machineConfig: typeof MachineConfig;
}

/** What Node's types leave out: how a file becomes a module. */
interface Compiled {
  _compile(code: string, path: string): unknown;
}
const loaders = (load as unknown as { extensions: Record<".ts", (module: Compiled, path: string) => void> }).extensions;

/** The core as it would be with further rows: its modules are loaded anew, and then forgotten again. */
function coreWith(rows: string): Modules {
  const inventory = load.resolve(`${root}/secrets/inventory`);
  const before = { ...load.cache };
  const compileTs = loaders[".ts"];
  const forget = (): void => {
    for (const path of Object.keys(load.cache))
      if (path.includes("/provider/core/")) Reflect.deleteProperty(load.cache, path);
  };
  let isAdded = false;
  forget();
  loaders[".ts"] = (module, path) => {
    const compile = module._compile.bind(module);
    module._compile = (code, at) => {
      const more = path === inventory ? code.replace(/^exports\.INVENTORY = \{/m, (begin) => begin + rows) : code;
      isAdded ||= more !== code;
      return compile(more, at);
    };
    compileTs(module, path);
  };
  try {
    return {
      codec: load(`${root}/secrets/codec`) as typeof Codec,
      controlPlaneConfig: load(`${root}/secrets/controlPlaneConfig`) as typeof ControlPlaneConfig,
      fields: load(`${root}/secrets/fields`) as typeof Fields,
      generate: load(`${root}/secrets/generate`) as typeof Generate,
      kubernetesPkiFiles: load(`${root}/secrets/kubernetesPkiFiles`) as typeof KubernetesPkiFiles,
      machineConfig: load(`${root}/config/machineConfig`) as typeof MachineConfig,
    };
  } finally {
    loaders[".ts"] = compileTs;
    forget();
    Object.assign(load.cache, before);
    assert.ok(isAdded);
  }
}

describe("A new row in the inventory of secrets is enough", () => {
  const core = coreWith(ROWS);
  const now = new Date("2027-01-01T00:00:00Z");
  const make = async (talosVersion: string) =>
    (
      await core.generate.generateDecodedBundle(
        { talosVersion, serviceAccount: { algorithm: "ecdsa-p256" } },
        fixedEnvironment(),
      )
    ).wholeBundle;
  const valueAt = (tree: unknown, path: string): unknown => core.fields.valueAt(tree, path.split("."));

  it("to make it, write it and read it in every form, and to miss it", async () => {
    const bundle = await make("v1.13");
    assert.match(String(valueAt(bundle, "secrets.meshKey")), /^\S{43}=$/);
    assert.match(String(valueAt(bundle, "certs.mesh.key")), /^-----BEGIN EC PRIVATE KEY-----/);
    const text = core.codec.formatSecretsBundle(bundle);
    assert.match(text, /^ {4}meshkey: \S{43}=$/m);
    assert.deepEqual(core.codec.parseSecretsBundle(text, { now }).bundle, bundle);
    const shape = core.codec.pulumiverseSecrets(bundle);
    assert.deepEqual(core.codec.parseSecretsBundle(JSON.stringify(shape), { now }).bundle, bundle);
    const files = core.kubernetesPkiFiles.kubernetesPkiFiles(bundle) as Readonly<Record<string, string>>;
    assert.equal(files["mesh-ca.crt"], valueAt(bundle, "certs.mesh.crt"));
    assert.throws(
      () => core.codec.parseSecretsBundle(text.replace(/ {4}meshkey: .*\n/, ""), { now }),
      /^PkiError: secrets\.meshkey: is required; must be what talosctl writes there$/,
    );
  });

  for (const talosVersion of ["v1.13", "v1.14"]) {
    it(`to have it in the configs of ${talosVersion}, for those who need it, and to adopt it from there`, async () => {
      const bundle = await make(talosVersion);
      const config = (machineType: "controlplane" | "worker"): string =>
        core.machineConfig.generateMachineConfig({
          secrets: bundle,
          clusterName: "alpha",
          clusterEndpoint: "https://10.0.0.1:6443",
          machineType,
          talosVersion,
        }).machineConfig;
      const [controlPlane, worker] = [config("controlplane"), config("worker")].map(
        (text) => readPlainDocuments(text, "")[0],
      );
      for (const main of [controlPlane, worker])
        assert.equal(valueAt(main, "cluster.meshKey"), valueAt(bundle, "secrets.meshKey"));
      assert.equal(typeof valueAt(controlPlane, "cluster.meshCA.key"), "string");
      assert.equal(valueAt(worker, "cluster.meshCA"), undefined);
      const adopted = core.controlPlaneConfig.bundleFromControlPlaneConfig(config("controlplane"), { now });
      assert.deepEqual(adopted.bundle, bundle);
      assert.deepEqual(told(adopted.warnings), []);
    });
  }
});
