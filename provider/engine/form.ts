import { hoursProblems } from "../core/duration";
import { parseTime } from "../core/environment";
import type { Problem } from "../core/errors";
import { foreignProblem, foreignProblems } from "./foreign";
import type { Properties, PropertyType } from "./rows";
import { isPlainObject, type Values } from "./values";
import { UNKNOWN } from "./wire";

/**
 * Every problem of form: properties that do not exist, that are missing, or whose value is of a wrong type. What a
 * preview does not know is passed over.
 */
export function formProblems(values: Values, properties: Properties, path = ""): Problem[] {
  const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const unknown = Object.keys(values)
    .filter((name) => !Object.hasOwn(properties, name))
    .map((name): Problem => ({
      code: "ERR_INPUT_UNKNOWN",
      path: at(name),
      message: unknownMessage(name, Object.keys(properties)),
    }));
  const problems = Object.entries(properties).flatMap(([name, property]): Problem[] => {
    const value = values[name];
    if (value !== undefined && value !== null) return checkValue(value, property.type, at(name));
    return property.required === true
      ? [{ code: "ERR_INPUT_MISSING", path: at(name), message: `is required; must be ${describeType(property.type)}` }]
      : [];
  });
  return [...unknown, ...problems];
}

/**
 * The values without those that have problems of form: strangers are left out, what is wrong or missing passes for not
 * known yet, and what stands beside it in an object stays. So whatever else is wrong can be told in the same breath.
 */
export function validSubset(values: Values, properties: Properties, problems: readonly Problem[]): Values {
  return validMembers(
    values,
    properties,
    problems.map(({ path }) => path),
    "",
  );
}

function validMembers(values: Values, properties: Properties, wrong: readonly string[], prefix: string): Values {
  return Object.fromEntries(
    Object.entries(properties)
      .map(([name, { type }]) => {
        const [path, value] = [`${prefix}${name}`, values[name]];
        if (!wrong.some((other) => isWithin(other, path))) return [name, value] as const;
        const opens = type.kind === "object" && isPlainObject(value);
        return [name, opens ? validMembers(value, type.properties, wrong, `${path}.`) : UNKNOWN] as const;
      })
      .filter(([, value]) => value !== undefined),
  );
}

/** Whether a path is that of a property, or of something in it. */
function isWithin(path: string, property: string): boolean {
  return path.startsWith(property) && ["", ".", "["].includes(path.charAt(property.length));
}

function unknownMessage(name: string, names: readonly string[]): string {
  // Programs in Python write `on_destroy`.
  const written = name.replaceAll("_", "").toLowerCase();
  const near =
    names.find((other) => other.toLowerCase() === written) ??
    names.find((other) => distance(other.toLowerCase(), written) <= 2);
  return `is not a property of this resource; ${near === undefined ? `must be one of ${names.join(", ")}` : `did you mean ${near}?`}`;
}

/** Levenshtein distance, for suggestions. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

function checkValue(value: unknown, type: PropertyType, path: string): Problem[] {
  if (value === UNKNOWN) return [];
  const foreign = foreignProblem(value, path);
  if (foreign !== undefined && type.kind !== "rejected") return [foreign];
  const wrong = (): Problem[] => [
    { code: "ERR_INPUT_INVALID", path, message: `is ${describeValue(value)}; must be ${describeType(type)}` },
  ];
  switch (type.kind) {
    case "any":
      return foreignProblems(value, path);
    case "string":
    case "boolean":
      return typeof value === type.kind ? [] : wrong();
    case "integer":
      return Number.isSafeInteger(value) ? [] : wrong();
    case "time":
      return typeof value === "string" && parseTime(value) !== undefined
        ? []
        : [
            {
              code: "ERR_INPUT_INVALID",
              path,
              message: "is not a time; must be RFC 3339 such as 2026-01-01T00:00:00Z",
            },
          ];
    case "custom":
      return checkValue(value, type.as, path);
    case "rejected":
      return [{ code: type.code, path, message: type.message }];
    case "enum":
      if (typeof value !== "string") return wrong();
      return type.values.includes(value)
        ? []
        : [
            {
              code: type.code ?? "ERR_INPUT_INVALID",
              path,
              message: `is ${JSON.stringify(value)}; must be ${describeType(type)}`,
            },
          ];
    case "hours":
      return typeof value === "number" || typeof value === "string" ? hoursProblems(value, path) : wrong();
    case "list":
      return Array.isArray(value)
        ? value.flatMap((item, index) => checkValue(item, type.item, `${path}[${index}]`))
        : wrong();
    case "map":
      return isPlainObject(value)
        ? Object.entries(value).flatMap(([key, child]) => checkValue(child, type.value, `${path}.${key}`))
        : wrong();
    case "object":
      return isPlainObject(value) ? formProblems(value, type.properties, path) : wrong();
    case "union": {
      const problems = foreignProblems(value, path);
      if (problems.length > 0) return problems;
      return type.of.some((option) => checkValue(value, option, path).length === 0) ? [] : wrong();
    }
  }
}

/** The kind of a value, never the value: it may be secret. */
function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `a ${typeof value}`;
}

/** The type in words. */
export function describeType(type: PropertyType): string {
  switch (type.kind) {
    case "any":
      return "any value";
    case "string":
      return "a string";
    case "time":
      return "a time (RFC 3339)";
    case "custom":
      return describeType(type.as);
    case "rejected":
      return "nothing";
    case "boolean":
      return "true or false";
    case "integer":
      return "a whole number";
    case "hours":
      return "a whole number of hours or a Go duration";
    case "enum":
      return `one of ${type.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "list":
      return `a list (each ${describeType(type.item)})`;
    case "map":
      return `a map (each ${describeType(type.value)})`;
    case "object":
      return `an object with ${Object.keys(type.properties).join(", ")}`;
    case "union":
      return type.of.map(describeType).join(" or ");
  }
}
