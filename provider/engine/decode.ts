import { parseHours } from "../core/duration";
import { parseTime, wholeSeconds } from "../core/environment";
import { collectProblems, type Problem } from "../core/errors";
import type { PemReader } from "../core/x509/pemReader";
import type { KnownInputs, PreviewInputs, Property, PropertyType, Rows } from "./rows";
import { isPlainObject, type Values } from "./values";
import { UNKNOWN_VALUE } from "./unknown";
import { holdsUnknown } from "./wire";

/** What a decoder of a custom type may use. */
export interface DecodeContext {
  /** Reads each PEM once in the life of the process. */
  readonly pems: PemReader;
}

/** Reads a value of which everything is known. @throws PkiError, whose problems reject the input */
export type CustomDecoder<K> = (value: unknown, path: string, context: DecodeContext) => K;

/**
 * Decodes inputs that have the right form, by their rows: defaults filled in, durations as hours, times as dates, custom
 * types read. What is unknown, and what a decoder rejects, decodes to `UNKNOWN_VALUE`.
 *
 * @param problems takes what the decoders of custom types reject
 */
export function decodeInputs<R extends Rows>(
  values: Values,
  rows: R,
  context: DecodeContext,
  problems: Problem[],
): PreviewInputs<R> {
  // The rows describe each value that the form check let pass: here, and only here, data gets their type.
  return decodeMembers(values, rows, "", { context, problems }) as PreviewInputs<R>;
}

interface Decoding {
  readonly context: DecodeContext;
  readonly problems: Problem[];
}

function decodeMembers(
  values: Values,
  properties: Readonly<Record<string, Property>>,
  prefix: string,
  decoding: Decoding,
): Values {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      decodeProperty(values[name], property, `${prefix}${name}`, decoding),
    ]),
  );
}

function decodeProperty(value: unknown, property: Property, path: string, decoding: Decoding): unknown {
  if (value !== undefined && value !== null) return decodeValue(value, property.type, path, decoding);
  // The form check has rejected an input that lacks what is required.
  if (property.required === true) return UNKNOWN_VALUE;
  return property.default === undefined || isDocumented(property.default) ? undefined : property.default;
}

const isDocumented = (value: unknown): boolean => typeof value === "object" && !Array.isArray(value);

function decodeValue(value: unknown, type: PropertyType, path: string, decoding: Decoding): unknown {
  if (type.kind === "object") {
    return isPlainObject(value) ? decodeMembers(value, type.properties, `${path}.`, decoding) : UNKNOWN_VALUE;
  }
  return holdsUnknown(value) ? UNKNOWN_VALUE : decodeKnown(value, type, path, decoding);
}

/** A value that the form check let pass, without anything unknown in it. */
function decodeKnown(value: unknown, type: PropertyType, path: string, decoding: Decoding): unknown {
  switch (type.kind) {
    case "hours":
      return parseHours(value as number | string, path);
    case "time":
      return wholeSeconds(parseTime(String(value)) ?? new Date(Number.NaN));
    case "list":
      return knownTogether(
        (value as readonly unknown[]).map((item, at) => decodeKnown(item, type.item, `${path}[${at}]`, decoding)),
      );
    case "map": {
      const children = Object.entries(value as Values).map(
        ([key, child]) => [key, decodeKnown(child, type.value, `${path}.${key}`, decoding)] as const,
      );
      return children.some(([, child]) => child === UNKNOWN_VALUE) ? UNKNOWN_VALUE : Object.fromEntries(children);
    }
    case "object":
      return decodeMembers(value as Values, type.properties, `${path}.`, decoding);
    case "custom": {
      const before = decoding.problems.length;
      const decoded = collectProblems(decoding.problems, () => type.decode(value, path, decoding.context));
      return decoding.problems.length > before ? UNKNOWN_VALUE : decoded;
    }
    default:
      return value;
  }
}

/** A list is unknown as a whole where an item is. */
const knownTogether = (items: readonly unknown[]): unknown => (items.includes(UNKNOWN_VALUE) ? UNKNOWN_VALUE : items);

/**
 * Inputs of an operation that changes something: the engine calls it when everything is known.
 *
 * @throws RangeError where something is unknown all the same
 */
export function assertKnown<R extends Rows>(inputs: PreviewInputs<R>): KnownInputs<R> {
  const visit = (value: unknown, path: string): void => {
    if (value === UNKNOWN_VALUE) throw new RangeError(`${path} is unknown in an update`);
    if (isPlainObject(value)) for (const [key, child] of Object.entries(value)) visit(child, `${path}.${key}`);
  };
  for (const [name, value] of Object.entries(inputs)) visit(value, name);
  return inputs;
}
