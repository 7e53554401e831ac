import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";

import { cpuSeconds, median } from "./support/cpu";

const root = resolve(__dirname, "..", "..");
const main = join(root, "dist", "provider", "cli", "main.js");
const vectors = join(root, "test", "vectors");
const RUNS = 9;
const LIBRARIES = ["reflect-metadata", "@peculiar/x509", "yaml", "commander", "picocolors", "ipaddr.js"];

describe("the command talos-pki, as it is built", function () {
  this.timeout(60_000);

  // A machine may be half as fast as another: what loading the libraries costs on it is the measure.
  it("inspects a talosconfig in less than twice the CPU of loading its libraries", () => {
    const load = `node -e "${JSON.stringify(LIBRARIES).replaceAll('"', "'")}.forEach((name) => require(name))"`;
    const runs = Array.from({ length: RUNS }, () => ({
      inspected: cpuSeconds(`node ${main} inspect out/talosconfig-only/talosconfig`, vectors, process.env),
      loaded: cpuSeconds(load, root, process.env),
    }));
    const inspected = median(runs.map((run) => run.inspected));
    const loaded = median(runs.map((run) => run.loaded));
    assert.ok(inspected < 2 * loaded, `medians of ${RUNS} runs: ${inspected} s, libraries ${loaded} s`);
  });

  it("does not load the Pulumi SDK", () => {
    const count =
      "process.on('exit', () => console.error(Object.keys(require.cache).filter((path) => path.includes('@pulumi')).length))";
    const args = [
      "-e",
      `${count}; process.argv = ['node', 'talos-pki', 'inspect', 'pki/ca.crt']; require(${JSON.stringify(main)})`,
    ];
    const { stdout, stderr, status } = spawnSync("node", args, { cwd: vectors, encoding: "utf8" });
    assert.match(stdout, /^pki\/ca\.crt: PEM\n/);
    assert.deepEqual([stderr, status], ["0\n", 0]);
  });

  it("reads stdin, writes no colours to a pipe, and answers by its exit code", () => {
    const run = (script: string): [string, number | null] => {
      const { stdout, status } = spawnSync("bash", ["-c", script.replaceAll("talos-pki", `node ${main}`)], {
        cwd: vectors,
        encoding: "utf8",
      });
      return [stdout, status];
    };
    const [verified, code] = run("talos-pki verify - < bundles/v1.13.yaml --at 2027-01-01");
    assert.equal(code, 0);
    assert.equal(verified.split("\n").filter((line) => line.startsWith("ok    certs.")).length, 4);
    assert.deepEqual(run("talos-pki verify broken/expired-ca.yaml --at 2027-01-01 >/dev/null"), ["", 1]);
    assert.deepEqual(run("talos-pki inspect nowhere 2>&1"), ["talos-pki: nowhere: there is no such file\n", 2]);
    assert.equal(run("talos-pki expiry nowhere")[1], 3);
    // A reader that leaves early is no error.
    assert.deepEqual(run("set -o pipefail; talos-pki inspect bundles/v1.13.yaml | head -1"), [
      "bundles/v1.13.yaml: secrets bundle\n",
      0,
    ]);
  });
});
