import assert from "node:assert/strict";

import { caNameAt } from "../../../../provider/core/secrets/caPlaces";
import { BUNDLE_FIELDS, BUNDLE_FORMS } from "../../../../provider/core/secrets/fields";
import { isCAName } from "../../../../provider/core/secrets/inventory";

describe("The place of a CA in a file", () => {
  it("names it, in every form", () => {
    for (const { secret, document, ...field } of BUNDLE_FIELDS) {
      const expected = isCAName(secret) ? secret : undefined;
      for (const form of [...BUNDLE_FORMS, "v1alpha1"] as const)
        assert.equal(caNameAt(field[form].join(".")), expected, `${secret} ${form}`);
      if (document !== undefined) assert.equal(caNameAt([document.kind, ...document.path].join(".")), expected, secret);
    }
  });

  it("names what is accepted beside it, and nothing whose name only begins like it", () => {
    assert.equal(caNameAt("machine.acceptedCAs[0].crt"), "os");
    assert.equal(caNameAt("cluster.acceptedCAs[1].crt"), "kubernetes");
    assert.equal(caNameAt("KubeAggregatorCAConfig.acceptedCAs[0]"), "aggregator");
    assert.equal(caNameAt("cluster.etcd.ca.crt[1]"), "etcd");
    for (const path of ["machine.cabinet", "cluster.caches[0]", "certs.oslo.crt", "certs", ""])
      assert.equal(caNameAt(path), undefined, path);
  });
});
