import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import { generateAuthority } from "../../../provider/core/secrets/authority";
import { talosClientOf } from "../../../provider/resources/live/passingClient";
import { parseTalosVersion } from "../../../provider/core/talosVersion";
import { testHost } from "../support/engine";

const VERSION = parseTalosVersion("v1.13");

const minutes = (count: number): string => new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString();

describe("The client of the Talos API that a provider process issues itself", () => {
  it("is of os:admin, began an hour ago and ends in an hour", async () => {
    const { environment } = testHost(minutes(0));
    const signer = await generateAuthority("os", VERSION, {}, environment);
    const { certificatePem } = await talosClientOf(signer, environment);
    const { subject, validFrom, validTo } = new X509Certificate(certificatePem);
    assert.equal(subject, "O=os:admin\nCN=pulumi-talos-pki");
    assert.deepEqual(
      [validFrom, validTo].map((time) => new Date(time).toISOString()),
      [minutes(-60), minutes(60)],
    );
  });

  it("is one for all resources, as long as most of its hour is left", async () => {
    const host = testHost(minutes(0));
    const { environment } = host;
    const signer = await generateAuthority("os", VERSION, {}, environment);
    const first = await talosClientOf(signer, environment);
    assert.equal(await talosClientOf({ ...signer }, environment), first);
    host.now = minutes(14);
    assert.equal(await talosClientOf(signer, environment), first);
    host.now = minutes(15);
    const next = await talosClientOf(signer, environment);
    assert.notEqual(next.certificatePem, first.certificatePem);
    assert.equal(await talosClientOf(signer, environment), next);
  });

  it("is issued anew by another CA, in another process, and after the clock was put back", async () => {
    const host = testHost(minutes(0));
    const { environment } = host;
    const [signer, other] = [
      await generateAuthority("os", VERSION, {}, environment),
      await generateAuthority("os", VERSION, {}, environment),
    ];
    const first = await talosClientOf(signer, environment);
    assert.notEqual(await talosClientOf(other, environment), first);
    assert.notEqual(await talosClientOf(signer, testHost(minutes(0)).environment), first);
    host.now = minutes(-1);
    assert.notEqual(await talosClientOf(signer, environment), first);
  });
});
