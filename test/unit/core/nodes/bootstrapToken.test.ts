import assert from "node:assert/strict";

import { droppedBootstrapToken } from "../../../../provider/core/nodes/bootstrapToken";

describe("The Secret of a bootstrap token that a config has no more", () => {
  const config = (token: string): string => `machine: {type: controlplane}\ncluster: {token: "${token}"}\n`;
  const [old, next] = [config("aaaaaa.0123456789abcdef"), config("bbbbbb.0123456789abcdef")];

  it("is that of the config before", () => {
    const path = "/api/v1/namespaces/kube-system/secrets/bootstrap-token-aaaaaa";
    assert.equal(droppedBootstrapToken(old, next), path);
    assert.equal(droppedBootstrapToken(`kind: HostnameConfig\n---\n${old}`, next), path);
  });

  it("is none where the Secret stays, or nobody knows its name", () => {
    assert.equal(droppedBootstrapToken(old, old), undefined);
    assert.equal(droppedBootstrapToken(old, config("aaaaaa.fedcba9876543210")), undefined);
    assert.equal(droppedBootstrapToken(old, "machine: {type: controlplane}"), undefined);
    assert.equal(droppedBootstrapToken("machine: {type: controlplane}", next), undefined);
    for (const token of ["", "../../x.0123456789abcdef", "AAAAAA.0123456789abcdef"])
      assert.equal(droppedBootstrapToken(config(token), next), undefined);
  });
});
