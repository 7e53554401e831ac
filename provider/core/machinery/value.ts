import { formatFloat } from "./float";
import { Plain } from "../yaml/emitter";

/**
 * A value of the machine config as Go holds it. `undefined` is the zero value of any type and a nil pointer; `null` is
 * a nil inside a list or a free-form map. A struct holds only its fields that were set. Whoever reads a value owns it:
 * merging and deleting change it in place, so that their work grows with the patch and not with the config.
 */
export type ConfigValue = undefined | null | string | boolean | bigint | Plain | ConfigValue[] | ConfigMap;

export type ConfigMap = Map<string, ConfigValue>;

/** A float in a free-form map. */
export class Float extends Plain {
  constructor(readonly value: number) {
    super(formatFloat(value));
  }
}

/** A timestamp in a free-form map, which Go writes anew: RFC 3339 with nanoseconds as needed. */
export class Timestamp extends Plain {
  constructor(source: string) {
    const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] =
      /^(\d{4})-(\d+)-(\d+)(?:[Tt ](\d+):(\d+):(\d+)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?$/.exec(
        source,
      ) as unknown as string[];
    const two = (digits: string): string => digits.padStart(2, "0");
    const nanoseconds = fraction.slice(0, 9).replace(/0+$/, "");
    const offset = /^[-+]00:00$/.test(zone) ? "Z" : zone;
    super(
      `${year}-${two(month!)}-${two(day!)}T${two(hour)}:${two(minute)}:${two(second)}${nanoseconds === "" ? "" : `.${nanoseconds}`}${offset}`,
    );
  }
}

export function isConfigMap(value: ConfigValue): value is ConfigMap {
  return value instanceof Map;
}

export function isConfigList(value: ConfigValue): value is ConfigValue[] {
  return Array.isArray(value);
}
