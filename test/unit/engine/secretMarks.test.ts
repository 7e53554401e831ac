import assert from "node:assert/strict";

import { customOf, listOf, mapOf, objectOf, type PropertyType, row, STRING, TIME } from "../../../provider/engine/rows";
import { markSecrets } from "../../../provider/engine/secretMarks";
import { markSecret } from "../../../provider/engine/wire";

describe("The marks of secrets", () => {
  const pair = objectOf("Pair", { name: row(STRING, "Public."), key: row(STRING, "Secret.").asSecret() });
  const given = { name: "a", key: "k" };
  const marked = { name: "a", key: markSecret("k") };
  const mark = (type: PropertyType, value: unknown): unknown =>
    markSecrets({ value }, { value: { type, description: "A value." } })["value"];

  it("reach a secret in an object, a list, a map, a custom type and a union, and nothing beside it", () => {
    assert.deepEqual(mark(pair, given), marked);
    assert.deepEqual(mark(listOf(pair), [given, given]), [marked, marked]);
    assert.deepEqual(mark(mapOf(pair), { one: given }), { one: marked });
    assert.deepEqual(
      mark(
        customOf(pair, (value) => value),
        given,
      ),
      marked,
    );
    assert.deepEqual(mark(listOf(mapOf(pair)), [{ one: given }]), [{ one: marked }]);
    const either: PropertyType = { kind: "union", of: [STRING, listOf(pair), pair] };
    assert.deepEqual(mark(either, given), marked);
    assert.deepEqual(mark(either, [given]), [marked]);
    assert.equal(mark(either, "text"), "text");
    assert.equal(mark(TIME, "2027-01-01T00:00:00Z"), "2027-01-01T00:00:00Z");
  });

  it("leave a value that is marked as it is, and one of another shape than its type", () => {
    assert.deepEqual(mark(pair, marked), marked);
    assert.equal(mark(pair, "text"), "text");
    assert.deepEqual(mark(listOf(pair), given), given);
    assert.deepEqual(mark(mapOf(pair), [given]), [given]);
  });

  it("leave a value as it is that has no row, whatever its name", () => {
    const odd: unknown = JSON.parse('{ "constructor": 1, "toString": { "a": 1 }, "__proto__": 2, "other": 3 }');
    assert.deepEqual(mark(pair, odd), odd);
    assert.deepEqual(mark(mapOf(mapOf(STRING)), odd), odd);
  });
});
