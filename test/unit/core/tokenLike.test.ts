import assert from "node:assert/strict";

import { looksLikeToken, printableName } from "../../../provider/core/tokenLike";

describe("A text that looks like a token", () => {
  const TOKENS = [
    ...["gho_a", "github_pat_a", "glpat-a", "gldt-a", "xoxb-a", "xapp-a", "sk_live_a", "rk_test_a", "hvs.a", "hvb.a"],
    ...["AKIAA", "ASIAA", "pypi-a", "dop_v1_a", "tskey-a", "ya29.a"],
    "0123456789",
    "abcdefghijklmnopqrst",
    "ABCDEFGHIJKLMNOPQRST",
    "k0123456789CNTRL",
    "deadbeef12345678",
    "a1b2c3d4e5",
    "aBcDeFgHiJ",
    "xK-fG7_hQ2-lM9_z",
    "Xr/Yb3/kQ9/Za7/Lm2",
  ];
  const NAMES = [
    "012345678",
    "abcdefghijklmnopqrs",
    "kubernetes12345",
    "enp0s31f6",
    "PodSecurityPolicy",
    "terminationGracePeriodSeconds",
    "talos-default-controlplane-1",
    "x-amz-meta-sha256",
    "aescbcEncryptionSecret",
    "/var/lib/longhorn-disk-1a",
    "nvme-Generic_SSD_1TB",
    "npm_config_cache",
    "work_test_a",
  ];
  it("is told from names", () => {
    for (const text of TOKENS) assert.ok(looksLikeToken(text), text);
    for (const text of NAMES) assert.ok(!looksLikeToken(text), text);
  });
});

describe("A name in a message", () => {
  it("is hidden when it looks like a token", () => {
    assert.equal(printableName("certSAN"), "certSAN");
    assert.equal(printableName("ghp_0123456789abcdefghijklmnopqrstuvwxyz01"), "(hidden)");
  });
});
