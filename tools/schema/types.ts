import { defaultText, shownProperties, writtenType } from "../definitions";
import type { Properties, Property, PropertyType } from "../../provider/engine/rows";

export const PACKAGE = "talos-pki";

/** A type in Pulumi's package schema. */
export type TypeSpec = Readonly<Record<string, unknown>>;

type ObjectType = PropertyType & { readonly kind: "object" };

const ANY = { $ref: "pulumi.json#/Any" };

/** Collects the named types of a package while its properties are translated. */
export class Types {
  readonly specs: Record<string, TypeSpec> = {};

  property(property: Property, direction: "input" | "output"): TypeSpec {
    return {
      ...(property.plain === true ? this.plain(property.type, direction) : this.type(property.type, direction)),
      description: describe(property, direction),
      ...(property.secret === true ? { secret: true } : {}),
    };
  }

  properties(properties: Properties, direction: "input" | "output"): Record<string, TypeSpec> {
    return Object.fromEntries(
      shownProperties(properties).map(([name, property]) => [name, this.property(property, direction)]),
    );
  }

  private type(written: PropertyType, direction: "input" | "output"): TypeSpec {
    const type = writtenType(written);
    switch (type.kind) {
      case "string":
      case "boolean":
      case "integer":
        return { type: type.kind };
      case "time":
        return { type: "string" };
      case "hours":
        return { oneOf: [{ type: "integer" }, { type: "string" }] };
      case "any":
        return ANY;
      case "enum":
        return type.name === undefined ? { type: "string" } : this.enum(type.name, type.description, type.values);
      case "list":
        return { type: "array", items: this.type(type.item, direction) };
      case "map":
        return { type: "object", additionalProperties: this.type(type.value, direction) };
      case "object":
        return type.isVerbatim === true ? { type: "object", additionalProperties: ANY } : this.object(type, direction);
      case "union":
        return { oneOf: type.of.map((option) => this.type(option, direction)) };
    }
  }

  /** A list or map that a program knows, whose members may be Outputs. */
  private plain(written: PropertyType, direction: "input" | "output"): TypeSpec {
    const type = writtenType(written);
    const member = (inner: PropertyType): TypeSpec => ({ ...this.type(inner, direction), plain: true });
    if (type.kind === "list") return { type: "array", items: member(type.item), plain: true };
    if (type.kind === "map") return { type: "object", additionalProperties: member(type.value), plain: true };
    return member(type);
  }

  private enum(name: string, description: string | undefined, values: readonly string[]): TypeSpec {
    return this.define(name, {
      type: "string",
      description,
      enum: values.map((value) => ({ name: enumName(value), value })),
    });
  }

  private object(type: ObjectType, direction: "input" | "output"): TypeSpec {
    const { name, properties, description } = type;
    // Generators put Args behind the names of inputs themselves.
    const own = name.replace(/Args$/, "Options");
    const required = direction === "input" ? requiredOf(properties) : presentOf(properties);
    return this.define(own, {
      type: "object",
      ...(description === undefined ? {} : { description }),
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

/** Inputs that a program must configure. */
export function requiredOf(properties: Properties): string[] {
  return shownProperties(properties).flatMap(([name, { required }]) => (required === true ? [name] : []));
}

/** Outputs, or members of them, that are always there. */
export function presentOf(properties: Properties): string[] {
  return shownProperties(properties).flatMap(([name, { sometimes }]) => (sometimes === true ? [] : [name]));
}

/**
 * The description with its default in words. The schema's own `default` would make every SDK send the value, which
 * then could never again be told from one that the program configures: a newer SDK would move what stays put.
 */
function describe(property: Property, direction: "input" | "output"): string {
  const value = direction === "input" ? defaultText(property) : undefined;
  return value === undefined ? property.description : `${property.description} Default: \`${value}\`.`;
}

/** `os:etcd:backup` becomes `OsEtcdBackup`. */
function enumName(value: string): string {
  return value
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}
