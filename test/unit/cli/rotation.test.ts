import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import type { CertificateAndKey } from "../../../provider/core/secrets/types";
import { startFakeNode, stopFakeNodes } from "./nodes";
import { clear, FakeStack, type Outcome, talosPki } from "./support";

/** A stack with an OS CA in rotation. */
class Rotation {
  readonly stack = new FakeStack();
  talosconfig = "";
  /** The issuing CA, and the other one while a rotation lasts. */
  issuing: CertificateAndKey = { crt: "", key: "" };
  other: CertificateAndKey = { crt: "", key: "" };

  async up(stage?: string, name = "prod"): Promise<void> {
    const rotation = stage === undefined ? {} : { rotation: { os: { id: "r1", stage } } };
    const serviceAccount = { algorithm: "ecdsa-p256" };
    const outputs = await this.stack.up("TalosSecrets", name, { talosVersion: "v1.13", serviceAccount, ...rotation });
    const now = new Date();
    this.issuing = parseSecretsBundle(String(clear(outputs, "secretsYaml")), { now }).bundle.certs.os;
    const { os } = clear(outputs, "rotationSecrets") as { os?: { certificatePem: string; privateKeyPem: string } };
    if (os !== undefined) this.other = { crt: os.certificatePem, key: os.privateKeyPem };
    const args = { secrets: clear(outputs, "secrets"), clusterName: "prod", endpoints: ["127.0.0.1"] };
    this.talosconfig = String(clear(await this.stack.up("ClientConfiguration", `${name}-ops`, args), "talosconfig"));
  }

  status(nodes: readonly string[], more: readonly string[] = [], showSecrets = true): Promise<Outcome> {
    const files = { talosconfig: this.talosconfig, "-": this.stack.export(showSecrets) };
    const args = ["rotation", "status", "--talosconfig", "talosconfig", "--nodes", nodes.join(","), ...more];
    return talosPki(args, { files, now: new Date() });
  }
}

