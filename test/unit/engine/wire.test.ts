import assert from "node:assert/strict";

import { describeType, formProblems, validSubset } from "../../../provider/engine/form";
import type { Properties } from "../../../provider/engine/rows";
import { markSecrets } from "../../../provider/engine/secretMarks";
import { holdsUnknown, markAs, markSecret, secretPaths, UNKNOWN, unwrap } from "../../../provider/engine/wire";
import { told } from "../support/errors";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const secret = (value: unknown): unknown => ({ [SIGNATURE]: SECRET, value });

const PROPERTIES: Properties = {
  text: { type: { kind: "string" }, description: "", required: true },
  flag: { type: { kind: "boolean" }, description: "" },
  time: { type: { kind: "hours" }, description: "" },
  color: { type: { kind: "enum", values: ["red", "blue"] }, description: "" },
  texts: { type: { kind: "list", item: { kind: "string" } }, description: "" },
  mirrors: { type: { kind: "map", value: { kind: "list", item: { kind: "string" } } }, description: "" },
  pair: {
    type: {
      kind: "object",
      name: "Pair",
      properties: {
        cert: { type: { kind: "string" }, description: "", required: true },
        key: { type: { kind: "string" }, description: "", secret: true },
      },
    },
    description: "",
  },
  pairs: {
    type: {
      kind: "list",
      item: {
        kind: "object",
        name: "Key",
        properties: { key: { type: { kind: "string" }, description: "", secret: true } },
      },
    },
    description: "",
  },
  either: { type: { kind: "union", of: [{ kind: "string" }, { kind: "boolean" }] }, description: "" },
  anything: { type: { kind: "any" }, description: "", secret: true },
};

describe("The wire", () => {
  it("marks a value as secret once", () => {
    assert.deepEqual(markSecret(1), secret(1));
    assert.deepEqual(markSecret(secret(1)), secret(1));
  });

  it("gives values without marks, nulls and undefined members, at any depth", () => {
    const value = { a: secret({ b: [secret(1), { c: secret("x"), d: null, e: undefined }] }), f: null };
    assert.deepEqual(unwrap(value), { a: { b: [1, { c: "x" }] } });
  });

  it("knows the unknown, at any depth", () => {
    for (const value of [UNKNOWN, [1, [UNKNOWN]], { a: { b: [UNKNOWN] } }]) assert.equal(holdsUnknown(value), true);
    for (const value of ["x", [], {}, undefined, null, `${UNKNOWN} `]) assert.equal(holdsUnknown(value), false);
  });

  it("tells where secrets are: properties, and items of lists", () => {
    const given = { a: secret(1), b: [1, { c: [secret(2)] }], d: { e: { f: secret(3) } }, g: [1], h: secret([1]) };
    assert.deepEqual(secretPaths(given), ["a", "b[1]", "d", "h"]);
  });

  it("marks a value as another one is marked", () => {
    const marked = (value: unknown, model: unknown, expected: unknown): void => {
      assert.deepEqual(markAs(value, model), expected);
    };
    marked("x", secret("y"), secret("x"));
    marked({ a: 1, b: 2, c: 3 }, { a: secret(9), d: secret(9) }, { a: secret(1), b: 2, c: 3 });
    marked([1, { a: 2 }], [0, { a: secret(0) }], [1, { a: secret(2) }]);
    marked([1], [secret(0), 1], secret([1]));
    marked("x", [secret(0)], secret("x"));
    marked("x", { a: secret(0) }, secret("x"));
    marked(secret("x"), { a: 1 }, secret("x"));
    marked({ a: [1] }, { a: [0, 1] }, { a: [1] });
    marked(undefined, secret(1), undefined);
  });

  it("marks what its property says is secret, within objects and lists too, and leaves out the undefined", () => {
    const values = {
      text: "t",
      pair: { cert: "c", key: "k" },
      pairs: [{ key: "k" }],
      anything: {},
      flag: undefined,
      more: 1,
    };
    assert.deepEqual(markSecrets(values, PROPERTIES), {
      text: "t",
      pair: { cert: "c", key: secret("k") },
      pairs: [{ key: secret("k") }],
      anything: secret({}),
      more: 1,
    });
    assert.deepEqual(markSecrets({ pair: UNKNOWN, pairs: UNKNOWN }, PROPERTIES), { pair: UNKNOWN, pairs: UNKNOWN });
  });
});

