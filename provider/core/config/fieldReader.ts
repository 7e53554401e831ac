import { printableName } from "../tokenLike";
import { PkiError, type Problem } from "../errors";
import { isTree, type Tree, valueAt } from "../secrets/fields";
import { MAX_CREDENTIALS_LENGTH } from "../limits";

/** A map of a file and where it stands. */
export interface Place {
  readonly tree: Tree;
  readonly path: string;
}

/**
 * Reads known places of a plain tree and collects what is wrong with them, without a word of the values. It takes no
 * more than a text of the permitted length can spell out, so an alias bomb ends in an error.
 *
 * @example
 * const reader = new FieldReader();
 * const name = reader.text({ tree, path: "" }, "name");
 * if (reader.problems.length > 0) throw PkiError.of(reader.problems);
 */
export class FieldReader {
  readonly problems: Problem[] = [];
  private budget = MAX_CREDENTIALS_LENGTH;

  /** A string; `undefined` where it is absent or empty. Numbers and booleans are strings in plain YAML. */
  text(place: Place, key: string): string | undefined {
    const value = valueAt(place.tree, [key]);
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string") return this.spend(value);
    this.wrong(joinKey(place.path, key), value, "a string");
    return undefined;
  }

  /** A list of strings; empty where it is absent. */
  texts(place: Place, key: string): string[] {
    return this.items(place, key).flatMap((item, index) => {
      if (typeof item === "string") return [this.spend(item)];
      this.wrong(`${joinKey(place.path, key)}[${index}]`, item, "a string");
      return [];
    });
  }

  /** A list of maps; empty where it is absent. */
  maps(place: Place, key: string): Place[] {
    return this.items(place, key).flatMap((item, index) => {
      const path = `${joinKey(place.path, key)}[${index}]`;
      this.spend("");
      if (isTree(item)) return [{ tree: item, path }];
      this.wrong(path, item, "a map");
      return [];
    });
  }

  /** The map under a key; `undefined` where it is absent or empty. */
  map(place: Place, key: string): Place | undefined {
    const value = valueAt(place.tree, [key]);
    if (value === undefined || value === "") return undefined;
    const path = joinKey(place.path, key);
    this.spend(key);
    if (isTree(value)) return { tree: value, path };
    this.wrong(path, value, "a map");
    return undefined;
  }

  private items(place: Place, key: string): readonly unknown[] {
    const value = valueAt(place.tree, [key]);
    if (value === undefined || value === "") return [];
    if (Array.isArray(value)) return value;
    this.wrong(joinKey(place.path, key), value, "a list");
    return [];
  }

  private wrong(path: string, value: unknown, expected: string): void {
    this.problems.push({ code: "ERR_INPUT_INVALID", path, message: `is ${kindOf(value)}; must be ${expected}` });
  }

  private spend(text: string): string {
    this.budget -= text.length + 1;
    if (this.budget >= 0) return text;
    throw new PkiError(
      "ERR_YAML_INVALID",
      "the text grows beyond 1 MiB through YAML aliases; write it out without them",
    );
  }
}

const LONGEST_NAME = 60;

/** The path of a key that the user has named. */
export function joinKey(path: string, key: string): string {
  const step = /^[\w@.:-]+$/.test(key) ? shortenName(key) : JSON.stringify(shortenName(key));
  return path === "" ? step : `${path}.${step}`;
}

/** A user's own name for a message; a whole megabyte of one helps nobody, and a token is not a name. */
export function shortenName(name: string): string {
  const printable = printableName(name);
  return printable.length > LONGEST_NAME ? `${printable.slice(0, LONGEST_NAME)}…` : printable;
}

function kindOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : "a plain value";
}
