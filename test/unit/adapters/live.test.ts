import assert from "node:assert/strict";

import type { AnyDefinition } from "../../../provider/engine/definition";
import { PartialFailure } from "../../../provider/engine/partialFailure";
import { type Properties, SECRET, SIGNATURE } from "../../../provider/engine/wire";
import { Board, noteOn } from "./support/note";
import { PROVIDER, type Served, servedByPlugin, servedDynamically } from "./support/served";

/** A way to serve a definition, and what its outputs hold beside the definition's. */
interface Way {
  readonly serve: (definition: AnyDefinition) => Served;
  readonly own: Properties;
}

const WAYS: Readonly<Record<string, Way>> = {
  "dynamic provider": { serve: servedDynamically, own: { ...PROVIDER, __resourceName: "it" } },
  plugin: { serve: servedByPlugin, own: {} },
};

for (const [way, { serve, own }] of Object.entries(WAYS)) {
  describe(`A resource outside the state, behind the ${way}`, () => {
    let board: Board;
    let served: Served;
    const hello = { text: "hello", token: "s3cret" };
    const secret = (value: unknown): Properties => ({ [SIGNATURE]: SECRET, value });
    const outputsOf = (more: Properties): Properties => ({
      text: "hello",
      found: "hello",
      isTorn: false,
      key: secret("s3cret"),
      ...own,
      ...more,
    });

    beforeEach(() => {
      board = new Board();
      served = serve(noteOn(board));
    });

    const create = async (): Promise<{ id: string; inputs: Properties; outs: Properties }> => {
      const { inputs } = await served.check({}, hello);
      return { inputs, ...(await served.create(inputs)) };
    };

    it("reports progress at once", async () => {
      board.hangs = true;
      const { inputs } = await served.check({}, hello);
      void served.create(inputs);
      await new Promise(setImmediate);
      assert.deepEqual(served.said, ['Note "it": is being written']);
    });

    it("is deleted with its outputs", async () => {
      const { id, outs } = await create();
      assert.deepEqual(outs, outputsOf({}));
      await served.delete(id, outs);
      const { __provider: _, __resourceName: __, ...plain } = outputsOf({ key: "s3cret" });
      assert.deepEqual(board.removed, [plain]);
    });

    it("that cannot be deleted says why", async () => {
      const { id, outs } = await create();
      board.notes.clear();
      await assert.rejects(served.delete(id, outs), { message: "there is no note; nothing to remove" });
    });

    it("that is gone leaves the state", async () => {
      const { id, outs } = await create();
      board.notes.clear();
      const { id: found, props } = await served.read(id, outs);
      assert.equal(found, "");
      assert.deepEqual(
        Object.keys(props).filter((key) => !key.startsWith("__")),
        [],
      );
    });

    it("that somebody else has changed is reported by a refresh, under its name, and written again", async () => {
      const { id, inputs, outs } = await create();
      assert.deepEqual((await served.read(id, outs)).props, outs);
      assert.deepEqual(await served.diff(id, outs, inputs), {});
      board.notes.set(id, "hullo");
      served.said.length = 0;
      const { id: found, props } = await served.read(id, outs);
      assert.deepEqual([found, props], [id, outputsOf({ found: "hullo" })]);
      assert.deepEqual(served.said, ['Note "it": somebody has written on it']);
      assert.deepEqual(await served.diff(id, props, inputs), { changes: true });
      assert.deepEqual((await served.update(id, props, inputs)).outs, outs);
      assert.equal(board.notes.get(id), "hello");
    });

    it("that was changed by half is stored as it is, and the next update goes on", async () => {
      board.tears = true;
      const { inputs } = await served.check({}, hello);
      const failure: unknown = await served.create(inputs).catch((error: unknown) => error);
      assert.ok(failure instanceof PartialFailure);
      assert.deepEqual([failure.id, failure.reasons], ["note-1", ["text: is written by half; run it again"]]);
      const partial = outputsOf({ found: "he", isTorn: true });
      assert.deepEqual(failure.properties, partial);

      const torn: unknown = await served.update("note-1", partial, inputs).catch((error: unknown) => error);
      assert.ok(torn instanceof PartialFailure);
      assert.deepEqual([torn.id, torn.properties], ["note-1", partial]);

      board.tears = false;
      served.said.length = 0;
      const { inputs: again } = await served.check(inputs, hello);
      assert.deepEqual((await served.update("note-1", partial, again)).outs, outputsOf({}));
      assert.deepEqual(served.said, ['Note "it": is being written', 'Note "it": the rest is written']);
    });
  });
}

describe("The dynamic provider of a resource outside the state", () => {
  it("has Pulumi print the resource and no stack when it cannot be deleted", async () => {
    const served = servedDynamically(noteOn(new Board()));
    await assert.rejects(served.delete("note-1", { ...PROVIDER, __resourceName: "it" }), (error: Error) => {
      assert.equal(`${String(error)}: ${error.stack ?? ""}`, 'Note "it": cannot be deleted');
      return true;
    });
  });
});