describe("The form of inputs", () => {
  it("is right for values of each type, and for the unknown", () => {
    const good = {
      text: "",
      flag: false,
      time: "90m",
      color: "red",
      texts: [],
      mirrors: { a: ["b"] },
      pair: { cert: "c" },
      pairs: [{}],
      either: true,
      anything: 5,
    };
    assert.deepEqual(formProblems(good, PROPERTIES), []);
    const unknown = Object.fromEntries(Object.keys(good).map((name) => [name, UNKNOWN]));
    assert.deepEqual(formProblems(unknown, PROPERTIES), []);
    assert.deepEqual(formProblems({ text: "", texts: ["a", UNKNOWN], pair: { cert: UNKNOWN } }, PROPERTIES), []);
  });

  it("is wrong with each problem named by its place and kind, never by its value", () => {
    const bad = {
      flag: "hunter2",
      time: {},
      color: 5,
      texts: ["a", ["hunter2"], null],
      mirrors: { "docker.io": "hunter2" },
      pair: ["hunter2"],
      pairs: [{ key: 5, keys: 1 }],
      either: 5,
      fleg: 1,
      mir_orrs: 1,
      somethingElse: 1,
    };
    assert.deepEqual(told(formProblems(bad, PROPERTIES)), [
      "ERR_INPUT_UNKNOWN fleg: is not a property of this resource; did you mean flag?",
      "ERR_INPUT_UNKNOWN mir_orrs: is not a property of this resource; did you mean mirrors?",
      "ERR_INPUT_UNKNOWN somethingElse: is not a property of this resource; must be one of text, flag, time, color, texts, mirrors, pair, pairs, either, anything",
      "ERR_INPUT_MISSING text: is required; must be a string",
      "ERR_INPUT_INVALID flag: is a string; must be true or false",
      "ERR_INPUT_INVALID time: is a map; must be a whole number of hours or a Go duration",
      'ERR_INPUT_INVALID color: is a number; must be one of "red", "blue"',
      "ERR_INPUT_INVALID texts[1]: is a list; must be a string",
      "ERR_INPUT_INVALID texts[2]: is null; must be a string",
      "ERR_INPUT_INVALID mirrors.docker.io: is a string; must be a list (each a string)",
      "ERR_INPUT_INVALID pair: is a list; must be an object with cert, key",
      "ERR_INPUT_UNKNOWN pairs[0].keys: is not a property of this resource; did you mean key?",
      "ERR_INPUT_INVALID pairs[0].key: is a number; must be a string",
      "ERR_INPUT_INVALID either: is a number; must be a string or true or false",
    ]);
  });

  it("is not fooled by what every object has", () => {
    assert.deepEqual(told(formProblems({ text: "", toString: 1, constructor: 1 }, PROPERTIES)).length, 2);
  });

  it("leaves of malformed values those that can be looked at", () => {
    const bad = { flag: "x", mirrors: { "docker.io": 5 }, texts: ["a"], fleg: 1, color: undefined };
    const problems = formProblems(bad, PROPERTIES);
    assert.deepEqual(validSubset(bad, PROPERTIES, problems), {
      text: UNKNOWN,
      flag: UNKNOWN,
      mirrors: UNKNOWN,
      texts: ["a"],
    });
  });

  it("leaves what stands beside a malformed value in an object, and no strangers", () => {
    const bad = { text: "a", pair: { cert: 5, key: "k", kye: 1 }, pairs: [{ key: 5 }] };
    assert.deepEqual(validSubset(bad, PROPERTIES, formProblems(bad, PROPERTIES)), {
      text: "a",
      pair: { cert: UNKNOWN, key: "k" },
      pairs: UNKNOWN,
    });
  });

  it("is told in words", () => {
    assert.equal(describeType(PROPERTIES["mirrors"]!.type), "a map (each a list (each a string))");
    assert.equal(describeType({ kind: "any" }), "any value");
  });
});