describe("talos-pki rotation status", () => {
  let rotation: Rotation;
  beforeEach(async () => {
    rotation = new Rotation();
    await rotation.up();
  });
  afterEach(stopFakeNodes);

  it("finds every node through before any rotation", async () => {
    const node = await startFakeNode(rotation.issuing, [rotation.issuing.crt]);
    const { code, out, err } = await rotation.status([node]);
    assert.match(out, /^prod: OS CA, no rotation yet\n {2}issuing {3}O=talos, SHA-256 [0-9a-f]{64}\n/);
    assert.match(out, /NODE +SERVES +TRUSTS CA +VERDICT\n127\.0\.0\.1:\d+ +CA +yes +through\n/);
    assert.match(out, /every node is through; nothing is left to do\n$/);
    assert.deepEqual([code, err], [0, ""]);
  });

  it("tells who trusts and serves what, and that the next stage is not safe", async () => {
    await rotation.up("accept");
    const { issuing, other } = rotation;
    const nodes = [await startFakeNode(issuing, [other.crt, issuing.crt]), await startFakeNode(issuing, [issuing.crt])];
    const { code, out } = await rotation.status(nodes);
    assert.equal(code, 1);
    assert.match(out, /^prod: OS CA, rotation "r1" at stage accept\n/);
    assert.match(out, /NODE +SERVES +TRUSTS OLD CA +TRUSTS NEW CA +VERDICT\n/);
    assert.match(out, new RegExp(`${nodes[0]!} +old CA +yes +yes +through\n`));
    assert.match(out, new RegExp(`${nodes[1]!} +old CA +yes +no +does not let clients of the new CA in\n`));
    assert.match(out, /not safe: 1 of 2 nodes is not through; .*; do not set stage "swap" \("abort" leads back\)\n$/);
  });

  it("calls the next stage safe when every node is through", async () => {
    await rotation.up("accept");
    await rotation.up("swap");
    const node = await startFakeNode(rotation.issuing, [rotation.other.crt, rotation.issuing.crt]);
    const { code, out } = await rotation.status([node]);
    assert.equal(code, 0);
    assert.match(
      out,
      /safe: every node is through; go on with stage "finish", or where it is "auto" with the next update\n$/,
    );
  });

  it("names the CA and not the nodes where nodes reject whatever it issues", async () => {
    await rotation.up("accept");
    const node = await startFakeNode(rotation.issuing, [rotation.other.crt, rotation.issuing.crt]);
    const path = (name: string): string => join(__dirname, "../../cases", name);
    const crt = readFileSync(path("ca-server-usage-only.crt"), "utf8");
    // The stack of an older version, which took such a CA.
    const text = rotation.stack
      .export(true)
      .replaceAll(JSON.stringify(rotation.other.crt).slice(1, -1), JSON.stringify(crt).slice(1, -1));
    const files = { talosconfig: rotation.talosconfig, "-": text.replaceAll(/"rotationSecrets":/g, '"dropped":') };
    const args = ["rotation", "status", "--talosconfig", "talosconfig", "--nodes", node];
    const { code, out } = await talosPki(args, { files, now: new Date() });
    assert.equal(code, 1);
    assert.match(
      out,
      /the new CA lacks the extended key usage client authentication \(it has serverAuth\), so nodes reject it whatever their config; set stage "abort", then rotate to another CA\nnot safe: do not set stage "swap"\n$/,
    );
    assert.match(out, /old CA +yes +\? +through\n/);
    const json = JSON.parse((await talosPki([...args, "--json"], { files, now: new Date() })).out) as {
      rotations: Record<string, unknown>[];
    };
    assert.deepEqual(json.rotations[0]!["unusable"], {
      other: ["lacks the extended key usage client authentication (it has serverAuth)"],
    });
  });

  it("is in the dark without the secrets of the stack", async () => {
    await rotation.up("accept");
    const node = await startFakeNode(rotation.issuing, [rotation.other.crt, rotation.issuing.crt]);
    const { code, out } = await rotation.status([node], [], false);
    assert.equal(code, 1);
    assert.match(out, /yes +\? +nobody could knock as a client of the new CA\n/);
  });

  it("asks about every rotation that has begun, in one table, and calls nothing safe that it could not find out", async () => {
    const node = await startFakeNode(rotation.issuing, [rotation.issuing.crt]);
    await rotation.stack.up("TalosSecrets", "prod", {
      talosVersion: "v1.13",
      serviceAccount: { algorithm: "ecdsa-p256" },
      rotation: { kubernetes: { id: "k1", stage: "accept" } },
    });
    const { code, out } = await rotation.status([node]);
    assert.equal(code, 1);
    assert.match(out, /^prod: OS CA, no rotation yet\n(.*\n)+prod: Kubernetes CA, rotation "k1" at stage accept\n/);
    assert.match(out, /\nno rotation yet: etcd CA, aggregator CA, service account key\n/);
    assert.match(out, /\nNODE +OF +SERVES +TRUSTS OLD CA +TRUSTS NEW CA +VERDICT\n/);
    assert.match(out, new RegExp(`\\n${node} +OS CA +CA +.*yes +through\\n`));
    assert.match(out, new RegExp(`\\n${node} +Kubernetes CA +.*API server: .*; kubelet: cannot be reached: .*nobody`));
    assert.match(out, /\nOS CA: every node is through; nothing is left to do\n/);
    assert.match(out, /\nKubernetes CA: not safe: 1 of 1 node is not through; .*do not set stage "swap"/);
  });

  it("asks the nodes that the stack lists where no talosconfig is given", async () => {
    const node = await startFakeNode(rotation.issuing, [rotation.issuing.crt]);
    await rotation.stack.up("TalosSecrets", "prod", {
      talosVersion: "v1.13",
      serviceAccount: { algorithm: "ecdsa-p256" },
      nodes: [{ address: node, machineType: "controlplane" }],
    });
    const files = { "-": rotation.stack.export(true) };
    const { code, out } = await talosPki(["rotation", "status"], { files, now: new Date() });
    assert.match(out, new RegExp(`${node} +CA +yes +through\\n`));
    assert.equal(code, 0);
  });

  it("never writes a key, as text or as JSON", async () => {
    await rotation.up("accept");
    const node = await startFakeNode(rotation.issuing, [rotation.issuing.crt]);
    for (const more of [[], ["--json"]]) {
      const { out, err } = await rotation.status([node], more);
      assert.doesNotMatch(`${out}${err}`, /PRIVATE|BEGIN|LS0t/);
    }
  });

  it("asks Pulumi for the stack, with its secrets", async () => {
    const node = await startFakeNode(rotation.issuing, [rotation.issuing.crt]);
    const calls: unknown[] = [];
    const { code } = await talosPki(["rotation", "status", "--talosconfig", "t", "--nodes", node, "--stack", "prod"], {
      files: { t: rotation.talosconfig },
      now: new Date(),
      run: (...call) => {
        calls.push(call);
        return Promise.resolve(rotation.stack.export(true));
      },
    });
    assert.equal(code, 0);
    assert.deepEqual(calls, [["pulumi", ["stack", "export", "--stack", "prod", "--show-secrets"], {}]]);
  });

  it("takes the TalosSecrets that the talosconfig belongs to, or the one that is named", async () => {
    const mine = rotation.talosconfig;
    await rotation.up(undefined, "other");
    const files = { talosconfig: mine, "-": rotation.stack.export(true) };
    const args = ["rotation", "status", "--talosconfig", "talosconfig", "--nodes", "127.0.0.1:1", "--json"];
    const resourceOf = async (...more: string[]): Promise<unknown> => {
      const { out, err } = await talosPki([...args, ...more], { files, now: new Date() });
      return err === "" ? (JSON.parse(out) as { resource: string }).resource : err;
    };
    assert.equal(await resourceOf(), "prod");
    assert.equal(await resourceOf("--resource", "other"), "other");
    assert.equal(
      await resourceOf("--resource", "gone"),
      'talos-pki: the stack holds no TalosSecrets "gone"; it has "prod", "other"\n',
    );
  });

  it("needs nodes that have addresses, and a stack that has secrets", async () => {
    assert.match(
      (await rotation.status(["a b"])).err,
      /"a b" is not the address of a node; must be an IP address or DNS name/,
    );
    const files = { talosconfig: rotation.talosconfig, "-": new FakeStack().export() };
    const { code, err } = await talosPki(["rotation", "status", "--talosconfig", "talosconfig"], { files });
    assert.deepEqual([code, err], [2, "talos-pki: the stack holds no TalosSecrets\n"]);
  });
});
