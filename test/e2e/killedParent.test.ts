import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

import { credentials, type requestCallback } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";

import { generateSecretsBundle } from "../../provider/core";
import { fixedEnvironment } from "../unit/support/fixed";

import { needsPulumi, Project } from "./support";
import { descendants, isProvider } from "./support/processes";

const PLUGIN = join(__dirname, "..", "..", "plugin", "pulumi-resource-talos-pki");
/** A shell that starts the plugin as `pulumi` does, reports its process id and lives on. */
const PARENT = `"$0" "$@" & echo "pid $!"; while :; do sleep 1; done`;
/** Where an engine could be; nothing is sent there. */
const ENGINE = "127.0.0.1:1";

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function endOf(pid: number, limit: number): Promise<boolean> {
  for (let waited = 0; waited < limit; waited += 100) {
    if (!isRunning(pid)) return true;
    await delay(100);
  }
  return false;
}

describe("A plugin whose parent is killed", function () {
  this.timeout(60_000);
  let parent: ChildProcess;
  let pid = 0;
  let port = 0;
  let silentNode: Server | undefined;

  const start = async (...args: string[]): Promise<void> => {
    parent = spawn("sh", ["-c", PARENT, PLUGIN, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    assert.ok(parent.stdout);
    for await (const line of createInterface(parent.stdout)) {
      if (line.startsWith("pid ")) pid = Number(line.slice("pid ".length));
      else port = Number(line);
      if (pid > 0 && port > 0) return;
    }
    assert.fail("the plugin has not started");
  };

  const killParent = async (): Promise<void> => {
    parent.kill("SIGKILL");
    await once(parent, "exit");
  };

  beforeEach(() => {
    [pid, port] = [0, 0];
  });

  afterEach(() => {
    parent.kill("SIGKILL");
    if (pid > 0 && isRunning(pid)) process.kill(pid, "SIGKILL");
    silentNode?.close();
    silentNode = undefined;
  });

  it("ends by itself, and not before", async () => {
    await start(ENGINE);
    assert.equal(await endOf(pid, 3_000), false, "must run while its parent does");
    await killParent();
    assert.ok(await endOf(pid, 5_000), "must end after its parent");
  });

  it("stays where it was started by hand, to be attached to", async () => {
    await start();
    await killParent();
    assert.equal(await endOf(pid, 3_000), false);
  });

  it("finishes what changes a node first", async () => {
    await start(ENGINE);
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    silentNode = createServer().listen(0, "127.0.0.1");
    await once(silentNode, "listening");
    const { port: nodePort } = silentNode.address() as AddressInfo;

    const bundle = await generateSecretsBundle({ talosVersion: "v1.13" }, fixedEnvironment());
    const inputs = {
      controlPlaneNodes: [`127.0.0.1:${nodePort}`],
      secrets: JSON.parse(JSON.stringify(bundle)) as Record<string, JavaScriptValue>,
      timeouts: { connect: "4s", create: "4s" },
    };
    const request = new messages.CreateRequest()
      .setUrn("urn:pulumi:test::plugin::talos-pki:index:ClusterHealth::health")
      .setProperties(Struct.fromJavaScript(inputs));
    const reached = once(silentNode, "connection");
    let isAnswered = false;
    const answer = new Promise<string>((resolve) => {
      const done: requestCallback<messages.CreateResponse> = (error) => {
        isAnswered = true;
        resolve(error?.details ?? "");
      };
      client.create(request, done);
    });
    await reached;
    await killParent();
    assert.equal(await endOf(pid, 2_500), false, "must run while the request does");
    assert.equal(isAnswered, false);
    assert.match(await answer, /ERR_NODE_/);
    client.close();
    assert.ok(await endOf(pid, 5_000), "must end after the request");
  });
});

describe("Pulumi's process for dynamic resources, when pulumi is killed", function () {
  this.timeout(120_000);

  it("ends by itself, and does not report for ever that it cannot report", async function () {
    const cli = needsPulumi(this);
    const silentNode = createServer().listen(0, "127.0.0.1");
    await once(silentNode, "listening");
    const { port } = silentNode.address() as AddressInfo;
    const project = await Project.create({
      cli,
      program: `
const { ClusterHealth, TalosSecrets } = require("pulumi-talos-pki");
const secrets = new TalosSecrets("a", { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" } }, { protect: false });
new ClusterHealth("health", { secrets, controlPlaneNodes: ["127.0.0.1:${port}"], timeouts: { connect: "2s", create: "15s" } });
`,
    });
    try {
      const { running, kill } = project.start("up");
      assert.ok(await running.until(/waits for the cluster to be healthy/));
      const [provider] = descendants(running.pid).filter(isProvider);
      assert.ok(provider);
      await kill("pulumi");
      assert.ok(isRunning(provider.pid), "must finish what is under way");
      assert.ok(await endOf(provider.pid, 40_000), "must end then");
    } finally {
      silentNode.close();
      await project.remove();
    }
  });
});
