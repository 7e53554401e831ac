import { faultAt } from "./faults";
import type { SchemaVersion } from "./schema";
import type { YamlEntry, YamlMapping } from "../yaml/parser";

/** @throws ConfigFault for a merge key (`<<`), which Go takes in free-form values and in some maps only */
export function assertNoMerge({ mergeAt }: YamlMapping): void {
  if (mergeAt !== undefined) throw faultAt(mergeAt, "a merge key (<<), which Talos rejects here", "write the keys out");
}

/**
 * The entries of a map whose keys are strings to Go, which takes a number or a boolean by its text. Under a null it
 * sets nothing.
 *
 * @throws ConfigFault for a date, which 1.14 does not take for a string
 */
export function stringKeyed({ entries }: YamlMapping, version: SchemaVersion): readonly YamlEntry[] {
  const date = version === "1.14" ? entries.find(({ keyTag }) => keyTag === "timestamp") : undefined;
  if (date !== undefined) throw faultAt(date, "a key is a date, which is not a string", "quote it");
  return entries.filter(({ keyTag }) => keyTag !== "null");
}

/**
 * The same of a map whose values have a type, which Talos up to 1.13 merges with an alias, and 1.14 with nothing.
 *
 * @throws ConfigFault
 */
export function typedEntries(node: YamlMapping, version: SchemaVersion): readonly YamlEntry[] {
  if (version === "1.14" || node.mergeAt?.isAlias === false) assertNoMerge(node);
  return stringKeyed(node, version);
}

/**
 * The entries of a map within a free-form value. Go keeps a key that is not a string as what it is, and Kubernetes, to
 * which such a value goes, has no such key.
 *
 * @throws ConfigFault for a key that is not a string
 */
export function onlyStringKeys({ entries }: YamlMapping): readonly YamlEntry[] {
  const odd = entries.find(({ keyTag }) => keyTag !== undefined);
  if (odd !== undefined) throw faultAt(odd, "a key is not a string", "quote it");
  return entries;
}
