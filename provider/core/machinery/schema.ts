import { DOCUMENTS, DOCUMENTS_1_13, ENUMS, ENUMS_1_13, STRUCTS, STRUCTS_1_13 } from "./schemaTable";

/** The Talos whose types a config follows: that of 1.13 for contracts up to v1.13, else that of 1.14. */
export type SchemaVersion = "1.13" | "1.14";

/** A Go type of the machine config, as far as reading, merging and writing depend on it. */
export type ConfigType =
  | { readonly kind: "string" | "boolean" | "any" }
  | { readonly kind: "integer"; readonly min: bigint; readonly max: bigint }
  | { readonly kind: "pointer" | "map"; readonly element: ConfigType }
  | { readonly kind: "list"; readonly element: ConfigType; readonly special?: string }
  | { readonly kind: "struct"; readonly name: string; readonly shape: StructShape }
  | { readonly kind: "enum"; readonly values: readonly string[]; readonly zero: string; readonly anyCase: boolean }
  | { readonly kind: "custom"; readonly name: string };

export interface StructShape {
  readonly fields: ReadonlyMap<string, ConfigField>;
  /** The fields that make the struct zero; all when not given. */
  readonly zeroFields?: readonly string[];
}

export interface ConfigField {
  readonly type: ConfigType;
  readonly omitEmpty: boolean;
  /** A patch replaces the value instead of merging into it. */
  readonly replace: boolean;
}

export interface DocumentType {
  readonly shape: StructShape;
  readonly type: ConfigType;
  /** Documents of this kind are told apart by `name`. */
  readonly named: boolean;
  readonly conflicts: readonly string[];
}

/** The types of one Talos version, read out of the generated table when they are first asked for. */
export class ConfigSchema {
  private static readonly schemas = new Map<SchemaVersion, ConfigSchema>();

  static of(version: SchemaVersion): ConfigSchema {
    const known = ConfigSchema.schemas.get(version);
    if (known !== undefined) return known;
    const schema = new ConfigSchema(version);
    ConfigSchema.schemas.set(version, schema);
    return schema;
  }

  private readonly documents = new Map<string, DocumentType>();
  private readonly conflicts = new Map<string, readonly string[]>();
  private readonly structs = new Map<string, ConfigType & { kind: "struct" }>();

  private constructor(readonly version: SchemaVersion) {}

  /** The kinds of documents, without the v1alpha1 document, whose kind is "". */
  get kinds(): readonly string[] {
    return Object.keys(this.version === "1.13" ? DOCUMENTS_1_13 : DOCUMENTS).filter((kind) => kind !== "");
  }

  document(kind: string): DocumentType | undefined {
    const known = this.documents.get(kind);
    if (known !== undefined) return known;
    const table = this.version === "1.13" ? DOCUMENTS_1_13 : DOCUMENTS;
    const text = Object.hasOwn(table, kind) ? table[kind] : undefined;
    if (text === undefined) return undefined;
    const [name, ...conflicts] = text.split(" ") as [string, ...string[]];
    const type = this.struct(name.replace("!", ""));
    const document: DocumentType = { shape: type.shape, type, named: name.endsWith("!"), conflicts };
    this.documents.set(kind, document);
    return document;
  }

  /** The kinds that cannot stand beside a kind under the same name, whichever of the two says so. */
  conflictsOf(kind: string): readonly string[] {
    const known = this.conflicts.get(kind);
    if (known !== undefined) return known;
    const others = this.kinds.filter((other) => this.document(other)!.conflicts.includes(kind));
    const conflicts = [...new Set([...(this.document(kind)?.conflicts ?? []), ...others])];
    this.conflicts.set(kind, conflicts);
    return conflicts;
  }

  private struct(name: string): ConfigType & { kind: "struct" } {
    const known = this.structs.get(name);
    if (known !== undefined) return known;
    const text = (this.version === "1.13" ? STRUCTS_1_13[name] : undefined) ?? STRUCTS[name];
    if (text === undefined) throw new RangeError(`no struct ${name}`);
    const fields = new Map<string, ConfigField>();
    const shape: { fields: typeof fields; zeroFields?: readonly string[] } = { fields };
    const type = { kind: "struct", name, shape } as const;
    // Known before its fields are read: a struct may hold itself.
    this.structs.set(name, type);
    for (const field of text === "" ? [] : text.split(" ")) {
      const [, key, flags, notation] = /^([^?!=]+)([?!]*)=(.*)$/.exec(field) as unknown as [
        string,
        string,
        string,
        string,
      ];
      if (key === "zero") shape.zeroFields = notation.split(",");
      else fields.set(key, { type: this.type(notation), omitEmpty: flags.includes("?"), replace: flags.includes("!") });
    }
    return type;
  }

  private type(notation: string): ConfigType {
    const rest = notation.slice(1);
    switch (notation[0]) {
      case "*":
        return { kind: "pointer", element: this.type(rest) };
      case "{":
        return { kind: "map", element: this.type(rest) };
      case "[": {
        const [, special, element] = /^(?:([A-Za-z]+):)?(.*)$/.exec(rest) as unknown as [
          string,
          string | undefined,
          string,
        ];
        return { kind: "list", element: this.type(element), ...(special !== undefined && { special }) };
      }
      case "=":
        return this.struct(rest);
      case "%":
        return this.enumeration(rest);
      case "!":
        return { kind: "custom", name: rest };
      case "s":
        return { kind: "string" };
      case "b":
        return { kind: "boolean" };
      case "i":
        return { kind: "integer", min: -(1n << BigInt(Number(rest) - 1)), max: (1n << BigInt(Number(rest) - 1)) - 1n };
      case "u":
        return { kind: "integer", min: 0n, max: (1n << BigInt(rest)) - 1n };
      default:
        return { kind: "any" };
    }
  }

  private enumeration(name: string): ConfigType {
    const text = (this.version === "1.13" ? ENUMS_1_13[name] : undefined) ?? ENUMS[name] ?? "";
    const values = text.split(" ").flatMap((value) => {
      if (value === "~" || value.startsWith("0=")) return [];
      const range = /^(\d+)\.\.(\d+)$/.exec(value);
      if (range === null) return [value.replace(/^0:/, "")];
      const [first, last] = [Number(range[1]), Number(range[2])];
      return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
    });
    return { kind: "enum", values, zero: /^(?:~ )?0[:=](\S+)/.exec(text)?.[1] ?? "", anyCase: text.startsWith("~") };
  }
}
