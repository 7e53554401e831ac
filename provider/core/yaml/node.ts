import { NodeText, Plain, type YamlValue } from "./emitter";
import type { YamlNode } from "./parser";
import { resolveTag } from "./scalar";

/** A value about to be written, as the node that reading it back would give. */
export function nodeOfValue(value: YamlValue): YamlNode {
  const line = 1;
  if (value === null || typeof value === "boolean" || typeof value === "number") return plainNode(String(value), line);
  if (typeof value === "string") return { kind: "scalar", text: value, tag: "str", line };
  if (value instanceof NodeText) return { kind: "scalar", text: value.text, tag: "str", line };
  if (value instanceof Plain) return plainNode(value.text, line);
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string, YamlValue>)].map(([key, item]) => ({
      key,
      value: nodeOfValue(item),
      line,
    }));
    return { kind: "mapping", entries, line };
  }
  return { kind: "sequence", items: (value as readonly YamlValue[]).map(nodeOfValue), line };
}

function plainNode(text: string, line: number): YamlNode {
  return { kind: "scalar", text, tag: resolveTag(text), line };
}

/**
 * A plain object as the node that its YAML would give; undefined members are left out.
 *
 * @throws TypeError for what has no YAML, such as a function, and for more than 100 levels
 */
export function nodeOfObject(value: unknown, depth = 0): YamlNode {
  const line = 1;
  if (depth > 100) throw new TypeError("nested too deep");
  if (value === null || value === undefined) return { kind: "scalar", text: "null", tag: "null", line };
  if (Array.isArray(value))
    return { kind: "sequence", items: value.map((item) => nodeOfObject(item, depth + 1)), line };
  switch (typeof value) {
    case "string":
      return { kind: "scalar", text: value, tag: "str", line };
    case "number":
    case "bigint":
    case "boolean":
      return { kind: "scalar", text: String(value), tag: resolveTag(String(value)), line };
    case "object": {
      const entries = Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => ({ key, value: nodeOfObject(item, depth + 1), line }));
      return { kind: "mapping", entries, line };
    }
    default:
      throw new TypeError(`a ${typeof value} has no YAML`);
  }
}

/** The text of a scalar member of a mapping; "" when there is none. */
export function memberText(node: YamlNode, key: string): string {
  const member = node.kind === "mapping" ? node.entries.find((entry) => entry.key === key)?.value : undefined;
  return member?.kind === "scalar" ? member.text : "";
}
