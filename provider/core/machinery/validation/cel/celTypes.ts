/** A type of CEL; lists, maps, optional values and types of types are of others. */
export interface CelType {
  readonly kind:
    | "int"
    | "uint"
    | "double"
    | "bool"
    | "string"
    | "bytes"
    | "null"
    | "dyn"
    | "duration"
    | "timestamp"
    | "list"
    | "map"
    | "optional"
    | "object"
    | "type";
  readonly of: readonly CelType[];
  /** Of an object. */
  readonly name: string;
}

const simple = (kind: CelType["kind"]): CelType => ({ kind, of: [], name: "" });

export const INT = simple("int");
export const UINT = simple("uint");
export const DOUBLE = simple("double");
export const BOOL = simple("bool");
export const STRING = simple("string");
export const BYTES = simple("bytes");
export const NULL = simple("null");
export const DYN = simple("dyn");
export const DURATION = simple("duration");
export const TIMESTAMP = simple("timestamp");

export const listOf = (element: CelType): CelType => ({ kind: "list", of: [element], name: "" });
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: "map", of: [key, value], name: "" });
export const optionalOf = (type: CelType): CelType => ({ kind: "optional", of: [type], name: "" });
export const typeOfType = (type: CelType): CelType => ({ kind: "type", of: [type], name: "" });
export const objectOf = (name: string): CelType => ({ kind: "object", of: [], name });

/** What null can stand for. */
const NULLABLE: readonly CelType["kind"][] = ["object", "duration", "timestamp", "optional"];

/** Whether a value of one type can be used as another; dyn fits everything. */
export function fits(type: CelType, expected: CelType): boolean {
  if (type === expected || type.kind === "dyn" || expected.kind === "dyn") return true;
  if (type.kind === "null" && NULLABLE.includes(expected.kind)) return true;
  if (type.kind !== expected.kind || type.name !== expected.name) return false;
  const isFit = (): boolean => type.of.every((inner, index) => fits(inner, expected.of[index]!));
  return type.kind === "map" ? remembered(type, expected, isFit) : isFit();
}

const compared = new WeakMap<CelType, WeakMap<CelType, boolean>>();

/** A map from a type to the same type is small in an expression, and doubles at each level for who compares it twice. */
function remembered(type: CelType, expected: CelType, compare: () => boolean): boolean {
  const known = compared.get(type) ?? new WeakMap<CelType, boolean>();
  compared.set(type, known);
  const before = known.get(expected);
  if (before !== undefined) return before;
  const answer = compare();
  known.set(expected, answer);
  return answer;
}

/** The type of two items of a list: the more general one, or dyn. */
export function joined(left: CelType, right: CelType): CelType {
  if (left.kind === "dyn" || right.kind === "dyn") return left.kind === "dyn" ? left : right;
  if (fits(right, left)) return left;
  return fits(left, right) ? right : DYN;
}
