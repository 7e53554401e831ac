import { printableName } from "../tokenLike";
import { NodeText, Plain, type YamlValue } from "./emitter";
import type { YamlNode } from "./parser";
import { resolveTag } from "./scalar";
import { MAX_DEPTH } from "../limits";

/** A value about to be written, as the node that reading it back would give. */
export function nodeOfValue(value: YamlValue): YamlNode {
  const line = 1;
  if (typeof value === "string") return { kind: "scalar", text: value, tag: "str", line };
  if (value === null || typeof value !== "object") return plainNode(String(value), line);
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
  return { kind: "sequence", items: (value as readonly YamlValue[]).map((item) => nodeOfValue(item)), line };
}

function plainNode(text: string, line: number): YamlNode {
  return { kind: "scalar", text, tag: resolveTag(text), line };
}

/**
 * A plain object as the node that its YAML would give, with the path of each node; undefined members are left out.
 *
 * @throws TypeError for what has no YAML, such as a function, and for more than 100 levels
 */
export function nodeOfObject(value: unknown, path = "", depth = 0): YamlNode {
  const place = { line: 1, path };
  if (depth > MAX_DEPTH) throw new TypeError("nested too deep");
  if (value === null || value === undefined) return { kind: "scalar", text: "null", tag: "null", ...place };
  if (Array.isArray(value)) {
    const items = value.map((item, index) => nodeOfObject(item, `${path}[${index}]`, depth + 1));
    return { kind: "sequence", items, ...place };
  }
  switch (typeof value) {
    case "string":
      return { kind: "scalar", text: value, tag: "str", ...place };
    case "number":
    case "bigint":
    case "boolean":
      return { kind: "scalar", text: String(value), tag: resolveTag(String(value)), ...place };
    case "object": {
      const entries = Object.entries(value).flatMap(([key, item]) => {
        const at = `${path}${stepOf(key)}`;
        return item === undefined ? [] : [{ key, value: nodeOfObject(item, at, depth + 1), line: 1, path: at }];
      });
      return { kind: "mapping", entries, ...place };
    }
    default:
      throw new TypeError(`a ${typeof value} has no YAML`);
  }
}

const LONGEST_STEP = 60;

/** A key as a step of a path: `.machine`, `["net.core.somaxconn"]`. */
function stepOf(key: string): string {
  const name = printableName(key);
  const short = name.length > LONGEST_STEP ? `${name.slice(0, LONGEST_STEP)}…` : name;
  return /^[\w$@/-]+$/.test(name) ? `.${short}` : `[${JSON.stringify(short)}]`;
}

/** The text of a scalar member of a mapping; "" when there is none. */
export function memberText(node: YamlNode, key: string): string {
  const member = node.kind === "mapping" ? node.entries.find((entry) => entry.key === key)?.value : undefined;
  return member?.kind === "scalar" ? member.text : "";
}
