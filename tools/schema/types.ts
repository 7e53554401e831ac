import { ROTATION_STAGES } from "../../provider/core/lifecycle/rotation";
import { KEY_ALGORITHMS } from "../../provider/core/x509/algorithms";
import { ROLES } from "../../provider/core/x509/roles";
import type { Properties, Property, PropertyType } from "../../provider/resources/schema";

export const PACKAGE = "talos-pki";

/** A type in Pulumi's package schema. */
export type TypeSpec = Readonly<Record<string, unknown>>;

const ANY = { $ref: "pulumi.json#/Any" };

/** Lists of values that are a type of their own in typed languages. */
const ENUMS: readonly { name: string; description: string; values: readonly string[] }[] = [
  { name: "TalosRole", description: "A role of the Talos API.", values: ROLES },
  { name: "KeyAlgorithm", description: "A kind of private key.", values: KEY_ALGORITHMS },
  { name: "MachineType", description: "The role of a machine.", values: ["controlplane", "worker"] },
  { name: "RotationStage", description: "A stage of a staged rotation.", values: ROTATION_STAGES },
];

/** Members of outputs that are not always there. */
const SOMETIMES: Readonly<Record<string, readonly string[]>> = {
  MachineSecretsSecrets: ["secretboxEncryptionSecret", "aescbcEncryptionSecret"],
  RotationStatus: ["aggregator", "serviceAccount", "bootstrapToken", "trustdToken"],
  StagedRotationStatus: ["id", "next"],
};

/** Collects the named types of a package while its properties are translated. */
export class Types {
  readonly specs: Record<string, TypeSpec> = {};

  property(property: Property, direction: "input" | "output"): TypeSpec {
    return {
      ...this.type(property.type, direction),
      description: describe(property, direction),
      ...(property.secret === true ? { secret: true } : {}),
    };
  }

  properties(properties: Properties, direction: "input" | "output"): Record<string, TypeSpec> {
    return Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, this.property(property, direction)]),
    );
  }

  private type(type: PropertyType, direction: "input" | "output"): TypeSpec {
    switch (type.kind) {
      case "string":
      case "boolean":
        return { type: type.kind };
      case "hours":
        return { oneOf: [{ type: "integer" }, { type: "string" }] };
      case "any":
        return ANY;
      case "enum":
        return this.enum(type.values);
      case "list":
        return { type: "array", items: this.type(type.item, direction) };
      case "map":
        return { type: "object", additionalProperties: this.type(type.value, direction) };
      case "object":
        return this.object(type.name, type.properties, direction);
      case "union":
        return { oneOf: type.of.map((option) => this.type(option, direction)) };
    }
  }

  private enum(values: readonly string[]): TypeSpec {
    const known = ENUMS.find((row) => row.values.join() === values.join());
    if (known === undefined) throw new Error(`no name for the values ${values.join(", ")}; give it a row in ENUMS`);
    return this.define(known.name, {
      type: "string",
      description: known.description,
      enum: known.values.map((value) => ({ name: enumName(value), value })),
    });
  }

  private object(name: string, properties: Properties, direction: "input" | "output"): TypeSpec {
    // Generators put Args behind the names of inputs themselves.
    const own = name.replace(/Args$/, "Options");
    const required =
      direction === "input"
        ? requiredOf(properties)
        : Object.keys(properties).filter((member) => SOMETIMES[name]?.includes(member) !== true);
    return this.define(own, {
      type: "object",
      properties: this.properties(properties, direction),
      ...(required.length === 0 ? {} : { required }),
    });
  }

  private define(name: string, spec: TypeSpec): TypeSpec {
    const token = `${PACKAGE}:index:${name}`;
    const known = this.specs[token];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(spec)) {
      throw new Error(`two types are called ${name}; rename one of them in its definition`);
    }
    this.specs[token] = spec;
    return { $ref: `#/types/${token}` };
  }
}

export function requiredOf(properties: Properties): string[] {
  return Object.keys(properties).filter((name) => properties[name]?.required === true);
}

/**
 * The description with its default in words. The schema's own `default` would make every SDK send the value, which
 * then could never again be told from one that the user chose: a newer SDK would move what stays put.
 */
function describe(property: Property, direction: "input" | "output"): string {
  return property.default === undefined || direction === "output"
    ? property.description
    : `${property.description} Default: \`${String(property.default)}\`.`;
}

/** `os:etcd:backup` becomes `OsEtcdBackup`. */
function enumName(value: string): string {
  return value
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}
