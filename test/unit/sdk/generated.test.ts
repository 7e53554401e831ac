import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { defineResource } from "../../../provider/engine/definition";
import {
  ANY,
  anyAs,
  customOf,
  factsOf,
  flag,
  hours,
  listOf,
  mapOf,
  namedEnumOf,
  objectOf,
  rejectedOf,
  row,
  secretText,
  text,
  time,
} from "../../../provider/engine/rows";
import { COMPONENTS, DEFINITIONS } from "../../../provider/resources";
import { HANDWRITTEN, typescriptSdk } from "../../../tools/typescriptSdk";
import { docstring } from "../../../tools/typescriptSdk/text";
import { repository } from "../../architecture/support/markdown";

/** A resource with a property of each kind. */
const Echo = defineResource({
  name: "EchoBox",
  description: "Repeats a text.",
  decidesFrom: "inputs",
  inputs: {
    text: text("What to repeat.").asRequired(),
    volume: row(
      namedEnumOf({ name: "Volume", description: "How loud." }, ["low", "high"]),
      "Loudness.",
    ).withDocumentedDefault("low"),
    volumes: row(listOf(namedEnumOf({ name: "Volume", description: "How loud." }, ["low", "high"])), "Further ones."),
    labels: row(mapOf(ANY), "Any values."),
    until: time("End."),
    pause: hours("Pause.").withDefault(2),
    place: row(objectOf("Place", { room: text("Room.").asRequired(), floor: hours("Floor.") }, "A place."), "Where."),
    secrets: row(
      customOf(ANY, (value) => value, {
        input: "SecretsInput",
        takes: { resource: "TalosSecrets", output: "secrets", as: "value" },
      }),
      "Secrets.",
    ).asSecret(),
    list: row(
      listOf(
        anyAs({ input: "AcceptedCAInput", takes: { resource: "AcceptedCA", output: "certificates", as: "member" } }),
      ),
      "CAs.",
    ),
    gone: row(rejectedOf("ERR_INPUT_INVALID", "is gone; use text"), "Gone."),
  },
  outputs: {
    echo: text("The text."),
    isLoud: flag("Whether it is loud.").asOptional(),
    token: secretText("A token."),
    place: row(factsOf("PlaceFacts", { room: text("Room."), floor: text("Floor.").asOptional() }), "Where."),
  },
  plan: () => ({ problems: [], reports: [], decision: undefined }),
  apply: () => assert.fail(),
});

const line = (source: string | undefined): string => (source ?? "").replace(/\s+/g, " ");

describe("The TypeScript SDK", function () {
  this.timeout(60_000);

  it("is what the definitions say; `npm run sdks` writes it", async () => {
    const folder = join(repository, "sdk");
    const written = readdirSync(folder).filter((name) => name.endsWith(".ts") && !HANDWRITTEN.includes(name));
    const files = await typescriptSdk(Object.values(DEFINITIONS), Object.values(COMPONENTS));
    assert.deepEqual(written.sort(), Object.keys(files).sort());
    for (const [name, source] of Object.entries(files)) {
      assert.ok(
        readFileSync(join(folder, name), "utf8") === source,
        `sdk/${name} is old; \`npm run sdks\` writes it anew`,
      );
    }
  });

  it("has a class for a resource that nobody has told it of", async () => {
    const files = await typescriptSdk([Echo]);
    assert.deepEqual(Object.keys(files).sort(), ["echoBox.ts", "index.ts", "plugin.ts", "types.ts"]);
    const source = line(files["echoBox.ts"]);
    for (const part of [
      "/** What to repeat. */ text: pulumi.Input<string>;",
      "/** Loudness. Default: `low`. */ volume?: TextInput<Volume>;",
      "volumes?: pulumi.Input<pulumi.Input<Volume | (string & {})>[]>;",
      "labels?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;",
      "until?: pulumi.Input<string>;",
      "/** Pause. Default: `2`. */ pause?: pulumi.Input<Hours>;",
      "place?: pulumi.Input<PlaceArgs>;",
      "secrets?: SecretsInput;",
      "list?: pulumi.Input<AcceptedCAInput[]>;",
      "/** The text. */ declare readonly echo: pulumi.Output<string>;",
      "declare readonly isLoud: pulumi.Output<boolean | undefined>;",
      "/** A token. Secret. */ declare readonly token: pulumi.Output<string>;",
      "declare readonly place: pulumi.Output<PlaceFacts>;",
      "super(ECHO_BOX, name, args, opts);",
      'outputs: { plain: ["echo", "isLoud", "place"], secret: ["token"] }',
      'secrets: { output: "secrets", as: "value" }, list: { output: "certificates", as: "member" }',
      'import type { AcceptedCAInput, Hours, SecretsInput, TextInput } from "./inputs";',
      'import type { PlaceArgs, PlaceFacts, Volume } from "./types";',
      ' * const echoBox = new EchoBox("example", { text: "example" });',
    ]) {
      assert.ok(source.includes(part), `${part}\nis not in\n${files["echoBox.ts"]!}`);
    }
    assert.ok(!source.includes("gone"));
    const types = line(files["types.ts"]);
    assert.ok(types.includes('/** How loud. */ export type Volume = "low" | "high";'));
    assert.ok(types.includes("/** A place. */ export interface PlaceArgs { /** Room. */ room: pulumi.Input<string>;"));
    assert.ok(
      types.includes("export interface PlaceFacts { /** Room. */ room: string; /** Floor. */ floor?: string; }"),
    );
    assert.match(line(files["plugin.ts"]), /class EchoBox extends resources\.EchoBox .* register = asPlugin;/);
  });

  it("has one type of each name", async () => {
    const other = { ...Echo, name: "Other", outputs: { a: row(factsOf("PlaceFacts", { b: text("B.") }), "A.") } };
    await assert.rejects(typescriptSdk([Echo, other]), {
      message:
        "two types of the TypeScript SDK are called PlaceFacts; rename one in its definition, or in NAMES of tools/typescriptSdk/exceptions.ts",
    });
  });

  it("breaks long docstrings between words and lets nothing end them", () => {
    assert.equal(docstring(["a */ b"]), "/** a *\\/ b */");
    assert.equal(
      docstring(["a".repeat(100), "b"].map((word) => `${word} c`)),
      `/**\n * ${"a".repeat(100)} c\n * b c\n */`,
    );
    assert.deepEqual(docstring([`${"a".repeat(80)} ${"b".repeat(80)}`]).split("\n"), [
      "/**",
      ` * ${"a".repeat(80)}`,
      ` * ${"b".repeat(80)}`,
      " */",
    ]);
  });
});
