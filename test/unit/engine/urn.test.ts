import assert from "node:assert/strict";

import { parseUrn } from "../../../provider/engine/urn";

describe("parseUrn", () => {
  it("reads stack, kind and name", () => {
    assert.deepEqual(parseUrn("urn:pulumi:prod::infra::talos-pki:index:AcceptedCA::west"), {
      stack: "prod",
      kind: "AcceptedCA",
      name: "west",
    });
  });

  it("reads the resource's own type behind those of its parents, and a name that holds colons", () => {
    assert.deepEqual(parseUrn("urn:pulumi:a/b::p::my:cluster:Cluster$talos-pki:index:Kubeconfig::eu::1"), {
      stack: "a/b",
      kind: "Kubeconfig",
      name: "eu::1",
    });
  });
});
