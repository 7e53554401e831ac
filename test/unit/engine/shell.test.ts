import assert from "node:assert/strict";

import { PemReader } from "../../../provider/core/x509/pemReader";
import { ResourceShell } from "../../../provider/engine/shell";
import { ClientConfiguration } from "../../../provider/resources/clientConfiguration";
import { testHost } from "../support/engine";
import { vector } from "../support/fixed";

describe("What a check tells", () => {
  const inputs = { secrets: vector("bundles/v1.13.yaml"), clusterName: "c", endpoints: ["10.0.0.1:6443"] };
  const olds = { ...inputs, endpoints: ["10.0.0.1"], issuedAt: "2026-12-01T00:00:00Z" };

  it("is told once where the engine checks again before a replacement, and again at the next check", async () => {
    const lines: string[] = [];
    const shell = new ResourceShell(ClientConfiguration, testHost("2026-12-01T00:00:00Z"), new PemReader());
    const call = { name: "admin", say: (line: string) => void lines.push(line) };
    const told = async (before: object): Promise<string[]> => {
      await shell.check(call, { ...before }, inputs);
      return lines.splice(0);
    };
    const line =
      'ClientConfiguration "admin": endpoints[0]: "10.0.0.1:6443" has the port of the Kubernetes API; the Talos API listens on 50000, which is the default';
    assert.deepEqual(await told(olds), [line]);
    assert.deepEqual(await told({}), []);
    assert.deepEqual(await told(olds), [line]);
    assert.deepEqual(await told({}), []);
    assert.deepEqual(await told({}), [line]);
  });
});
