import type { WarningReason } from "../../reasons";
import { type ConfigDocument, type ConfigFacts, type ConfigValue, isPresent, type ValidationMode } from "./facts";
import { isConfigList, isConfigMap } from "../value";

/** A value that a rule looks at, and where it is. */
export interface Place {
  /** Concrete, with indices: `interfaces[0].addresses[1]`. */
  readonly path: string;
  readonly value: ConfigValue;
  /** The map or list that holds the value. */
  readonly parent: ConfigValue;
  /** Key or index in the parent. */
  readonly key: string;
  readonly document: ConfigDocument;
  readonly config: ConfigFacts;
}

/** A condition that a value breaks, with what to say of it. */
export interface Check {
  readonly reason: WarningReason;
  /** What is wrong, without the path. */
  readonly problem: string;
  /** What would be right. */
  readonly remedy: string;
  breaks(place: Place): boolean;
}

/** For which machines a rule holds; a missing bound is open. */
export interface Scope {
  /** Minor of Talos 1, included. */
  readonly since?: number;
  /** Minor of Talos 1, included. */
  readonly until?: number;
  readonly modes?: readonly ValidationMode[];
  readonly machine?: "controlplane" | "worker";
  /** A condition on the rest of the config. */
  readonly when?: (place: Place) => boolean;
  /** This package rejects; other rules warn. */
  readonly fatal?: true;
  /** Talos itself accepts it when it validates. */
  readonly beyondTalos?: true;
}

/**
 * A rule of Talos's validation: where it looks, what it asks, for whom. In a path `[]` stands for every item of a list,
 * `{}` for every value of a map, and `?` behind a name for: only where that is set.
 */
export interface ValidationRule extends Check, Scope {
  /** Kind of the document; "" is v1alpha1. */
  readonly kind: string;
  readonly path: string;
}

/** A rule for a kind that a table names. */
export type Row = Omit<ValidationRule, "kind">;

export function row(path: string, check: Check, scope: Scope = {}): Row {
  return { ...check, ...scope, path };
}

/** The rules of documents, by kind. */
export type RuleTable = Readonly<Record<string, readonly Row[]>>;

export function rulesOf(table: RuleTable): ValidationRule[] {
  return Object.entries(table).flatMap(([kind, rows]) => rows.map((rule) => ({ ...rule, kind })));
}

/** Narrows rows further; their own bounds win. */
export function within(scope: Scope, rows: readonly Row[]): Row[] {
  return rows.map((rule) => {
    const { when: outer } = scope;
    const { when: inner } = rule;
    const when =
      outer === undefined || inner === undefined ? (inner ?? outer) : (place: Place) => outer(place) && inner(place);
    return { ...scope, ...rule, ...(when !== undefined && { when }) };
  });
}

/** The same rows below another path. */
export function below(prefix: string, rows: readonly Row[]): Row[] {
  return rows.map((rule) => {
    if (rule.path === "") return { ...rule, path: prefix };
    return { ...rule, path: /^[[{]/.test(rule.path) ? prefix + rule.path : `${prefix}.${rule.path}` };
  });
}

/** The values that a rule looks at in a document. */
export function placesOf(rule: ValidationRule, document: ConfigDocument, config: ConfigFacts): Place[] {
  const start: Place = { path: "", value: document.value, parent: undefined, key: "", document, config };
  return stepsOf(rule.path).reduce<Place[]>((places, step) => places.flatMap((place) => next(place, step)), [start]);
}

const steps = new Map<string, readonly string[]>();

/** `a?.b[].c` as the steps to take. */
function stepsOf(path: string): readonly string[] {
  const known = steps.get(path);
  if (known !== undefined) return known;
  const made = path === "" ? [] : path.replaceAll(/\[\]|\{\}/g, (mark) => `.${mark}`).split(".");
  steps.set(path, made);
  return made;
}

function next(place: Place, step: string): Place[] {
  const { value } = place;
  if (step === "[]") {
    if (!isConfigList(value)) return [];
    return value.map((item, index) => child(place, item, String(index), `${place.path}[${index}]`));
  }
  if (step === "{}") {
    return isConfigMap(value) ? [...value].map(([key, item]) => child(place, item, key, `${place.path}.${key}`)) : [];
  }
  const name = step.replace(/\?$/, "");
  const found = isConfigMap(value) ? value.get(name) : undefined;
  if (step !== name && !isPresent(found)) return [];
  return [child(place, found, name, place.path === "" ? name : `${place.path}.${name}`)];
}

function child(place: Place, value: ConfigValue, key: string, path: string): Place {
  return { path, value, parent: place.value, key, document: place.document, config: place.config };
}
