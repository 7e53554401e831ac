import assert from "node:assert/strict";

import type { Problem } from "../../../provider/core/errors";
import { type AnyDefinition, defineResource, type Plan, type PlanRequest } from "../../../provider/engine/definition";
import { DEFAULTED_KEY, SECRET_INPUTS_KEY } from "../../../provider/engine/internalKeys";
import { Operations } from "../../../provider/engine/operations";
import { ANY, listOf, row, type Rows, STRING, text } from "../../../provider/engine/rows";
import type { Values } from "../../../provider/engine/values";
import { problemsOf, testHost } from "../support/engine";

type Request = PlanRequest<Rows, Rows>;
type Made = Partial<Plan<string>>;

/** A definition that notes what it is asked, and plans what the test has it plan. */
class Probe {
  readonly requests: Request[] = [];
  readonly applied: { readonly decision: unknown; readonly previous: unknown }[] = [];
  makes: (request: Request) => Made = () => ({ decision: "made" });
  readonly definition: AnyDefinition;

  constructor(decidesFrom: "inputs" | "state") {
    this.definition = defineResource({
      name: "Probe",
      description: "Notes what it is asked.",
      inputs: {
        text: text("A text.").asRequired(),
        shown: text("What an output shows otherwise.").keptUnder("shownInput"),
        items: row(listOf(ANY), "A list."),
        more: row(STRING, "Filled in."),
      },
      outputs: { shown: text("As it is shown."), text: text("The text."), extra: text("Of the definition.") },
      remembered: ["text"],
      needsSecretPaths: true,
      decidesFrom,
      plan: (request): Plan<string> => {
        this.requests.push(request);
        return { problems: [], reports: [], ...this.makes(request) };
      },
      apply: ({ decision, previous }) => {
        this.applied.push({ decision, previous });
        return { id: "1", outputs: { shown: "shown", extra: "extra" } as never };
      },
    });
  }

  /** As a new process has it, which has checked nothing. */
  process(): Operations {
    return new Operations(this.definition, testHost());
  }

  get last(): Request {
    return this.requests.at(-1)!;
  }
}

const PROBLEM: Problem = { code: "ERR_INPUT_INVALID", path: "text", message: "is over; must be another" };
const REJECTED = "ERR_INPUT_INVALID text: is over; must be another";
const STORED = { text: "a", shownInput: "b", items: ["x", "y"] };
const GIVEN = { text: "a", shown: "b", items: ["x", "y"] };

describe("What a check answers", () => {
  let probe: Probe;
  let operations: Operations;

  beforeEach(() => {
    probe = new Probe("inputs");
    operations = probe.process();
  });

  it("has each input under the name that the state keeps, and no key of the engine without a reason", async () => {
    const { inputs } = await operations.check({}, GIVEN);
    assert.deepEqual(inputs, STORED);
  });

  it("has the names of the inputs that were filled in, which the next check hears of", async () => {
    probe.makes = () => ({ decision: "made", fill: { more: "filled" } });
    const { inputs } = await operations.check({}, GIVEN);
    assert.deepEqual(inputs, { ...STORED, more: "filled", [DEFAULTED_KEY]: ["more"] });
    await operations.check(inputs, GIVEN);
    assert.deepEqual(probe.last.previous?.filled, { more: "filled" });
  });

  it("has the paths of the inputs that the program marks as secret", async () => {
    const { inputs } = await operations.check({}, { ...GIVEN, [SECRET_INPUTS_KEY]: ["items[1]"] });
    assert.deepEqual(inputs, { ...STORED, [SECRET_INPUTS_KEY]: ["items[1]"] });
  });
});

