import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  fits,
  INT,
  joined,
  listOf,
  STRING,
  TIMESTAMP,
  typeOfType,
  UINT,
} from "./celTypes";

/** The results of the overloads that take these values; none where no overload does. */
export type Overloads = (values: readonly CelType[], optionals: boolean) => readonly CelType[];

/** Parameters and, last, the result. */
type Signature = readonly CelType[];

function overloads(...signatures: readonly Signature[]): Overloads {
  return (values) =>
    signatures.flatMap((signature) => {
      const [parameters, result] = [signature.slice(0, -1), signature.at(-1)!];
      const isTaken =
        parameters.length === values.length && parameters.every((type, index) => fits(values[index]!, type));
      return isTaken ? [result] : [];
    });
}

const NUMBERS = [INT, UINT, DOUBLE];
const same = (types: readonly CelType[], result?: CelType): Signature[] =>
  types.map((type) => [type, type, result ?? type]);

const ordered = overloads(...same([BOOL, ...NUMBERS, STRING, BYTES, TIMESTAMP, DURATION], BOOL));
const equal: Overloads = ([left, right]) => (fits(left!, right!) || fits(right!, left!) ? [BOOL] : []);
const logical = overloads([BOOL, BOOL, BOOL]);

const within: Overloads = ([item, collection]) => {
  if (collection!.kind === "dyn") return [BOOL];
  return ["list", "map"].includes(collection!.kind) && fits(item!, collection!.of[0]!) ? [BOOL] : [];
};

const plus: Overloads = (values, optionals) => {
  const [left, right] = values as readonly [CelType, CelType];
  const lists =
    left.kind === "list" && right.kind === "list" && fits(left, right)
      ? [listOf(joined(left.of[0]!, right.of[0]!))]
      : [];
  return [...lists, ...sums(values, optionals)];
};
const sums = overloads(
  ...same([...NUMBERS, STRING, BYTES, DURATION]),
  [TIMESTAMP, DURATION, TIMESTAMP],
  [DURATION, TIMESTAMP, TIMESTAMP],
);

const conditional: Overloads = ([condition, yes, no]) =>
  fits(condition!, BOOL) && (fits(yes!, no!) || fits(no!, yes!)) ? [joined(yes!, no!)] : [];

/** The operators of the language by their sign; unary ones by `!_` and `-_`. */
export const CEL_OPERATORS: Readonly<Record<string, Overloads>> = {
  "==": equal,
  "!=": equal,
  "<": ordered,
  "<=": ordered,
  ">": ordered,
  ">=": ordered,
  "&&": logical,
  "||": logical,
  in: within,
  "+": plus,
  "-": overloads(...same([...NUMBERS, DURATION]), [TIMESTAMP, TIMESTAMP, DURATION], [TIMESTAMP, DURATION, TIMESTAMP]),
  "*": overloads(...same(NUMBERS)),
  "/": overloads(...same(NUMBERS)),
  "%": overloads(...same([INT, UINT])),
  "!_": overloads([BOOL, BOOL]),
  "-_": overloads([INT, INT], [DOUBLE, DOUBLE]),
  "?:": conditional,
};

const size: Overloads = ([value]) => (["string", "bytes", "list", "map", "dyn"].includes(value!.kind) ? [INT] : []);
const one =
  (overload: Overloads): Overloads =>
  (values, optionals) =>
    values.length === 1 ? overload(values, optionals) : [];

const getter: Overloads = (values) => {
  const [value, zone] = values;
  if (values.length === 2) return fits(value!, TIMESTAMP) && fits(zone!, STRING) ? [INT] : [];
  return fits(value!, TIMESTAMP) || fits(value!, DURATION) ? [INT] : [];
};
const dateGetter: Overloads = (values, optionals) => (values[0]!.kind === "duration" ? [] : getter(values, optionals));
const zoned = (names: readonly string[], overload: Overloads): Record<string, Overloads> =>
  Object.fromEntries(names.map((name) => [name, overload]));

const text = overloads([STRING, STRING, BOOL]);

const orValue: Overloads = ([optional, other]) => {
  if (optional!.kind !== "optional" && optional!.kind !== "dyn") return [];
  const inner = optional!.of[0] ?? DYN;
  return other !== undefined && fits(other, inner) ? [joined(inner, other)] : [];
};

/** Functions of the language, called plainly and on a value. Source: google/cel-go v0.27.0, common/stdlib. */
export const CEL_FUNCTIONS: Readonly<Record<"plain" | "method", Readonly<Record<string, Overloads>>>> = {
  plain: {
    size: one(size),
    matches: text,
    int: overloads([INT, INT], [DOUBLE, INT], [DURATION, INT], [STRING, INT], [TIMESTAMP, INT], [UINT, INT]),
    uint: overloads([UINT, UINT], [DOUBLE, UINT], [INT, UINT], [STRING, UINT]),
    double: overloads([DOUBLE, DOUBLE], [INT, DOUBLE], [STRING, DOUBLE], [UINT, DOUBLE]),
    bool: overloads([BOOL, BOOL], [STRING, BOOL]),
    bytes: overloads([BYTES, BYTES], [STRING, BYTES]),
    string: overloads(
      ...[STRING, BOOL, BYTES, DOUBLE, DURATION, INT, TIMESTAMP, UINT].map((type): Signature => [type, STRING]),
    ),
    duration: overloads([DURATION, DURATION], [INT, DURATION], [STRING, DURATION]),
    timestamp: overloads([TIMESTAMP, TIMESTAMP], [INT, TIMESTAMP], [STRING, TIMESTAMP]),
    dyn: one(() => [DYN]),
    type: one(([value]) => [typeOfType(value!)]),
  },
  method: {
    size: one(size),
    contains: text,
    startsWith: text,
    endsWith: text,
    matches: text,
    ...zoned(["getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek"], dateGetter),
    ...zoned(["getHours", "getMinutes", "getSeconds", "getMilliseconds"], getter),
    hasValue: (values, optionals) =>
      optionals && values.length === 1 && ["optional", "dyn"].includes(values[0]!.kind) ? [BOOL] : [],
    value: ([optional, ...more], optionals) =>
      optionals && more.length === 0 && optional!.kind === "optional" ? [optional!.of[0]!] : [],
    orValue: (values, optionals) => (optionals ? orValue(values, optionals) : []),
    or: ([left, right], optionals) =>
      optionals && left!.kind === "optional" && right !== undefined && fits(left!, right) ? [left!] : [],
  },
};
