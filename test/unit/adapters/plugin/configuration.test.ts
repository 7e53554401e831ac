import assert from "node:assert/strict";

import { readConfiguration, withDefaults } from "../../../../provider/adapters/plugin/configuration";

describe("The provider's configuration", () => {
  it("reads numbers that arrive as text and leaves the engine's own keys alone", () => {
    const given = { validityPeriodHours: "720", earlyRenewalHours: "36h", version: "1.0.0", __internal: {} };
    assert.deepEqual(readConfiguration(given), {
      values: { validityPeriodHours: 720, earlyRenewalHours: "36h" },
      problems: [],
    });
  });

  it("takes a file whose name is a number", () => {
    assert.deepEqual(readConfiguration({ auditLog: "2024" }), { values: { auditLog: "2024" }, problems: [] });
    assert.deepEqual(
      readConfiguration({ constructor: "1" }).problems.map(({ code, path }) => `${code} ${path}`),
      ["ERR_INPUT_UNKNOWN provider.constructor"],
    );
  });

  it("tells every problem at once", () => {
    const { problems } = readConfiguration({ validityPeriodHours: "0", auditLog: true, auditlog: "x" });
    assert.deepEqual(
      problems.map(({ code, path }) => `${code} ${path}`),
      [
        "ERR_INPUT_UNKNOWN provider.auditlog",
        "ERR_DURATION_INVALID provider.validityPeriodHours",
        "ERR_INPUT_INVALID provider.auditLog",
      ],
    );
  });

  const configuration = readConfiguration({ validityPeriodHours: "1000", earlyRenewalHours: "100" });

  it("fills in client certificates only, and what they say themselves goes first", () => {
    const filled = { validityPeriodHours: 1000, earlyRenewalHours: 100 };
    assert.deepEqual(withDefaults(configuration, "ClientConfiguration", { a: 1 }), { ...filled, a: 1 });
    assert.deepEqual(withDefaults(configuration, "Kubeconfig", { earlyRenewalHours: 5 }), {
      ...filled,
      earlyRenewalHours: 5,
    });
    assert.deepEqual(withDefaults(configuration, "NodeCertificate", {}), {});
  });

  it("leaves the window aside where the certificate does not live that long", () => {
    assert.deepEqual(withDefaults(configuration, "Kubeconfig", { validityPeriodHours: "100h" }), {
      validityPeriodHours: "100h",
    });
  });
});
