import { type ConfigFault, faultAt } from "./faults";
import { jsonOfJson, jsonOfYaml, type JsonValue } from "./jsonValue";
import type { Place, YamlNode } from "../yaml/parser";

/** One operation of RFC 6902. */
export interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: JsonValue;
  /** The value is a `null` of JSON, which Talos tells from one of YAML. */
  readonly isJsonNull: boolean;
  readonly place: Place;
}

const OPERATIONS = ["add", "remove", "replace", "move", "copy", "test"];

/**
 * Reads a JSON 6902 patch.
 *
 * @param isJson whether it is JSON, whose numbers keep their spelling, or YAML, whose numbers Talos writes as JSON first
 * @throws ConfigFault
 */
export function readJsonPatch(node: YamlNode & { kind: "sequence" }, isJson: boolean): Operation[] {
  return node.items.map((item, index) => readOperation(item, index, isJson));
}

function readOperation(item: YamlNode, index: number, isJson: boolean): Operation {
  const wrong = (what: string, remedy?: string): ConfigFault => faultAt(item, `operation ${index + 1} ${what}`, remedy);
  if (item.kind !== "mapping") throw wrong("is not a map", "must be op, path and value");
  const member = (key: string): string | undefined => {
    const value = item.entries.find((entry) => entry.key === key)?.value;
    return value?.kind === "scalar" && value.tag === "str" ? value.text : undefined;
  };
  const value = item.entries.find(({ key }) => key === "value")?.value;
  const [op, path, from] = [member("op"), member("path"), member("from")];
  if (op === undefined || !OPERATIONS.includes(op))
    throw wrong("has no known op", "must be add, remove, replace, move, copy or test");
  if (path === undefined || (path !== "" && !path.startsWith("/")))
    throw wrong("has no path", "must be one like /machine/certSANs/-");
  if (["move", "copy"].includes(op) && from === undefined) throw wrong("has no from", "must be a path");
  return {
    op,
    path,
    place: item,
    ...(from !== undefined && { from }),
    ...(value !== undefined && { value: isJson ? jsonOfJson(value) : jsonOfYaml(value) }),
    isJsonNull: isJson && value?.kind === "scalar" && value.tag === "null",
  };
}
