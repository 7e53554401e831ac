import type { ErrorCode } from "../core/errorCodes";
import type { Hours } from "../core/duration";
import type { CustomDecoder } from "./decode";
import type { Unknown } from "./unknown";

/** The type of a property, as data: checks, secret marks, the Pulumi schema, the SDKs and the API reference read it. */
export type PropertyType =
  | { readonly kind: "string" | "boolean" | "integer" | "hours" | "time" }
  | { readonly kind: "any"; readonly sdk?: SdkView }
  | ({ readonly kind: "enum"; readonly values: readonly string[]; readonly code?: ErrorCode } & EnumName)
  | { readonly kind: "list"; readonly item: PropertyType }
  | { readonly kind: "map"; readonly value: PropertyType }
  | {
      readonly kind: "object";
      readonly name: string;
      readonly description?: string;
      readonly properties: Properties;
      /** Only TypeScript's SDK has a type of it: the others would rename the members. */
      readonly isVerbatim?: true;
    }
  | { readonly kind: "union"; readonly of: readonly PropertyType[] }
  /** Looks like `as` to a program; `decode` gives it its meaning. */
  | {
      readonly kind: "custom";
      readonly as: PropertyType;
      readonly decode: CustomDecoder<unknown>;
      readonly sdk?: SdkView;
    }
  /** Rejected whenever it is configured; no schema or SDK shows it. */
  | { readonly kind: "rejected"; readonly code: ErrorCode; readonly message: string };

/** An enumeration that is a type of its own in the SDKs; without a name it is plain text to all but TypeScript. */
interface EnumName {
  /** Name of the type: `KeyAlgorithm`. */
  readonly name?: string;
  readonly description?: string;
}

/** How TypeScript's SDK shows an input whose type says too little. */
export interface SdkView {
  /** Name of the type in sdk/inputs.ts, Outputs included: `SecretsInput`. */
  readonly input: string;
  readonly takes?: ResourceInPlace;
}

/** A resource that a program may pass in place of a value. The SDK's class recognizes it by its output and unpacks it. */
export interface ResourceInPlace {
  readonly resource: string;
  readonly output: string;
  /** The output replaces the resource, or an object does whose members are the output and those `beside` it. */
  readonly as: "value" | "member" | "members";
  readonly beside?: readonly string[];
}

/** One input or output, as data. */
export interface Property {
  readonly type: PropertyType;
  /** One sentence or more, for the API reference and editors. */
  readonly description: string;
  readonly required?: boolean;
  /** The value is secret at any depth. */
  readonly secret?: boolean;
  /** The value that an absent input stands for; in words where it depends on something. */
  readonly default?: unknown;
  /** The name under which the state keeps the input, where an output has the same name. */
  readonly keptAs?: string;
  /** Whether an output may be absent. */
  readonly sometimes?: boolean;
  /** The list or map itself is no Output, only what is in its members may be one. */
  readonly plain?: boolean;
}

/** Properties by name. */
export type Properties = Readonly<Record<string, Property>>;

/**
 * A type that remembers what its values decode to.
 *
 * @typeParam K a value of which everything is known
 * @typeParam P a value in a preview
 */
export type Shape<K, P = K | Unknown> = PropertyType & { readonly known?: K; readonly preview?: P };

export const STRING: Shape<string> = { kind: "string" };
export const BOOLEAN: Shape<boolean> = { kind: "boolean" };
const INTEGER: Shape<number> = { kind: "integer" };
/** Decodes to a number of hours. */
const HOURS: Shape<number> = { kind: "hours" };
/** Decodes to a Date. */
export const TIME: Shape<Date> = { kind: "time" };
export const ANY: Shape<unknown> = { kind: "any" };

/** One of some texts. */
export function enumOf<const V extends string>(values: readonly V[], code?: ErrorCode): Shape<V> {
  return { kind: "enum", values, ...(code === undefined ? {} : { code }) };
}

/** The same, as a type with a name in the SDKs. */
export function namedEnumOf<const V extends string>(
  { name, description, code }: { readonly name: string; readonly description: string; readonly code?: ErrorCode },
  values: readonly V[],
): Shape<V> {
  return { kind: "enum", values, name, description, ...(code === undefined ? {} : { code }) };
}

/** A list; in a preview it is unknown as a whole where an item is. */
export function listOf<K, P>(item: Shape<K, P>): Shape<readonly K[]> {
  return { kind: "list", item };
}

/** A map with free keys; in a preview it is unknown as a whole where a value is. */
export function mapOf<K, P>(value: Shape<K, P>): Shape<Readonly<Record<string, K>>> {
  return { kind: "map", value };
}

/** An object with properties of its own; each may be unknown by itself. The SDKs have a type of this name and text. */
export function objectOf<R extends Rows>(
  name: string,
  properties: R,
  description?: string,
): Shape<KnownInputs<R>, PreviewInputs<R> | Unknown> {
  return { kind: "object", name, properties, ...(description === undefined ? {} : { description }) };
}

/** The same in an output, where every member is there unless its row says `asOptional`. */
export function factsOf<R extends Rows>(name: string, properties: R, description?: string): Shape<Outputs<R>> {
  return { kind: "object", name, properties, ...(description === undefined ? {} : { description }) };
}

