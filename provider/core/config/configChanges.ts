import { readPlainDocuments } from "../yaml/plain";
import { type RedactOptions, redactWithKeys } from "./redact";

/** Longer values are cut: a change is to be recognized, not read. */
const LONGEST_VALUE = 60;

/**
 * What differs between two machine configs, one line per leaf, secrets told as such and never shown.
 *
 * @example
 * describeConfigChanges(before, after); // ['~ machine.install.image: "a" -> "b"', "+ KubeSpanConfig.enabled: true"]
 */
export function describeConfigChanges(before: string, after: string, options: RedactOptions = {}): string[] {
  const [was, is] = [flatten(before), flatten(after)];
  const redacted = [redactWithKeys(before, options), redactWithKeys(after, options)] as const;
  const [shownBefore, shownAfter] = [flatten(redacted[0].text), flatten(redacted[1].text)];
  const named = (path: Path): string =>
    joined(path.map((key) => redacted.reduce((text, { redactKey }) => redactKey(text), key)));
  return [...new Map([...was, ...is])].flatMap(([at, { path }]) => {
    const [old, now] = [was.get(at)?.text, is.get(at)?.text];
    if (old === now) return [];
    const [shownOld, shownNow] = [show(shownBefore.get(at)), show(shownAfter.get(at))];
    if (old === undefined) return [`+ ${named(path)}: ${shownNow}`];
    if (now === undefined) return [`- ${named(path)}: ${shownOld}`];
    return [
      `~ ${named(path)}: ${shownOld === shownNow ? "a secret or long value changes" : `${shownOld} -> ${shownNow}`}`,
    ];
  });
}

function show(leaf: Leaf | undefined): string {
  if (leaf === undefined) return "(secret)";
  const { text } = leaf;
  return JSON.stringify(text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text);
}

/** Keys from the top; an item of a list is `[index]`. */
type Path = readonly string[];

interface Leaf {
  readonly path: Path;
  readonly text: string;
}

const joined = (path: Path): string =>
  path.reduce((text, key) => (text === "" || /^\[\d+\]$/.test(key) ? `${text}${key}` : `${text}.${key}`), "");

/** Leaves by path; that of a document begins with its kind and name. */
function flatten(config: string): Map<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  for (const document of readPlainDocuments(config, "machineConfig")) {
    const { kind, name, apiVersion: _, ...rest } = (document ?? {}) as Record<string, unknown>;
    if (typeof kind !== "string") visit(document, [], leaves);
    else visit(rest, [[kind, ...(typeof name === "string" ? [name] : [])].join("/")], leaves);
  }
  return leaves;
}

function visit(value: unknown, path: Path, leaves: Map<string, Leaf>): void {
  if (typeof value === "object" && value !== null) {
    const entries: [string, unknown][] = Array.isArray(value)
      ? value.map((item, index): [string, unknown] => [`[${index}]`, item])
      : Object.entries(value);
    for (const [key, child] of entries) visit(child, [...path, key], leaves);
    if (entries.length > 0) return;
  }
  leaves.set(JSON.stringify(path), { path, text: typeof value === "string" ? value : JSON.stringify(value) });
}
