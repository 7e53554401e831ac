import assert from "node:assert/strict";

import fc from "fast-check";

import { PkiError } from "../../provider/core/errors";
import { applyPatches, patchConfigText, readMachineConfig } from "../../provider/core/machinery/patch";
import { ConfigSchema, type SchemaVersion } from "../../provider/core/machinery/schema";
import type { ValidationMode } from "../../provider/core/machinery/validation/facts";
import { type Finding, judgeMachineConfig, VALIDATION_RULES } from "../../provider/core/machinery/validation/judge";
import type { ValidationRule } from "../../provider/core/machinery/validation/rule";
import { readVectorFile } from "../unit/vectors/vectors";
import { HAND_MADE } from "./differential/handMade";
import { nearValidPatch } from "./differential/nearValid";
import { askValidator, type Judgement, needValidator } from "./differential/validator";

const seed = Number(process.env["TALOS_PKI_SEED"] ?? 20261128);
const runs = Number(process.env["TALOS_PKI_RUNS"] ?? 1100);
const MINORS = [6, 7, 8, 9, 10, 11, 12, 13, 14];
const MODES: readonly ValidationMode[] = ["metal", "cloud", "container"];
const TYPES = ["controlplane", "worker"] as const;

/** Configs of contract v1.13 are validated by Talos 1.14 too. */
const contractsOf = (minor: number): readonly number[] => (minor === 14 ? [14, 13] : [minor]);
const schemaOf = (minor: number): SchemaVersion => (minor >= 14 ? "1.14" : "1.13");

/** What no patch can write: an unknown VLAN mode, and a pair of links of one name. */
const NEVER_BROKEN = [
  "VLANConfig vlanMode: must be 802.1q or 802.1ad",
  "VethConfig peer.name: must differ from the name of the other end",
];

interface Case {
  readonly what: string;
  readonly config: string;
  readonly findings: (mode: ValidationMode) => readonly Finding[];
}

/** Rules that have been broken in a config that Talos rejects, over all versions. */
const broken = new Set<ValidationRule>();
/** What the machinery says of one config in one mode, with the rules that this package finds. */
interface Verdicts {
  readonly shapes: ReadonlySet<string>;
  readonly rules: ReadonlySet<ValidationRule>;
}

const verdicts: Verdicts[] = [];

interface Figures {
  patches: number;
  unpatchable: number;
  rejections: number;
  panics: number;
}

function caseOf(contract: number, minor: number, type: (typeof TYPES)[number], patch: string): Case | undefined {
  const schemaVersion = schemaOf(minor);
  const base = readVectorFile(`out/base-v1.${contract}/${type}.yaml`);
  try {
    const config = patchConfigText(base, [patch], schemaVersion);
    const options = { schemaVersion, path: "configPatches" };
    const { documents } = applyPatches(readMachineConfig(base, schemaVersion), [patch], options);
    const findings = (mode: ValidationMode): readonly Finding[] =>
      judgeMachineConfig(documents, { minor, mode }).filter(({ rule }) => rule.beyondTalos !== true);
    return { what: `${type} of v1.${contract}: ${patch}`, config, findings };
  } catch (error) {
    // What cannot be patched is held by the differential test of patches.
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}

const placeOf = ({ kind, path }: ValidationRule): string => `${kind || "v1alpha1"} ${path}`;
const describeRule = (rule: ValidationRule): string => `${placeOf(rule)}: ${rule.problem}`;

/** A message without the names and values of the config. */
function shapeOf(message: string): string {
  return message
    .replace(/ERROR: .*/s, "")
    .replace(/^(\w+)\/[^:]*: /, "$1: ")
    .replace(/"(?:\\.|[^"\\])*"/g, "…")
    .replace(/\d+/g, "#");
}

function messagesOf({ unreadable, rejected }: Judgement, mode: ValidationMode): readonly string[] {
  return unreadable === undefined ? (rejected?.[mode] ?? []) : ["cannot be read"];
}

function note(messages: readonly string[], findings: readonly Finding[]): void {
  const rules = new Set(findings.map(({ rule }) => rule));
  for (const rule of rules) broken.add(rule);
  verdicts.push({ shapes: new Set(messages.map(shapeOf)), rules });
}

/** Talos up to v1.11 does not say of which document it speaks, so neither does this. */
const wordsOf = ({ path, problem }: ValidationRule): string => `${path}: ${problem}`;

/**
 * Talos says one thing twice: of advertised subnets of etcd, which it listens on too, and of a volume without a name,
 * which is too short as well.
 */
