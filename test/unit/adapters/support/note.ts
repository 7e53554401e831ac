import { PkiError } from "../../../../provider/core/errors";
import { type AnyDefinition, defineResource, info } from "../../../../provider/engine/definition";
import { flag, secretText, text } from "../../../../provider/engine/rows";
import type { Values } from "../../../../provider/engine/values";

/** What exists outside every state: notes by their id. */
export class Board {
  readonly notes = new Map<string, string>();
  /** Outputs with which notes were removed. */
  readonly removed: Values[] = [];
  /** Writes only half of the next note. */
  tears = false;
  /** Waits in the next operation until it is aborted. */
  hangs = false;
}

/** A definition of something outside the state, as none of the package's resources is yet. */
export function noteOn(board: Board): AnyDefinition {
  return defineResource({
    name: "Note",
    description: "A note on a board.",
    inputs: { text: text("What it says.").asRequired(), token: secretText("Opens the board.") },
    outputs: {
      found: text("What the board says."),
      isTorn: flag("Whether half is missing."),
      key: secretText("The token."),
    },
    remembered: ["text"],
    decidesFrom: "inputs",
    plan: () => ({ problems: [], reports: [], decision: undefined }),
    async apply({ inputs, previous }, context) {
      context.progress("is being written");
      if (board.hangs) await aborted(context.signal);
      const id = "note-1";
      const written = board.tears ? inputs.text.slice(0, inputs.text.length / 2) : inputs.text;
      board.notes.set(id, written);
      const outputs = { found: written, isTorn: board.tears, key: inputs.token ?? "none" };
      const reports = previous?.isTorn === true ? [info("the rest is written")] : [];
      if (!board.tears) return { id, outputs, reports };
      const problem = { code: "ERR_INPUT_INVALID", path: "text", message: "is written by half; run it again" } as const;
      return { id, outputs, incomplete: [problem] };
    },
    read({ outputs }) {
      const found = board.notes.get("note-1");
      if (found === undefined) return { outputs, isGone: true };
      const reports = found === outputs.found ? [] : [info("somebody has written on it")];
      return { outputs: { ...outputs, found }, reports };
    },
    hasDrifted: (outputs: Values) => outputs["isTorn"] !== true && outputs["found"] !== outputs["text"],
    remove({ outputs }) {
      if (!board.notes.delete("note-1")) {
        throw new PkiError("ERR_INPUT_INVALID", "there is no note; nothing to remove");
      }
      board.removed.push(outputs);
    },
  });
}

async function aborted(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
  throw new PkiError("ERR_INPUT_INVALID", "was cancelled; nothing is written");
}
