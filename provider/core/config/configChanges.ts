import { readPlainDocuments } from "../yaml/plain";
import { redactMachineConfig, type RedactOptions } from "./redact";

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
  const [shownBefore, shownAfter] = [
    flatten(redactMachineConfig(before, options)),
    flatten(redactMachineConfig(after, options)),
  ];
  const paths = [...new Set([...was.keys(), ...is.keys()])];
  return paths.flatMap((path) => {
    const [old, now] = [was.get(path), is.get(path)];
    if (old === now) return [];
    const [shownOld, shownNow] = [show(shownBefore.get(path)), show(shownAfter.get(path))];
    if (old === undefined) return [`+ ${path}: ${shownNow}`];
    if (now === undefined) return [`- ${path}: ${shownOld}`];
    return [
      shownOld === shownNow ? `~ ${path}: a secret or long value changes` : `~ ${path}: ${shownOld} -> ${shownNow}`,
    ];
  });
}

function show(value: string | undefined): string {
  if (value === undefined) return "(secret)";
  return JSON.stringify(value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value);
}

/** Leaves by path; a document of its own begins with its kind and name. */
function flatten(config: string): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const document of readPlainDocuments(config, "machineConfig")) {
    const { kind, name, apiVersion: _, ...rest } = (document ?? {}) as Record<string, unknown>;
    if (typeof kind !== "string") visit(document, "", leaves);
    else visit(rest, [kind, ...(typeof name === "string" ? [name] : [])].join("/"), leaves);
  }
  return leaves;
}

function visit(value: unknown, path: string, leaves: Map<string, string>): void {
  if (typeof value === "object" && value !== null) {
    const entries: [string, unknown][] = Array.isArray(value)
      ? value.map((item, index): [string, unknown] => [`${path}[${index}]`, item])
      : Object.entries(value).map(([key, child]) => [path === "" ? key : `${path}.${key}`, child]);
    for (const [at, child] of entries) visit(child, at, leaves);
    if (entries.length > 0) return;
  }
  leaves.set(path, typeof value === "string" ? value : JSON.stringify(value));
}
