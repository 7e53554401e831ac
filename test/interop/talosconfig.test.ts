import { strict as assert } from "node:assert";

import { readFileSync } from "node:fs";

import { parse } from "yaml";

import { Cluster, clusterName, issueClient } from "./support/cluster";
import { assertAccepted, judgeTalosconfig, needJudge, talosctl } from "./support/judge";

// The named deviation: talosctl writes no CN, the docs page says CN=talosctl-client.
const clientName = [
  /^client certificate: subject is "2\.5\.4\.10=.*\/2\.5\.4\.3=.*talosctl-client", Talos makes "2\.5\.4\.10=/,
];

describe("Talos accepts our talosconfig", () => {
  needJudge();

  let cluster: Cluster;

  before("make a cluster", async () => {
    cluster = await Cluster.make();
  });

  it("which differs from talosctl's in the client's name alone", async () => {
    const { secretsYaml: bundle } = cluster;
    assertAccepted(await judgeTalosconfig(await cluster.client("admin"), { bundle }), clientName);
  });

  it("and in nothing when no name is asked for", async () => {
    const path = await cluster.client("nameless", { commonName: "" });
    assertAccepted(await judgeTalosconfig(path, { bundle: cluster.secretsYaml }));
  });

  it("with every set of roles and any lifetime", async () => {
    for (const roles of [["os:reader"], ["os:operator", "os:etcd:backup"], ["os:admin", "os:operator", "os:reader"]]) {
      const path = await cluster.client("roles", { roles, validityPeriodHours: 24 });
      assertAccepted(await judgeTalosconfig(path, { bundle: cluster.secretsYaml, roles, ttl: "24h" }), clientName);
    }
  });

  it("which trusts an old and a new CA", async () => {
    const other = await Cluster.make();
    const caCertificatesPem = [other.bundle.certs.os.crt, cluster.bundle.certs.os.crt];
    const path = cluster.talosconfig("both", await issueClient(cluster.bundle.certs.os), { caCertificatesPem });
    assertAccepted(await judgeTalosconfig(path, { bundle: cluster.secretsYaml }), clientName);
  });

  it("and `talosctl config info` shows what is in it", async () => {
    const client = await issueClient(cluster.bundle.certs.os, { roles: ["os:reader"] });
    const path = cluster.talosconfig("info", client, { endpoints: ["10.0.0.2"], nodes: ["10.0.0.2", "10.0.0.3"] });
    const { stdout } = await talosctl("config", "info", "--talosconfig", path);
    assert.match(stdout, new RegExp(`Current context:\\s+${clusterName}\\n`));
    assert.match(stdout, /Nodes:\s+10\.0\.0\.2, 10\.0\.0\.3\n/);
    assert.match(stdout, /Endpoints:\s+10\.0\.0\.2\n/);
    assert.match(stdout, /Roles:\s+os:reader\n/);
    assert.match(stdout, /Certificate expires:\s+1 year from now/);
  });

  it("and `talosctl config merge` adds it to another", async () => {
    const path = await cluster.client("one");
    const target = cluster.folder.write("target", readFileSync(await cluster.client("two"), "utf8"));
    await talosctl("config", "merge", path, "--talosconfig", target);
    const merged = parse(readFileSync(target, "utf8")) as { context: string; contexts: Record<string, unknown> };
    assert.equal(merged.context, `${clusterName}-1`);
    assert.deepEqual(Object.keys(merged.contexts), [clusterName, `${clusterName}-1`]);
  });
});
