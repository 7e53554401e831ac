import assert from "node:assert/strict";

import { parseStack } from "../../../provider/cli/stack";
import { markSecret, SECRET, SIGNATURE } from "../../../provider/engine/wire";

const stack = (...resources: readonly object[]): string => JSON.stringify({ version: 3, deployment: { resources } });

describe("A stack export", () => {
  it("names a resource as the program does, colons and parents and all", () => {
    const { resources } = parseStack(
      stack(
        { urn: "urn:pulumi:a/b::p::my:cluster:Cluster$talos-pki:index:Kubeconfig::eu::1", type: "x:y:Kubeconfig" },
        { type: "talos-pki:index:AcceptedCA" },
      ),
      "stdin",
    );
    assert.deepEqual(
      resources.map(({ type, name }) => [type, name]),
      [
        ["Kubeconfig", "eu::1"],
        ["AcceptedCA", ""],
      ],
    );
  });

  it("keeps secrets apart, shown and hidden", () => {
    assert.ok(SIGNATURE in (markSecret("x") as object));
    const hidden = { [SIGNATURE]: SECRET, ciphertext: "v1:x" };
    const shown = { [SIGNATURE]: SECRET, plaintext: JSON.stringify({ a: 1 }) };
    const outputs = { plain: { list: [1, hidden], kept: 2, gone: hidden }, hidden, shown };
    const { resources, showsSecrets } = parseStack(stack({ urn: "", type: "t", outputs }), "stdin");
    assert.deepEqual(resources[0]?.outputs, { plain: { list: [1], kept: 2 } });
    assert.deepEqual([resources[0].secrets, showsSecrets], [{ shown: { a: 1 } }, true]);
  });
});