const SAID_TOGETHER = /etcd (?:advertised|listen) subnet|^name is required$/;

/**
 * Messages that stand beside others in some config where no rule is broken that explains them. What explains a message
 * is found where it is the only one.
 */
function unexplainedMessages(): string[] {
  const explained = new Map<string, Set<string>>();
  for (const { shapes, rules } of verdicts) {
    const [shape] = shapes;
    if (shape === undefined || shapes.size > 1) continue;
    explained.set(shape, new Set([...(explained.get(shape) ?? []), ...[...rules].map(wordsOf)]));
  }
  const isExplained = (shape: string, rules: ReadonlySet<ValidationRule>): boolean => {
    const known = explained.get(shape);
    return known === undefined || SAID_TOGETHER.test(shape) || [...rules].some((rule) => known.has(wordsOf(rule)));
  };
  const missing = verdicts.flatMap(({ shapes, rules }) => [...shapes].filter((shape) => !isExplained(shape, rules)));
  const all = new Set(verdicts.flatMap(({ shapes }) => [...shapes]));
  console.log(`      ${all.size} messages, ${explained.size} of them alone in some config`);
  return [...new Set(missing)];
}

/** Compares every verdict, in every mode. */
function compare(minor: number, binary: string, cases: readonly (Case | undefined)[]): Figures {
  const made = cases.filter((item) => item !== undefined);
  const figures = { patches: cases.length, unpatchable: cases.length - made.length, rejections: 0, panics: 0 };
  const answers = askValidator(
    binary,
    made.map(({ config }) => ({ config, modes: MODES })),
  );
  made.forEach(({ what, findings }, index) => {
    const answer = answers[index]!;
    if (answer.unreadable?.startsWith("panic: ") === true) {
      figures.panics += 1;
      return;
    }
    for (const mode of MODES) {
      const [theirs, ours] = [messagesOf(answer, mode), findings(mode)];
      if (mode === "metal" && theirs.length > 0) figures.rejections += 1;
      const told = ours.map(({ rule }) => describeRule(rule)).join("\n");
      assert.equal(
        ours.length > 0,
        theirs.length > 0,
        `v1.${minor} ${mode}, ${what}\nwe:\n${told}\nTalos:\n${theirs.join("\n")}`,
      );
      note(theirs, ours);
    }
  });
  console.log(`      Talos 1.${minor}: ${JSON.stringify(figures)}, no difference in ${MODES.length} modes`);
  return figures;
}

describe("Talos's validation and the table of its rules", function () {
  this.timeout(300_000);

  for (const minor of MINORS) {
    describe(`of Talos 1.${minor}`, () => {
      const validator = needValidator(minor);
      const schema = ConfigSchema.of(schemaOf(minor));

      it("agree on patches made for the rules", () => {
        const known = HAND_MADE.filter(({ kind }) => kind === "" || schema.document(kind) !== undefined);
        const cases = contractsOf(minor).flatMap((contract) =>
          TYPES.flatMap((type) => known.map(({ patch }) => caseOf(contract, minor, type, patch))),
        );
        const { rejections } = compare(minor, validator(), cases);
        assert.ok(known.length >= 200 && rejections >= 200, `${known.length} patches, ${rejections} rejections`);
      });

      it(`agree on ${runs} random patches near what Talos takes`, () => {
        const arbitrary = fc.tuple(
          fc.constantFrom(...contractsOf(minor)),
          fc.constantFrom(...TYPES),
          nearValidPatch(schema),
        );
        const samples = fc.sample(arbitrary, { seed: seed + minor, numRuns: runs });
        const { rejections, unpatchable } = compare(
          minor,
          validator(),
          samples.map(([contract, type, patch]) => caseOf(contract, minor, type, patch)),
        );
        assert.ok(
          rejections > runs / 4 && unpatchable < runs / 4,
          `${rejections} rejections, ${unpatchable} unpatchable`,
        );
      });
    });
  }

  describe("of all versions together", () => {
    it("have a row for every message, and a broken config for every row", function () {
      if (broken.size === 0) this.skip();
      assert.deepEqual(unexplainedMessages(), []);
      const ofTalos = VALIDATION_RULES.filter(({ beyondTalos }) => beyondTalos !== true);
      const never = ofTalos.filter((rule) => !broken.has(rule)).map(describeRule);
      console.log(`      ${broken.size} of ${ofTalos.length} rules broken`);
      assert.deepEqual(never, NEVER_BROKEN);
    });
  });
});
