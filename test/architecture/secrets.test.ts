import assert from "node:assert/strict";

import { DEFINITIONS } from "../../provider/resources";
import type { Properties, PropertyType } from "../../provider/engine/rows";

interface Leaf {
  readonly path: string;
  readonly isSecret: boolean;
}

function childrenOf(type: PropertyType): Properties {
  if (type.kind === "object") return type.properties;
  if (type.kind === "custom") return childrenOf(type.as);
  return type.kind === "list" ? childrenOf(type.item) : {};
}

/** Every property at any depth; what is inside a secret is secret. */
function leaves(properties: Properties, prefix: string, isInside = false): Leaf[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const isSecret = isInside || property.secret === true;
    const children = leaves(childrenOf(property.type), `${prefix}.${name}`, isSecret);
    return children.length > 0 ? children : [{ path: `${prefix}.${name}`, isSecret }];
  });
}

/** Names under which private values stand. */
const SECRET_NAME =
  /(privateKeyPem|clientKeyPem|Token|Secret|secrets|secretsYaml|talosconfig|kubeconfig|machineConfig|machineSecrets|controlPlaneConfig|configPatches|\.key)$/;

/** They have such a name and are no secret: ids and options. */
const PUBLIC = /\.rotation(Status)?\.|\.cluster\.id$/;

describe("the properties of every resource", () => {
  const all = Object.values(DEFINITIONS).flatMap(({ name, inputs, outputs }) => [
    ...leaves(inputs, `${name}.inputs`),
    ...leaves(outputs, `${name}.outputs`),
  ]);

  it("are secret where their name says that they hold one", () => {
    const named = all.filter(({ path }) => SECRET_NAME.test(path));
    assert.ok(named.length > 30);
    const open = named.filter(({ path, isSecret }) => !isSecret && !PUBLIC.test(path)).map(({ path }) => path);
    assert.deepEqual(open, []);
  });

  it("are open where nothing private is in them, so that a preview shows them", () => {
    for (const path of [
      "ClientConfiguration.outputs.clientCertificatePem",
      "ClientConfiguration.outputs.notAfter",
      "TalosSecrets.outputs.certificateAuthorities.os.fingerprint",
      "TalosSecrets.outputs.trust.os",
      "TalosSecrets.outputs.rotationStatus.os.stage",
      "MachineConfig.outputs.redactedConfig",
      "AcceptedCA.outputs.crt",
    ]) {
      assert.deepEqual(
        all.filter((leaf) => leaf.path === path),
        [{ path, isSecret: false }],
      );
    }
  });
});