describe("What a plan is asked", () => {
  let probe: Probe;

  beforeEach(() => {
    probe = new Probe("state");
  });

  it("includes in a check which inputs are as they are stored, whatever name they are kept under", async () => {
    await probe.process().check(STORED, { ...GIVEN, text: "other" });
    const names = ["text", "shown", "items"];
    assert.deepEqual(names.map(probe.last.isAsStored), [false, true, true]);
    await probe.process().check({ ...STORED, shown: "other" }, GIVEN);
    assert.deepEqual(names.map(probe.last.isAsStored), [true, true, true]);
    await probe.process().check({ ...STORED, shownInput: "other" }, GIVEN);
    assert.deepEqual(names.map(probe.last.isAsStored), [true, false, true]);
  });

  it("includes in a check whether the state would keep what it has", async () => {
    await probe.process().check({ ...STORED, more: "filled", [DEFAULTED_KEY]: ["more"] }, GIVEN);
    assert.equal(probe.last.wouldKeepStored({ fill: { more: "filled" } }), true);
    assert.equal(probe.last.wouldKeepStored({ keep: { more: "filled" } }), false);
    assert.equal(probe.last.wouldKeepStored({}), false);
  });

  it("includes no comparison with stored inputs where another process carries it out, which has none", async () => {
    await probe.process().create(STORED);
    assert.deepEqual([probe.last.isAsStored("text"), probe.last.wouldKeepStored({})], [false, false]);
    await probe.process().update({ text: "a" }, STORED);
    assert.deepEqual([probe.last.isAsStored("text"), probe.last.wouldKeepStored({})], [false, false]);
    assert.deepEqual([probe.last.isConfigured("shown"), probe.last.isConfigured("more")], [true, false]);
  });

  it("includes the values that are secret: of the program, of the state, and of what another process carries out", async () => {
    const paths = { [SECRET_INPUTS_KEY]: ["items[1]", "shown", "text"] };
    const secrets = ["y", "b", "a"];
    await probe.process().check({ ...STORED, items: ["old", "older"], ...paths }, { ...GIVEN, ...paths });
    assert.deepEqual(probe.last.secretInputs, secrets);
    assert.deepEqual(probe.last.previous?.secretInputs, ["older", "b", "a"]);
    await probe.process().create({ ...STORED, ...paths });
    assert.deepEqual(probe.last.secretInputs, secrets);
    await probe.process().check({}, { ...GIVEN, [SECRET_INPUTS_KEY]: ["items", "items[5]"] });
    assert.deepEqual(probe.last.secretInputs, [["x", "y"], undefined]);
  });

  it("includes the stored outputs, and of the inputs those that they repeat", async () => {
    await probe.process().update({ text: "before", extra: "extra" }, STORED);
    const { outputs, inputs } = probe.last.previous!;
    assert.deepEqual([outputs, inputs["text"]], [{ text: "before", extra: "extra" }, "before"]);
  });
});

describe("What is carried out", () => {
  for (const decidesFrom of ["inputs", "state"] as const) {
    it(`is nothing where the plan of another process finds a problem (decides from ${decidesFrom})`, async () => {
      const probe = new Probe(decidesFrom);
      probe.makes = () => ({ decision: "made", problems: [PROBLEM] });
      assert.deepEqual(await problemsOf(() => probe.process().create(STORED)), [REJECTED]);
      assert.deepEqual(await problemsOf(() => probe.process().update({ text: "a" }, STORED)), [REJECTED]);
      assert.deepEqual(probe.applied, []);
    });

    it(`is what the check of a new resource has planned, once (decides from ${decidesFrom})`, async () => {
      const probe = new Probe(decidesFrom);
      const operations = probe.process();
      const { inputs } = await operations.check({}, GIVEN);
      await operations.create(inputs);
      assert.equal(probe.requests.length, 1);
      // A second resource with the same inputs has a check of its own; what was taken is forgotten.
      await operations.create(inputs);
      assert.equal(probe.requests.length, 2);
    });
  }

  it("is planned again where the check found nothing to do and an update is forced all the same", async () => {
    const probe = new Probe("inputs");
    const operations = probe.process();
    probe.makes = ({ previous }) => (previous?.outputs === undefined ? { isUnchanged: true } : { decision: "forced" });
    const { inputs } = await operations.check(STORED, GIVEN);
    await operations.update({ text: "a" }, inputs);
    assert.deepEqual(probe.applied, [{ decision: "forced", previous: { text: "a" } }]);
  });

  it("is in an update the plan of its check only where that depends on the inputs alone", async () => {
    const plans: number[] = [];
    for (const decidesFrom of ["inputs", "state"] as const) {
      const probe = new Probe(decidesFrom);
      const operations = probe.process();
      const { inputs } = await operations.check(STORED, { ...GIVEN, text: "new" });
      await operations.update({ text: "a" }, inputs);
      plans.push(probe.requests.length);
    }
    assert.deepEqual(plans, [1, 2]);
  });

  it("is planned anew for a new resource whose inputs are those of another, which exists", async () => {
    const probe = new Probe("state");
    const operations = probe.process();
    probe.makes = ({ previous }) => ({ decision: previous === undefined ? "creates" : "updates" });
    const { inputs } = await operations.check(STORED, GIVEN);
    await operations.create(inputs);
    assert.deepEqual(probe.applied, [{ decision: "creates", previous: undefined }]);
  });

  it("stores the inputs that the outputs repeat beside those of the definition", async () => {
    const { outputs } = await new Probe("inputs").process().create(STORED);
    assert.deepEqual(outputs, { text: "a", shown: "shown", extra: "extra" } satisfies Values);
  });
});
