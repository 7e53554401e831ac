import assert from "node:assert/strict";

import { formatSecretsBundle, parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import { refuses } from "../../support/errors";
import { vector } from "../../support/fixed";

const now = new Date("2027-01-01T00:00:00Z");
const parse = (text: string): ReturnType<typeof parseSecretsBundle> => parseSecretsBundle(text, { now });
const good = vector("bundles/v1.13.yaml");

describe("A secrets bundle in an unusual spelling", () => {
  it("loses an encryption secret that is empty, as it does to talosctl", () => {
    const both = good.replace(/(\n +)(secretboxencryptionsecret:)/, '$1aescbcencryptionsecret: ""$1$2');
    assert.notEqual(both, good);
    const { bundle, unknown, warnings } = parse(both);
    assert.deepEqual(warnings, []);
    assert.ok(formatSecretsBundle(bundle, unknown) === good);
  });

  it("follows merge keys as talosctl does, though not without bound", () => {
    const token = good.match(/trustdinfo:\n +(token: \S+)/)!;
    const merged = `shared: &shared\n    ${token[1]!}\n${good.replace(token[0], "trustdinfo:\n    <<: *shared")}`;
    assert.ok(formatSecretsBundle(parse(merged).bundle) === good);
    const bomb = Array.from({ length: 101 }, (_, index) => `k${index}: {<<: *shared}\n`).join("");
    refuses(
      () => parse(`${merged}${bomb}`),
      "ERR_YAML_INVALID",
      "too many merge keys (<<) at line 125; must be at most 100",
    );
  });

  it("takes values with a YAML tag for the text that they are to talosctl", () => {
    const token = good.match(/bootstraptoken: (\S+)/)![1]!;
    for (const value of [`!!str ${token}`, `!!binary ${Buffer.from(token).toString("base64")}`])
      assert.ok(formatSecretsBundle(parse(good.replace(token, value)).bundle) === good);
    const { bundle } = parse(good.replace(token, "!!timestamp 2001-01-01"));
    assert.equal(bundle.secrets.bootstrapToken, "2001-01-01");
    refuses(
      () => parse(good.replace(token, "!!binary x")),
      "ERR_YAML_INVALID",
      "a !!binary at line 5 is not base64 of a text; write the text",
    );
  });

  it("keeps an unknown key that has no value, and is no second document for dashes at its end", () => {
    const { bundle, unknown } = parse(`${good}owner:\n---\n# nothing\n`);
    assert.ok(formatSecretsBundle(bundle, unknown) === `${good}owner: null\n`);
  });
});
