import assert from "node:assert/strict";

import { shownCommands, unknownOptions } from "../architecture/support/commands";
import { run } from "./support/run";
import { needJudge, tools } from "./support/tools";

describe("talosctl commands of the documentation", () => {
  needJudge();

  it("exist in the real talosctl, with every option", async () => {
    const commands = shownCommands("talosctl");
    assert.ok(commands.length > 3);
    const depth = ([first = ""]: readonly string[]): number => (["gen", "config"].includes(first) ? 2 : 1);
    const help = async (words: readonly string[]): Promise<string | undefined> => {
      const { code, stdout } = await run(tools().talosctl, [...words, "--help"]);
      return code === 0 && stdout.includes(`talosctl ${words.join(" ")}`) ? stdout : undefined;
    };
    const wrong: string[] = [];
    for (const command of commands) wrong.push(...(await unknownOptions(command, depth, help)));
    assert.deepEqual(wrong, []);
  });
});
