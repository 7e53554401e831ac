import assert from "node:assert/strict";

import { type Decision, decisionsOn, isPublicType } from "../../../../provider/core/config/publicFields";
import { isShownKey } from "../../../../provider/core/config/publicForm";
import { ConfigSchema, type ConfigType, type SchemaVersion } from "../../../../provider/core/machinery/schema";

/** The structs of every kind of document, by name, in both versions. */
function structs(version: SchemaVersion): Map<string, ConfigType & { kind: "struct" }> {
  const found = new Map<string, ConfigType & { kind: "struct" }>();
  const visit = (type: ConfigType): void => {
    if (type.kind === "pointer" || type.kind === "list" || type.kind === "map") visit(type.element);
    else if (type.kind === "struct" && !found.has(type.name)) {
      found.set(type.name, type);
      for (const field of type.shape.fields.values()) visit(field.type);
    }
  };
  const schema = ConfigSchema.of(version);
  for (const kind of ["", ...schema.kinds]) visit(schema.document(kind)!.type);
  return found;
}

function leafType(type: ConfigType): ConfigType {
  return type.kind === "pointer" || type.kind === "list" || type.kind === "map" ? leafType(type.element) : type;
}

/** Custom types that are maps have decisions on their own fields. */
const needsDecision = (type: ConfigType): boolean =>
  type.kind !== "struct" && !isPublicType(type) && !(type.kind === "custom" && decisionsOn(type.name).size > 0);

const VERSIONS = ["1.13", "1.14"] as const;
const HIDDEN =
  "annotations args backendExtraConfig baseRuntimeSpecOverrides config configuration content contents credentialProviderConfig entrypoint env environment extraArgs extraConfig extraKernelArgs extraManifestHeaders extraTags headers labels limits manifest nodeAnnotations nodeLabels overrides parameters pod pods publicKey requests rules value variables webhook";
const ENVELOPE = ["apiVersion", "kind"];

describe("Every field of the schema", () => {
  for (const version of VERSIONS) {
    it(`is public, secret or hidden by decision or by its type (${version})`, () => {
      const undecided: string[] = [];
      for (const [name, { shape }] of structs(version)) {
        for (const [field, { type }] of shape.fields) {
          const isDecided = decisionsOn(name).has(field) || ENVELOPE.includes(field);
          if (needsDecision(leafType(type)) !== isDecided && !ENVELOPE.includes(field))
            undecided.push(`${name}.${field}`);
        }
      }
      assert.deepEqual(undecided, []);
    });
  }

  it("that has a decision is there, and the decision is one", () => {
    const known = new Map<string, Set<string>>();
    for (const version of VERSIONS)
      for (const [name, { shape }] of structs(version))
        known.set(name, new Set([...(known.get(name) ?? []), ...shape.fields.keys()]));
    const decisions: readonly Decision[] = [
      "secret",
      "hidden",
      "text",
      "line",
      "numbers",
      "word",
      "url",
      "image",
      "pem",
    ];
    for (const [name, fields] of known) {
      for (const [field, decision] of decisionsOn(name)) {
        assert.ok(fields.has(field), `${name}.${field}`);
        assert.ok(decisions.includes(decision), `${name}.${field}=${decision}`);
      }
    }
  });

  it("reads like a name, and so do the kinds of documents", () => {
    for (const version of VERSIONS) {
      const words = [...structs(version).values()].flatMap(({ shape }) => [...shape.fields.keys()]);
      for (const word of [...words, ...ConfigSchema.of(version).kinds]) assert.ok(isShownKey(word), word);
    }
  });

  it("of a version is in one place: 1.14 has every field that 1.13 has", () => {
    const newer = structs("1.14");
    for (const [name, { shape }] of structs("1.13"))
      for (const field of shape.fields.keys()) assert.ok(newer.get(name)?.shape.fields.has(field), `${name}.${field}`);
  });

  it("that holds a credential is secret, and free text is hidden", () => {
    const fields = (decision: Decision): string[] =>
      [...structs("1.14").keys()].flatMap((name) =>
        [...decisionsOn(name)].flatMap(([field, of]) => (of === decision ? [`${name.split(".")[1]!}.${field}`] : [])),
      );
    assert.deepEqual(
      fields("secret").sort(),
      [
        "CertificateAndKey.key",
        "ClusterConfig.aescbcEncryptionSecret",
        "ClusterConfig.id",
        "ClusterConfig.secret",
        "ClusterConfig.secretboxEncryptionSecret",
        "ClusterConfig.token",
        "DeviceWireguardConfig.privateKey",
        "DiscoveryIdentityConfigV1Alpha1.clusterID",
        "DiscoveryIdentityConfigV1Alpha1.clusterSecret",
        "EncryptionKeyStatic.passphrase",
        "EncryptionKeyStatic.passphrase",
        "HCloudVIPConfigV1Alpha1.apiToken",
        "ConfigV1Alpha1.uniqueToken",
        "IssuerServiceAccountConfig.privateKey",
        "MachineConfig.token",
        "RegistryAuthConfig.auth",
        "RegistryAuthConfig.identityToken",
        "RegistryAuthConfig.password",
        "RegistryAuthConfigV1Alpha1.auth",
        "RegistryAuthConfigV1Alpha1.identityToken",
        "RegistryAuthConfigV1Alpha1.password",
        "VIPEquinixMetalConfig.apiToken",
        "VIPHCloudConfig.apiToken",
        "WireguardConfigV1Alpha1.privateKey",
        "WireguardPeer.presharedKey",
      ].sort(),
    );
    const hidden = HIDDEN.split(" ");
    assert.deepEqual([...new Set(fields("hidden").map((place) => place.split(".")[1]!))].sort(), hidden);
    const shown = (["text", "line", "url", "image", "pem"] as const).flatMap(fields);
    assert.deepEqual(
      shown.filter((place) => hidden.includes(place.split(".")[1]!)),
      [],
    );
    assert.deepEqual(
      [...decisionsOn("certKey")],
      [
        ["crt", "pem"],
        ["key", "secret"],
      ],
    );
    assert.deepEqual([...decisionsOn("cert")], [["crt", "pem"]]);
    assert.deepEqual([...decisionsOn("key")], [["key", "secret"]]);
  });
});
