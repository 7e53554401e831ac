import type { Problem, Warning } from "../../errors";
import type { ConfigDocuments } from "../documents";
import { applyPatches, type ConfigPatch, nodesOfPatches, type PatchOptions } from "../patch";
import type { ValidationTarget } from "./facts";
import { type Finding, judgeMachineConfig } from "./judge";
import { type Origin, PatchOrigins } from "./origin";
import type { ValidationRule } from "./rule";

/** What is wrong with a config, and what to report of it. */
export interface ConfigVerdict {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

/** A config before and after its patches. */
export interface PatchedConfig {
  /** Reads the config anew as it was before its patches, which are applied in place. */
  readonly original: () => ConfigDocuments;
  /** What was found of that. */
  readonly before: FindingSet;
  readonly patched: ConfigDocuments;
  readonly patches: readonly ConfigPatch[];
  readonly options: PatchOptions;
  readonly target: ValidationTarget;
  /** PEM that has been parsed before. */
  readonly trusted: ReadonlySet<string>;
}

/**
 * What the patches have broken, each with the patch that did so and its line. What the options themselves do is told by
 * their own check.
 */
export function judgePatches(config: PatchedConfig): ConfigVerdict {
  const { before, patched, target, trusted, options } = config;
  const { path } = options;
  const findings = judgeMachineConfig(patched.documents, target, trusted);
  const broken = findings.filter((finding) => finding.rule.fatal === true || !before.has(finding));
  if (broken.length === 0) return { problems: [], warnings: [] };
  const origins = new OriginFinder(config);
  const told = broken.map((finding) => ({ finding, origin: origins.find(finding) }));
  const isFatal = ({ finding }: (typeof told)[number]): boolean => finding.rule.fatal === true;
  return {
    problems: told.filter(isFatal).map(({ finding, origin }) => ({
      code: "ERR_CONFIG_INVALID",
      ...messageOf(finding, origin, path),
    })),
    warnings: told
      .filter((item) => !isFatal(item))
      .map(({ finding, origin }) => ({
        severity: "warning",
        reason: finding.rule.reason,
        ...messageOf(finding, origin, path),
      })),
  };
}

interface Message {
  readonly path: string;
  readonly message: string;
  readonly line?: number;
}

function messageOf(finding: Finding, origin: Origin | undefined, path: string): Message {
  const { problem, remedy } = finding.rule;
  // A place in an object has a path, one in a text a line.
  const { place } = origin ?? {};
  const line = place?.path === undefined ? place?.line : undefined;
  const isNamed = place?.path === `.${finding.path}`;
  const parts = [
    line === undefined ? "" : `line ${line}`,
    isNamed ? labelOf(finding) : placeOfFinding(finding),
    problem,
  ];
  return {
    path: origin === undefined ? path : `${path}[${origin.patch}]${place?.path ?? ""}`,
    message: `${parts.filter((part) => part !== "").join(": ")}; ${remedy}`,
    ...(line !== undefined && { line }),
  };
}

/** Where a finding is: `machine.ca.key`, `BondConfig/bond0.links[0]`. */
export function placeOfFinding(finding: Finding): string {
  return [labelOf(finding), finding.path].filter((part) => part !== "").join(".");
}

/** Its document; "" for v1alpha1 and for the config as a whole. */
function labelOf({ document }: Finding): string {
  const { kind = "", name = "" } = document ?? {};
  return name === "" ? kind : `${kind}/${name.slice(0, 60)}`;
}

/** Findings by rule and place. */
export class FindingSet {
  private readonly places = new Map<ValidationRule, Set<string>>();

  constructor(findings: readonly Finding[]) {
    for (const finding of findings) {
      const places = this.places.get(finding.rule) ?? new Set();
      this.places.set(finding.rule, places.add(placeOfFinding(finding)));
    }
  }

  has(finding: Finding): boolean {
    return this.places.get(finding.rule)?.has(placeOfFinding(finding)) === true;
  }
}

/** Finds the patch that a finding comes from: by what the patches write, else by trying how many of them it takes. */
class OriginFinder {
  private readonly written: PatchOrigins;
  /** What is found after so many patches. */
  private readonly tried = new Map<number, FindingSet>();

  constructor(private readonly config: PatchedConfig) {
    this.written = new PatchOrigins(nodesOfPatches(config.patches, config.options));
  }

  find(finding: Finding): Origin | undefined {
    const { document, path } = finding;
    const written = document === undefined ? undefined : this.written.find(document.kind, document.name, path);
    if (written !== undefined) return written;
    const { patches } = this.config;
    // Absent after `low` patches, there after `high` of them.
    let [low, high] = [0, patches.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.after(middle).has(finding)) high = middle;
      else low = middle;
    }
    return high === 0 ? undefined : { patch: high - 1 };
  }

  private after(count: number): FindingSet {
    const known = this.tried.get(count);
    if (known !== undefined) return known;
    const { original, patches, options, target, trusted } = this.config;
    const patched = applyPatches(original(), patches.slice(0, count), options);
    const found = new FindingSet(judgeMachineConfig(patched.documents, target, trusted));
    this.tried.set(count, found);
    return found;
  }
}