/** An output whose members bear names of Talos or of a program, which an SDK must not rename. */
export function verbatimFactsOf<R extends Rows>(name: string, properties: R, description: string): Shape<Outputs<R>> {
  return { kind: "object", name, properties, description, isVerbatim: true };
}

/** A type that a program sees as `as`, and that `decode` reads; unknown where anything in it is. */
export function customOf<K>(as: PropertyType, decode: CustomDecoder<K>, sdk?: SdkView): Shape<K> {
  return { kind: "custom", as, decode, ...(sdk === undefined ? {} : { sdk }) };
}

/** Any value, which TypeScript's SDK gives a type of its own. */
export function anyAs(sdk: SdkView): Shape<unknown> {
  return { kind: "any", sdk };
}

/** An input that is rejected whenever it is configured, with the reason. */
export function rejectedOf(code: ErrorCode, message: string): Shape<never> {
  return { kind: "rejected", code, message };
}

/** How often a property is there: an input is optional unless `required` or `defaulted`, an output present unless `sometimes`. */
type Presence = "plain" | "required" | "defaulted" | "sometimes";

/** One row of a definition. Rows are immutable; each method gives another one. */
export class Row<K, P = K | Unknown, S extends Presence = "plain"> implements Property {
  declare readonly known: K;
  declare readonly preview: P;
  declare readonly presence: S;
  readonly required?: boolean;
  readonly secret?: boolean;
  readonly default?: unknown;
  readonly keptAs?: string;
  readonly sometimes?: boolean;
  readonly plain?: boolean;

  constructor(
    readonly type: Shape<K, P>,
    readonly description: string,
    options: Omit<Property, "type" | "description"> = {},
  ) {
    Object.assign(this, options);
  }

  private with<T extends Presence>(options: Omit<Property, "type" | "description">): Row<K, P, T> {
    return new Row<K, P, T>(this.type, this.description, Object.assign({}, this, options));
  }

  /** The program must configure the input. */
  asRequired(): Row<K, P, "required"> {
    return this.with({ required: true });
  }

  /** The output may be absent, or a required input of another resource is optional here. */
  asOptional(): Row<K, P, "sometimes"> {
    return this.with({ required: false, sometimes: true });
  }

  /** An absent input decodes to this value; the state keeps it absent. */
  withDefault(value: K): Row<K, P, "defaulted"> {
    return this.with({ default: value });
  }

  /** The default in words or as a literal, where the definition chooses it. */
  withDocumentedDefault(value: string | number | boolean): Row<K, P, S> {
    return this.with({ default: new DocumentedDefault(value) });
  }

  /** The value is secret at any depth. */
  asSecret(): Row<K, P, S> {
    return this.with({ secret: true });
  }

  /** The program must know the list or map itself; only what is in its members may be an Output. */
  asPlain(): Row<K, P, S> {
    return this.with({ plain: true });
  }

  /** The state keeps the input under another name, because an output has this one and a preview shows inputs as outputs. */
  keptUnder(name: string): Row<K, P, S> {
    return this.with({ keptAs: name });
  }
}

/** A default that the reference shows and the decoder does not apply. */
export class DocumentedDefault {
  constructor(readonly value: string | number | boolean) {}

  toString(): string {
    return String(this.value);
  }
}

export const row = <K, P>(type: Shape<K, P>, description: string): Row<K, P> => new Row(type, description);
export const text = (description: string): Row<string> => new Row(STRING, description);
export const secretText = (description: string): Row<string> => text(description).asSecret();
export const flag = (description: string): Row<boolean> => new Row(BOOLEAN, description);
export const integer = (description: string): Row<number> => new Row(INTEGER, description);
export const hours = (description: string): Row<number> => new Row(HOURS, description);
export const time = (description: string): Row<Date> => new Row(TIME, description);

/* eslint-disable @typescript-eslint/no-explicit-any -- a row of any type */
export type AnyRow = Row<any, any, any>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The rows of a definition by name. */
export type Rows = Readonly<Record<string, AnyRow>>;

type PresentAs<V, S> = S extends "required" | "defaulted" ? V : V | undefined;

/** Decoded inputs of which a preview may not know everything. */
export type PreviewInputs<R extends Rows> = {
  readonly [N in keyof R]: PresentAs<R[N]["preview"], R[N]["presence"]>;
};

/** Decoded inputs of which everything is known. */
export type KnownInputs<R extends Rows> = {
  readonly [N in keyof R]: PresentAs<R[N]["known"], R[N]["presence"]>;
};

type SometimesNames<R extends Rows> = { [N in keyof R]: R[N]["presence"] extends "sometimes" ? N : never }[keyof R];

/** The outputs that a definition returns; times as RFC 3339 text, hours as they were configured. */
export type Outputs<R extends Rows> = {
  readonly [N in Exclude<keyof R, SometimesNames<R>>]: Stored<R[N]["known"]>;
} & { readonly [N in SometimesNames<R>]?: Stored<R[N]["known"]> | undefined };

/** Outputs as a state holds them: what an older version did not have is absent. */
export type StoredOutputs<R extends Rows> = { readonly [N in keyof R]?: Stored<R[N]["known"]> | undefined };

/** A decoded value as the state holds it. */
export type Stored<K> = K extends Date ? string : K;

export type { Hours };
