import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { repository, skipOrFail } from "../e2e/support/tools";
import { clear, FakeStack, talosPki } from "../unit/cli/support";
import { startFakeNode, stopFakeNodes } from "../unit/cli/nodes";
import { parseSecretsBundle } from "../../provider/core/secrets/codec";
import { mustRun, run } from "./support/run";

import type { MonitoringTools } from "../../tools/monitoring.mjs" with { "resolution-mode": "import" };

const folder = join(repository, "examples", "monitoring");
const text = (...path: string[]): string => readFileSync(join(folder, ...path), "utf8");

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** What the command writes of a stack in a rotation and of two nodes: every metric that there is. */
async function metrics(): Promise<string> {
  const stack = new FakeStack();
  const args = { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" } };
  await stack.up("TalosSecrets", "prod", args);
  const secrets = await stack.up("TalosSecrets", "prod", { ...args, rotation: { os: { id: "r", stage: "accept" } } });
  const client = { secrets: clear(secrets, "secrets"), clusterName: "prod", endpoints: ["127.0.0.1"] };
  const talosconfig = String(clear(await stack.up("ClientConfiguration", "ops", client), "talosconfig"));
  const now = new Date();
  const { os } = parseSecretsBundle(String(clear(secrets, "secretsYaml")), { now }).bundle.certs;
  const node = await startFakeNode(os, [os.crt]);
  const options = ["--talosconfig", "talosconfig", "--nodes", `${node},127.0.0.1:1`];
  const { out } = await talosPki(["expiry", "--prometheus", ...options], {
    files: { "-": stack.export(), talosconfig },
  });
  return out;
}

describe("examples/monitoring", function () {
  let tools: MonitoringTools;
  const scratch = mkdtempSync(join(tmpdir(), "talos-pki-"));
  let written: string;

  before(async function () {
    const { findMonitoring } = await import("../../tools/monitoring.mjs");
    const found = findMonitoring();
    if (found === undefined) {
      skipOrFail(this, "promtool or actionlint is not built; `node tools/monitoring.mjs` builds them");
      return;
    }
    tools = found;
    written = await metrics();
  });
  after(() => {
    stopFakeNodes();
    rmSync(scratch, { recursive: true, force: true });
  });

  const succeeds = (program: string, args: readonly string[], input?: string): Promise<unknown> =>
    mustRun(program, args, input);
  const metricNames = (source: string): string[] => [...new Set(source.match(/\btalos_pki_\w+/g))].sort();

  it("has rules that promtool takes, and whose tests pass", async () => {
    const rules = join(folder, "rules", "talos-pki.rules.yaml");
    await succeeds(tools.promtool, ["check", "rules", "--lint=all", "--lint-fatal", rules]);
    await succeeds(tools.promtool, ["test", "rules", join(folder, "rules", "talos-pki.test.yaml")]);
  });

  it("has tests that fail where a rule does not hold", async () => {
    const broken = text("rules", "talos-pki.rules.yaml").replace("< 31536000", "< 1");
    writeFileSync(join(scratch, "talos-pki.rules.yaml"), broken);
    writeFileSync(join(scratch, "talos-pki.test.yaml"), text("rules", "talos-pki.test.yaml"));
    const { code, stdout, stderr } = await run(tools.promtool, ["test", "rules", join(scratch, "talos-pki.test.yaml")]);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /TalosPkiCaEnds/);
  });

  it("tests every alert", () => {
    const { groups } = parse(text("rules", "talos-pki.rules.yaml")) as Rules;
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    assert.ok(alerts.length >= 8);
    const tested = text("rules", "talos-pki.test.yaml");
    // Once with an alert expected, not only where none is.
    const rings = (alert: string): boolean => new RegExp(`alertname: ${alert}\\n +exp_alerts:\\n`).test(tested);
    assert.deepEqual(
      alerts.filter((alert) => !rings(alert)),
      [],
    );
    for (const alert of alerts) assert.ok(text("README.md").includes(`\`${alert}\``), alert);
  });

  it("has a dashboard whose queries Prometheus reads", async () => {
    const { panels } = JSON.parse(text("grafana", "talos-pki.json")) as Dashboard;
    const exprs = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    assert.ok(exprs.length >= 8);
    const rules = exprs.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const file = join(scratch, "panels.json");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    await succeeds(tools.promtool, ["check", "rules", "--lint=none", file]);
  });

  it("asks only for metrics that the command writes, which promtool takes", async () => {
    const names = metricNames(written);
    const asked = metricNames(text("rules", "talos-pki.rules.yaml") + text("grafana", "talos-pki.json"));
    assert.deepEqual(
      asked.filter((name) => !names.includes(name)),
      [],
    );
    assert.ok(asked.length >= 8);
    await succeeds(tools.promtool, ["check", "metrics"], written);
  });

  it("has a workflow that actionlint takes, and scripts that a shell reads", async () => {
    await succeeds(tools.actionlint, ["-shellcheck=", "-pyflakes=", join(folder, "github-actions", "talos-pki.yaml")]);
    await succeeds("sh", ["-n", join(folder, "cron", "talos-pki-renew")]);
    const { renew } = parse(text("gitlab-ci", ".gitlab-ci.yml")) as { renew: { script: string[] } };
    assert.ok(renew.script.some((line) => line.startsWith("pulumi up --yes")));
  });

  it("has a script for cron that keeps the last metrics, and fails, where there is no talos-pki", async () => {
    const [project, metricsFolder] = [join(scratch, "project"), join(scratch, "textfile")];
    const file = join(metricsFolder, "talos-pki.prom");
    const command = (name: string, script: string): void => {
      writeFileSync(name, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    };
    mkdirSync(join(project, "node_modules", ".bin"), { recursive: true });
    mkdirSync(join(project, "bin"));
    mkdirSync(metricsFolder);
    command(join(project, "bin", "pulumi"), "echo of the stack");
    // What would ask a registry.
    command(join(project, "bin", "npx"), "exit 1");
    writeFileSync(file, "before");
    const env = [`PATH=${join(project, "bin")}:/usr/bin:/bin`, `PROJECT=${project}`, `TEXTFILES=${metricsFolder}`];
    const renew = async (): Promise<[number, string]> => {
      const { code } = await run("env", ["-i", ...env, "sh", join(folder, "cron", "talos-pki-renew")]);
      return [code, readFileSync(file, "utf8")];
    };
    assert.deepEqual(await renew(), [127, "before"]);
    const own = join(project, "node_modules", ".bin", "talos-pki");
    command(own, "exit 1");
    assert.deepEqual(await renew(), [3, "before"]);
    command(own, 'echo "talos_pki_observed_seconds 1"; exit 1');
    assert.deepEqual(await renew(), [0, "talos_pki_observed_seconds 1\n"]);
    assert.deepEqual(readdirSync(metricsFolder), ["talos-pki.prom"]);
  });
});
