import assert from "node:assert/strict";

import { itemsOf } from "../../../provider/cli/expiryItems";
import { createModel, type ReportNode } from "../../../provider/cli/report/model";
import { markup } from "../../../provider/cli/report/markup";
import { vector } from "../support/fixed";
import { odd } from "../../interop/support/oddCertificates";
import { clear, FakeStack, now, talosPki } from "./support";

async function makeStack(): Promise<FakeStack> {
  const stack = new FakeStack();
  const args = { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" } };
  await stack.up("TalosSecrets", "prod", args);
  for (const stage of ["accept", "swap"])
    await stack.up("TalosSecrets", "prod", { ...args, rotation: { os: { id: "r1", stage } } });
  const secrets = clear(
    await stack.up("TalosSecrets", "prod", { ...args, rotation: { os: { id: "r1", stage: "swap" } } }),
    "secrets",
  );
  await stack.up("ClientConfiguration", "<script>alert(1)</script>", { secrets, clusterName: "prod" });
  return stack;
}

describe("talos-pki report", () => {
  let page: string;
  before(async () => {
    const { out, code } = await talosPki(["report", "--html", "-"], {
      files: { "-": (await makeStack()).export(true) },
    });
    assert.equal(code, 0);
    page = out;
  });

  it("is one page that asks nobody for anything and runs nothing", () => {
    assert.match(page, /^<!doctype html>\n<html lang="en">/);
    assert.match(page, /content="default-src 'none'; style-src 'unsafe-inline'"/);
    assert.doesNotMatch(page, /<script|<link|<img|src=|https?:\/\//);
  });

  it("shows every certificate in the timeline, the map and the table", () => {
    const count = (pattern: RegExp): number => [...page.matchAll(pattern)].length;
    assert.deepEqual([count(/class="life /g), count(/class="box /g), count(/<tr class=/g)], [6, 6, 6]);
    assert.equal(count(/class="signs"/g), 1);
    assert.equal(count(/class="box ok accepted"/g), 1);
    assert.equal(count(/class="window"/g), 1);
  });

  it("shows the stage of a rotation", () => {
    assert.match(
      page,
      /<li class="done">accept<\/li>\n<li class="here" aria-current="step">swap<\/li>\n<li class="ahead">finish<\/li>/,
    );
    assert.match(
      page,
      /Never rotated: prod: Kubernetes CA, prod: etcd CA, prod: aggregator CA, prod: service account key\./,
    );
  });

  it("says what the nodes show, by the rules of rotation status, where they are asked", async () => {
    const stack = await makeStack();
    const files = { "-": stack.export(true) };
    const { out, code } = await talosPki(["report", "--html", "-", "--nodes", "127.0.0.1:1"], { files });
    assert.equal(code, 0);
    assert.match(out, /<li class="critical">127\.0\.0\.1:1: cannot be reached: nobody listens there<\/li>/);
    assert.doesNotMatch(page, /class="nodes"/);
    assert.doesNotMatch(out, /PRIVATE|BEGIN|LS0t/);
  });

  it("escapes every foreign name", () => {
    assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt; (ClientConfiguration)"));
    assert.equal(
      markup`<a title="${`"'<&>\u0000`}">${[markup`<b>`, markup`</b>`]}</a>`.text,
      '<a title="&quot;&#39;&lt;&amp;&gt;\ufffd"><b>\n</b></a>',
    );
  });

  it("holds no secret, even where the export shows them", () => {
    assert.doesNotMatch(page, /PRIVATE|BEGIN|LS0t/);
  });

  it("takes files too, and writes where it is told", async () => {
    const { out } = await talosPki(["report", "a", "b", "--html", "-"], {
      files: { a: vector("bundles/v1.13.yaml"), b: vector("out/talosconfig-only/talosconfig") },
    });
    assert.match(out, /a certs\.os\.crt/);
    assert.equal([...out.matchAll(/class="signs"/g)].length, 1);
    assert.deepEqual(await talosPki(["report", "a", "--html", "-"], { files: { a: "x: 1" } }), {
      code: 2,
      out: "",
      err: "talos-pki: there is no certificate in it, so there is nothing to report\n",
    });
  });
});

describe("The map of a report", () => {
  /** Who is below whom: `A(B(C))`. */
  const draw = (nodes: readonly ReportNode[]): string =>
    nodes.map(({ name, children }) => `${name}${children.length === 0 ? "" : `(${draw(children)})`}`).join(" ");
  const mapOf = (files: Readonly<Record<string, string>>): string => {
    const items = itemsOf(Object.entries(files).map(([name, text]) => ({ name, text })));
    return draw(createModel(items, [], { warnSeconds: 2, criticalSeconds: 1 }, now).roots);
  };

  it("begins somewhere among CAs that signed each other in a circle, however long", async () => {
    const a = await odd({ subject: "CN=A", ca: true });
    const b = await odd({ subject: "CN=B", ca: true, issuer: a });
    const c = await odd({ subject: "CN=C", ca: true, issuer: b });
    const byB = await odd({ subject: "CN=A", ca: true, issuer: b, keys: a.keys });
    const byC = await odd({ subject: "CN=A", ca: true, issuer: c, keys: a.keys });
    const leaf = await odd({ subject: "CN=leaf", issuer: c });
    assert.equal(mapOf({ a: byB.pem, b: b.pem }), "b(a)");
    assert.equal(mapOf({ a: byC.pem, b: b.pem, c: c.pem, leaf: leaf.pem }), "c(a(b) leaf)");
    const { code, err } = await talosPki(["report", "a", "b", "c", "--html", "-"], {
      files: { a: byC.pem, b: b.pem, c: c.pem },
    });
    assert.deepEqual([code, err], [0, ""]);
  });

  it("has a CA that was reissued with its key as a root of its own", async () => {
    const old = await odd({ subject: "CN=A", ca: true });
    const anew = await odd({ subject: "CN=A", ca: true, keys: old.keys });
    assert.equal(mapOf({ old: old.pem, anew: anew.pem }), "anew old");
  });
});
