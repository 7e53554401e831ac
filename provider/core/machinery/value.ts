import type { YamlNode } from "../yaml/parser";

/**
 * A value of the machine config as Go holds it. `undefined` is the zero value of any type and a nil pointer; `null` is
 * a nil inside a list or a free-form map. A struct holds only its fields that were set.
 */
export type ConfigValue =
  undefined | null | string | boolean | bigint | number | Timestamp | readonly ConfigValue[] | ConfigMap;

export type ConfigMap = ReadonlyMap<string, ConfigValue>;

/** A timestamp in a free-form map, which Go writes anew. */
export class Timestamp {
  /** RFC 3339 with nanoseconds as needed. */
  readonly text: string;

  constructor(source: string) {
    const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] =
      /^(\d{4})-(\d+)-(\d+)(?:[Tt ](\d+):(\d+):(\d+)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?$/.exec(
        source,
      ) as unknown as string[];
    const two = (digits: string): string => digits.padStart(2, "0");
    const nanoseconds = fraction.slice(0, 9).replace(/0+$/, "");
    const offset = /^[-+]00:00$/.test(zone) ? "Z" : zone;
    this.text = `${year}-${two(month!)}-${two(day!)}T${two(hour)}:${two(minute)}:${two(second)}${nanoseconds === "" ? "" : `.${nanoseconds}`}${offset}`;
  }
}

/** What is wrong with a node; becomes a PkiError where the document and its place are known. */
export class ConfigFault extends Error {
  /** @param cure what would be right, where that is known here */
  constructor(
    what: string,
    readonly line?: number,
    readonly cure?: string,
  ) {
    super(cure === undefined ? what : `${what}; ${cure}`);
  }
}

/** A `$patch: delete` that finds nothing: another config may hold what it is meant for. */
export class LookupFault extends ConfigFault {
  private static readonly MARK = "(lookup failed)";

  /** Whether the message of a problem is, or holds, that of such a fault. */
  static isTold(message: string): boolean {
    return message.includes(LookupFault.MARK);
  }

  constructor(path: readonly string[], line: number) {
    super(`$patch: delete of ${path.join(".").slice(0, 100)} finds nothing ${LookupFault.MARK}`, line);
  }
}

export function faultAt(node: YamlNode, what: string, cure?: string): ConfigFault {
  return new ConfigFault(what, node.line, cure);
}

export function isConfigMap(value: ConfigValue): value is ConfigMap {
  return value instanceof Map;
}

export function isConfigList(value: ConfigValue): value is readonly ConfigValue[] {
  return Array.isArray(value);
}
