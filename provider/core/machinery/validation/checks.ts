import type { WarningReason } from "../../reasons";
import { type ConfigValue, isEmpty, isPresent, textOf } from "./facts";
import type { Check, Place } from "./rule";

type Breaks = (value: ConfigValue, place: Place) => boolean;

const check =
  (reason: WarningReason) =>
  (problem: string, remedy: string, breaks: Breaks): Check => ({
    reason,
    problem,
    remedy,
    breaks: (place) => breaks(place.value, place),
  });

/** Something is missing. */
export const missing = check("config-missing");
/** A value is none that Talos takes. */
export const wrong = check("config-value");
/** Two settings exclude each other. */
export const conflict = check("config-conflict");
/** Something that must be there once is there twice. */
export const duplicate = check("config-duplicate");
/** It must not be here: not on this type of machine, not in this mode, not with this name. */
export const misplaced = check("config-misplaced");

/** The Talos that is asked does not know it. */
export const unknown = check("config-unknown");

export const REQUIRED = missing("is required", "set it", isEmpty);

/** Only nothing at all is missing; an empty value is something. */
export const SET = missing("is required", "set it", (value) => !isPresent(value));

export const NOT_NEGATIVE = wrong("must not be negative", "use 0 or more", (value) => isBelow(value, 0n));

export function atLeast(least: bigint, shown: string): Check {
  return wrong(
    `must be at least ${shown}`,
    "raise it, or remove it",
    (value) => !isEmpty(value) && isBelow(value, least),
  );
}

/** A number, absent for zero. */
export function between(least: bigint, most: bigint): Check {
  return wrong(`must be from ${least} to ${most}`, "use a number in that range", (value) => {
    const number = typeof value === "bigint" ? value : 0n;
    return number < least || number > most;
  });
}

function isBelow(value: ConfigValue, least: bigint): boolean {
  return typeof value === "bigint" && value < least;
}

export interface TextOptions {
  /** The empty text is wrong too. */
  readonly evenEmpty?: true;
}

/** A text that must have a form. */
export function formed(
  what: string,
  example: string,
  accepts: (text: string) => boolean,
  options: TextOptions = {},
): Check {
  return wrong(`must be ${what}`, `use one like ${example}`, (value) => {
    const text = textOf(value);
    return text === "" ? options.evenEmpty === true : !accepts(text);
  });
}

export interface WordOptions extends TextOptions {
  /** Talos reads upper and lower case alike. */
  readonly anyCase?: true;
}

/** A text that must be one of a few. */
export function oneOf(words: readonly string[], options: WordOptions = {}): Check {
  return wrong("has a value that Talos does not know", `use one of ${words.join(", ")}`, (value) => {
    const given = textOf(value);
    const text = options.anyCase === true ? given.toLowerCase() : given;
    return text === "" ? options.evenEmpty === true : !words.includes(text);
  });
}

/** Something that must not be here. */
export function notAllowed(why: string, remedy = "remove it"): Check {
  return misplaced(`is not allowed ${why}`, remedy, (value) => !isEmpty(value));
}

/** A field of the document that must not be set together with this one. */
export function excludes(other: string): Check {
  return conflict(`cannot be set together with ${other}`, "remove one of them", (value, { parent }) => {
    return !isEmpty(value) && !isEmpty(parentField(parent, other));
  });
}

function parentField(parent: ConfigValue, key: string): ConfigValue {
  return parent instanceof Map ? parent.get(key) : undefined;
}

/** Items of a list, whose `key` no two may share; the later one is told. */
export function unique(what: string, keyOf: (item: ConfigValue) => string | undefined): Check {
  return duplicate(`has ${what} twice`, "keep one of them", (value) => {
    const seen = new Set<string>();
    return (Array.isArray(value) ? (value as readonly ConfigValue[]) : []).some((item) => {
      const key = keyOf(item);
      if (key === undefined) return false;
      const isTwice = seen.has(key);
      seen.add(key);
      return isTwice;
    });
  });
}
