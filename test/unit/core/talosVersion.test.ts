import assert from "node:assert/strict";

import { PkiError } from "../../../provider/core/errors";
import {
  defaultInstallImage,
  defaultKubernetesVersion,
  hasFeature,
  NEWEST_TALOS_VERSION,
  parseTalosVersion,
  SUPPORTED_TALOS_VERSIONS,
} from "../../../provider/core/talosVersion";

describe("a Talos version", () => {
  it("is read in every spelling that talosctl takes", () => {
    assert.deepEqual(parseTalosVersion("v1.13"), { contract: "v1.13", minor: 13 });
    assert.deepEqual(parseTalosVersion("1.13"), { contract: "v1.13", minor: 13 });
    assert.deepEqual(parseTalosVersion("v1.13.2"), { contract: "v1.13", minor: 13, release: "v1.13.2" });
    assert.deepEqual(parseTalosVersion("1.12.3-beta.1"), { contract: "v1.12", minor: 12, release: "v1.12.3-beta.1" });
    assert.deepEqual(parseTalosVersion("v1.12.x"), { contract: "v1.12", minor: 12 });
  });

  it("is supported from v1.6 to v1.14, the newest being the default", () => {
    assert.deepEqual(SUPPORTED_TALOS_VERSIONS.at(0), "v1.6");
    assert.equal(SUPPORTED_TALOS_VERSIONS.length, 9);
    assert.equal(NEWEST_TALOS_VERSION, "v1.14");
  });

  for (const text of ["vfoo", "v1", "1.12x", "", "vv1.13", "v1.5", "v1.15", "v2.13", "1.13\n", " 1.13"]) {
    it(`is rejected when it is ${JSON.stringify(text)}, and the supported ones are listed`, () => {
      assert.throws(
        () => parseTalosVersion(text),
        (error) =>
          error instanceof PkiError &&
          error.code === "ERR_VERSION_UNKNOWN" &&
          error.path === "talosVersion" &&
          error.message.endsWith("supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14"),
      );
    });
  }

  it("has the defaults of the release that it names, else of the newest known of its minor", () => {
    const defaults = (text: string): string[] => {
      const version = parseTalosVersion(text);
      return [defaultKubernetesVersion(version), defaultInstallImage(version)];
    };
    assert.deepEqual(defaults("v1.13"), ["1.36.3", "ghcr.io/siderolabs/installer:v1.13.9"]);
    assert.deepEqual(defaults("v1.13.2"), ["1.36.0", "ghcr.io/siderolabs/installer:v1.13.2"]);
    assert.deepEqual(defaults("v1.6.4"), ["1.29.1", "ghcr.io/siderolabs/installer:v1.6.4"]);
    assert.deepEqual(defaults("v1.13.0-beta.1"), ["1.36.0", "ghcr.io/siderolabs/installer:v1.13.0-beta.1"]);
    assert.deepEqual(defaults("v1.13.40"), ["1.36.3", "ghcr.io/siderolabs/installer:v1.13.40"]);
    assert.equal(defaults("v1.14")[0], "1.37.0");
    assert.match(defaults("v1.14")[1]!, /^factory\.talos\.dev\/metal-installer\/[0-9a-f]{64}:v1\.14\.1$/);
  });

  it("has the features of its contract, both bounds included", () => {
    const featuresAt = (minor: number): boolean[] =>
      (["rbac", "networkDocuments", "kubernetesDocuments"] as const).map((feature) => hasFeature({ minor }, feature));
    assert.deepEqual(featuresAt(11), [true, false, false]);
    assert.deepEqual(featuresAt(12), [false, true, false]);
    assert.deepEqual(featuresAt(14), [false, true, true]);
  });
});
