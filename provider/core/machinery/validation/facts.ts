import type { ConfigDocument } from "../documents";
import { type ConfigMap, type ConfigValue, isConfigList, isConfigMap } from "../value";

/** Where a machine runs, as `talosctl validate --mode` has it. */
export type ValidationMode = "metal" | "cloud" | "container";

/** The Talos that validates: its minor version (13 for v1.13) and where the machine runs. */
export interface ValidationTarget {
  readonly minor: number;
  readonly mode: ValidationMode;
}

/** What a machine config says, by kind of document and dotted path; the v1alpha1 document has the kind "". */
export class ConfigFacts {
  private readonly byKind = new Map<string, ConfigDocument[]>();

  constructor(
    readonly documents: readonly ConfigDocument[],
    readonly target: ValidationTarget,
    /** PEM that is known to be good, so that nobody parses it again. */
    readonly trusted: ReadonlySet<string> = new Set(),
  ) {
    for (const document of documents) {
      const same = this.byKind.get(document.kind);
      if (same === undefined) this.byKind.set(document.kind, [document]);
      else same.push(document);
    }
  }

  all(kind: string): readonly ConfigDocument[] {
    return this.byKind.get(kind) ?? [];
  }

  /** A value of the first document of a kind. */
  get(kind: string, path: string): ConfigValue {
    const document = this.byKind.get(kind)?.[0];
    return document === undefined ? undefined : valueAt(document.value, path);
  }

  has(kind: string): boolean {
    return this.byKind.has(kind);
  }

  /** Whether a field of the v1alpha1 document is there, be it empty. */
  legacy(path: string): boolean {
    return isPresent(this.get("", path));
  }

  get isControlPlane(): boolean {
    return ["controlplane", "init"].includes(textOf(this.get("", "machine.type")));
  }

  /** Talos takes a machine without a type as a worker. */
  get isWorker(): boolean {
    return this.legacy("machine") && ["worker", "join", ""].includes(textOf(this.get("", "machine.type")));
  }
}

/** The value at a dotted path without lists. */
export function valueAt(value: ConfigValue, path: string): ConfigValue {
  return path
    .split(".")
    .reduce<ConfigValue>((parent, key) => (isConfigMap(parent) ? parent.get(key) : undefined), value);
}

export function isPresent(value: ConfigValue): boolean {
  return value !== undefined && value !== null;
}

/** Absent, empty or zero: what Go writes nowhere. */
export function isEmpty(value: ConfigValue): boolean {
  if (!isPresent(value) || value === "" || value === 0n || value === false) return true;
  if (isConfigList(value)) return value.length === 0;
  return isConfigMap(value) && value.size === 0;
}

/** Whether a struct, taken by its fields, says nothing. */
export function isZero(value: ConfigValue): boolean {
  if (!isPresent(value) || value === "") return true;
  return isConfigMap(value) ? [...value.values()].every(isZero) : isConfigList(value) && value.length === 0;
}

export function textOf(value: ConfigValue): string {
  return typeof value === "string" ? value : "";
}

export function listOf(value: ConfigValue): readonly ConfigValue[] {
  return isConfigList(value) ? value : [];
}

export function entriesOf(value: ConfigValue): readonly (readonly [string, ConfigValue])[] {
  return isConfigMap(value) ? [...value] : [];
}

export function fieldOf(value: ConfigValue, key: string): ConfigValue {
  return isConfigMap(value) ? value.get(key) : undefined;
}

export function numberOf(value: ConfigValue): bigint {
  return typeof value === "bigint" ? value : 0n;
}

export type { ConfigDocument, ConfigMap, ConfigValue };
