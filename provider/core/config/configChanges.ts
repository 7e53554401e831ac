import { redactedLeaves, type RedactOptions } from "./redact";

/** Longer values are cut: a change is to be recognized, not read. */
const LONGEST_VALUE = 60;

/**
 * What differs between two machine configs, one line per leaf, each value as redactMachineConfig shows it.
 *
 * @throws PkiError ERR_YAML_INVALID
 * @example
 * describeConfigChanges(before, after); // ['~ machine.install.image: "a" -> "b"', "+ KubeSpanConfig.enabled: true"]
 */
export function describeConfigChanges(before: string, after: string, options: RedactOptions = {}): string[] {
  const [was, is] = redactedLeaves([before, after], options) as [Leaves, Leaves];
  return [...new Map([...was, ...is])].flatMap(([at, { path }]) => {
    const [old, now] = [was.get(at), is.get(at)];
    if (old?.text === now?.text) return [];
    if (old === undefined) return [`+ ${joined(path)}: ${show(now!.shown)}`];
    if (now === undefined) return [`- ${joined(path)}: ${show(old.shown)}`];
    const [shownOld, shownNow] = [show(old.shown), show(now.shown)];
    return [
      `~ ${joined(path)}: ${shownOld === shownNow ? "a secret or long value changes" : `${shownOld} -> ${shownNow}`}`,
    ];
  });
}

type Leaves = ReturnType<typeof redactedLeaves>[number];

function show(text: string): string {
  return JSON.stringify(text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text);
}

const joined = (path: readonly string[]): string =>
  path.reduce((text, key) => (text === "" || /^\[\d+\]$/.test(key) ? `${text}${key}` : `${text}.${key}`), "");
