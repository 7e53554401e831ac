import type { Properties, Property, PropertyType } from "../../provider/engine/rows";
import { defaultText, shownProperties, writtenType } from "../definitions";
import { ALWAYS_THERE, NAMES, RECORDS } from "./exceptions";
import { docstring, member } from "./text";

/** Names that a file must import, of types.ts and of the hand-written inputs.ts. */
export interface UsedNames {
  readonly types: Set<string>;
  readonly inputs: Set<string>;
}

const nothingUsed = (): UsedNames => ({ types: new Set(), inputs: new Set() });

type ObjectType = PropertyType & { readonly kind: "object" };

/** Collects the named types of the SDK while properties are translated. */
export class TypeScriptTypes {
  /** Declarations by name. */
  readonly declarations = new Map<string, string>();
  /** What those declarations use. */
  readonly usedByDeclarations = nothingUsed();
  private used = nothingUsed();

  /** The names used since the last call. */
  takeUsed(): UsedNames {
    const { used } = this;
    this.used = nothingUsed();
    return used;
  }

  /** Members of an interface of inputs. */
  inputMembers(properties: Properties): string[] {
    return shownProperties(properties).map(([name, property]) =>
      member(inputText(property), `${name}${property.required === true ? "" : "?"}: ${this.inputOf(property)};`),
    );
  }

  private inputOf({ type, plain }: Property): string {
    if (plain !== true) return this.input(type);
    const written = writtenType(type);
    if (written.kind === "list") return `${this.plainInput(written.item)}[]`;
    if (written.kind === "map") return `Record<string, ${this.plainInput(written.value)}>`;
    return this.plainInput(written);
  }

  /** The type of an input: each part may be an Output. */
  input(type: PropertyType): string {
    if ((type.kind === "any" || type.kind === "custom") && type.sdk !== undefined) return this.ofInputs(type.sdk.input);
    const written = writtenType(type);
    if (written.kind === "enum") return `${this.ofInputs("TextInput")}<${this.enumeration(written)}>`;
    if (written.kind === "union") return `pulumi.Input<${written.of.map((part) => this.plainInput(part)).join(" | ")}>`;
    return `pulumi.Input<${this.plainInput(type)}>`;
  }

  /** An item of a list or a map. In an Output of a whole list, a text is any text. */
  private item(type: PropertyType): string {
    const written = writtenType(type);
    return written.kind === "enum" ? `pulumi.Input<${this.enumeration(written)} | (string & {})>` : this.input(type);
  }

  private plainInput(type: PropertyType): string {
    const written = writtenType(type);
    switch (written.kind) {
      case "list":
        return `${this.item(written.item)}[]`;
      case "map":
        return `Record<string, ${this.item(written.value)}>`;
      case "object":
        return this.object(written, "input");
      case "enum":
        return this.enumeration(written);
      case "union":
        return written.of.map((part) => this.plainInput(part)).join(" | ");
      default:
        return this.scalar(written.kind);
    }
  }

  /** The value of an output. */
  output(type: PropertyType): string {
    const written = writtenType(type);
    switch (written.kind) {
      case "list": {
        const item = this.output(written.item);
        return item.includes(" ") ? `(${item})[]` : `${item}[]`;
      }
      case "map":
        return `Record<string, ${this.output(written.value)}>`;
      case "object":
        return this.object(written, "output");
      case "enum":
        return this.enumeration(written);
      case "union":
        return written.of.map((part) => this.output(part)).join(" | ");
      default:
        return this.scalar(written.kind);
    }
  }

  private scalar(kind: "string" | "boolean" | "integer" | "hours" | "time" | "any"): string {
    if (kind === "hours") return this.ofInputs("Hours");
    return { string: "string", time: "string", boolean: "boolean", integer: "number", any: "unknown" }[kind];
  }

  private ofInputs(name: string): string {
    this.used.inputs.add(name);
    return name;
  }

  private enumeration(type: PropertyType & { readonly kind: "enum" }): string {
    const values = type.values.map((value) => JSON.stringify(value)).join(" | ");
    if (type.name === undefined) return values;
    return this.declare(type.name, [docstring([type.description ?? ""]), `export type ${type.name} = ${values};`]);
  }

  private object(type: ObjectType, direction: "input" | "output"): string {
    const { name, properties, description } = type;
    const own = NAMES[name] ?? (direction === "input" && !name.endsWith("Args") ? `${name}Args` : name);
    const outer = this.used;
    this.used = this.usedByDeclarations;
    const members = direction === "input" ? this.inputMembers(properties) : this.outputMembers(name, properties);
    this.used = outer;
    const body = `{\n${members.join("\n")}\n}`;
    return this.declare(own, [
      ...(description === undefined ? [] : [docstring([description])]),
      RECORDS.includes(own)
        ? `export type ${own} = ${body} & Record<string, unknown>;`
        : `export interface ${own} ${body}`,
    ]);
  }

  private outputMembers(type: string, properties: Properties): string[] {
    return shownProperties(properties).map(([name, property]) => {
      const isOptional = property.sometimes === true && ALWAYS_THERE[type]?.includes(name) !== true;
      return member(property.description, `${name}${isOptional ? "?" : ""}: ${this.output(property.type)};`);
    });
  }

  private declare(name: string, lines: readonly string[]): string {
    const declaration = lines.join("\n");
    const known = this.declarations.get(name);
    if (known !== undefined && known !== declaration) {
      throw new Error(
        `two types of the TypeScript SDK are called ${name}; rename one in its definition, or in NAMES of tools/typescriptSdk/exceptions.ts`,
      );
    }
    this.declarations.set(name, declaration);
    this.used.types.add(name);
    return name;
  }
}

function inputText(property: Property): string {
  const value = defaultText(property);
  return value === undefined ? property.description : `${property.description} Default: \`${value}\`.`;
}
