import assert from "node:assert/strict";

import { patchConfigText } from "../../../provider/core/machinery/patch";
import { PkiError } from "../../../provider/core/errors";
import { firstDifference, parseArguments, readPatch, readVectorFile, vectorsOf } from "./vectors";

/** Talos takes a patch without content for a JSON patch without operations; here it changes nothing. */
const NOTHING_TO_DO = ["patch-bad-empty", "patch-bad-comment-only"];

/** Talos 1.13 writes an empty document, which it cannot read again; here the patch is rejected. */
const MAKES_NO_CONFIG: Readonly<Record<string, string>> = {
  "patch-delete-doc-twice-t1.13": `configPatches[1]: line 1: $patch: delete of HostnameConfig finds nothing (lookup failed)`,
};

/** About reading a file, which this package leaves to its user. */
const NOT_OURS = ["patch-missing-file"];

const SUFFIX = "; correct the patch";

/** The same error, in the words of this package; all are ERR_PATCH_INVALID. */
const ERRORS: Readonly<Record<string, string>> = {
  "patch-delete-item-missing": `configPatches[1]: line 4: $patch: delete of cluster.apiServer.admissionControl.[0] finds nothing (lookup failed)${SUFFIX}`,
  "patch-accepted-delete-item": `configPatches[1]: line 3: $patch: delete of machine.acceptedCAs.[0] finds nothing (lookup failed)${SUFFIX}`,
  "patch-duplicate-docs-t1.13": `configPatches[0]: duplicate document KubeSpanConfig is not allowed${SUFFIX}`,
  "patch-json6902-v1.13":
    "configPatches[0]: JSON6902 patches are not supported for multi-document machine configuration; give a strategic merge patch",
  "patch-json6902-bad-path": `configPatches[0]: line 1: operation 1 (replace) does not apply: the config has no such path${SUFFIX}`,
  "patch-bad-unknown-key": `configPatches[0]: line 2: unknown key "machine.foo"${SUFFIX}`,
  "patch-bad-no-kind": `configPatches[0]: line 1: unknown key "apiVersion"${SUFFIX}
configPatches[0]: line 2: unknown key "name"${SUFFIX}`,
  "patch-bad-bad-yaml-t1.13":
    "configPatches[0]: cannot be read as YAML at line 2; must be valid YAML, indented with spaces",
  "patch-bad-bad-yaml-t1.14":
    "configPatches[0]: cannot be read as YAML at line 2; must be valid YAML, indented with spaces",
  "patch-bad-tabs-t1.13": "configPatches[0]: a tab, which Talos rejects at line 2; indent with spaces",
  "patch-bad-tabs-t1.14": "configPatches[0]: a tab, which Talos rejects at line 2; indent with spaces",
  "patch-bad-scalar": `configPatches[0]: line 1: must be a YAML document${SUFFIX}`,
  "patch-bad-list-for-map-t1.13": `configPatches[0]: line 1: must be a map at machine, found a list${SUFFIX}`,
  "patch-bad-list-for-map-t1.14": `configPatches[0]: line 1: must be a map at machine, found a list${SUFFIX}`,
  "patch-bad-null-accepted-t1.14": `configPatches[0]: line 2: null value is not allowed at "machine.acceptedCAs[0]"${SUFFIX}`,
  "patch-bad-bad-base64-t1.13": `configPatches[0]: line 3: crt is not base64${SUFFIX}`,
  "patch-bad-bad-base64-t1.14": `configPatches[0]: line 3: crt is not base64${SUFFIX}`,
  "patch-bad-duplicate-key-t1.13": "configPatches[0]: a key at line 3 already stands at line 2; give it once",
  "patch-bad-duplicate-key-t1.14": "configPatches[0]: a key at line 3 already stands at line 2; give it once",
  "patch-bad-merge-key-t1.14":
    "configPatches[0]: line 4: a merge key (<<), which Talos rejects here; write the keys out",
  "patch-bad-root-delete": `configPatches[0]: line 1: missing apiVersion in document for which $patch: delete is used${SUFFIX}`,
  "patch-docs-on-1.13": `configPatches[0]: line 1: "KubeNodeConfig" "v1alpha1" is not registered in Talos 1.13${SUFFIX}`,
};

function errorOf(id: string, machinery: string): string | undefined {
  if (id === "patch-bad-unknown-kind") {
    return `configPatches[0]: line 1: "NopeConfig" "v1alpha1" is not registered in Talos ${machinery}${SUFFIX}`;
  }
  return ERRORS[id] ?? (id in MAKES_NO_CONFIG ? `${MAKES_NO_CONFIG[id]}${SUFFIX}` : undefined);
}

describe("the vectors of talosctl machineconfig patch", () => {
  const vectors = vectorsOf("machineconfig", "patch").filter(({ id }) => !NOT_OURS.includes(id));

  it("are all there", () => {
    assert.equal(vectors.length, 71);
  });

  for (const vector of vectors) {
    for (const talosctl of vector.talosctl) {
      const machinery = talosctl.slice(1, 5) as "1.13" | "1.14";
      const { positional, flags } = parseArguments(vector.args.slice(2));
      const patch = (): string =>
        patchConfigText(readVectorFile(positional[0]!), (flags.get("--patch") ?? []).map(readPatch), machinery);

      if (NOTHING_TO_DO.includes(vector.id)) {
        it(`${vector.id}: with nothing in the patch, nothing changes (${machinery})`, () => {
          assert.equal(patch(), readVectorFile(positional[0]!));
        });
      } else if (vector.exit !== 0 || vector.id in MAKES_NO_CONFIG) {
        it(`${vector.id}: the patch is rejected (${machinery})`, () => {
          assert.throws(patch, (error) => {
            assert.ok(error instanceof PkiError);
            assert.equal(error.code, "ERR_PATCH_INVALID");
            assert.equal(error.message, errorOf(vector.id, machinery));
            return true;
          });
        });
      } else {
        it(`${vector.id}: the patched config is the same to the byte (${machinery})`, () => {
          const expected = readVectorFile(vector.outputs[0]!.path);
          const actual = patch();
          assert.ok(actual === expected, firstDifference(actual, expected));
        });
      }
    }
  }
});
