import assert from "node:assert/strict";

import { formatSecretsBundle } from "../../../../provider/core/secrets/codec";
import type { Values } from "../../../../provider/engine/values";
import { TalosSecrets } from "../../../../provider/resources/talosSecrets";
import { makeSecrets, QUICK } from "../../support/cluster";
import { Managed } from "../../support/engine";
import { readVectorBundle } from "../../vectors/vectors";
import { host, issuingOf, makeAuthority, pem, rotate, statusOf } from "./support";

beforeEach(() => {
  host.now = "2026-01-01T00:00:00Z";
});

const TOMORROW = "2026-01-02T00:00:00Z";
const EARLY =
  "is valid only from 2026-01-02T00:00:00Z, and the clock shows 2026-01-01T00:00:00Z; must be a CA that is valid already, or the right time";

describe("A CA of TalosSecrets that is not valid yet", () => {
  it("is rejected where it is first given", async () => {
    const [os, aggregator] = [await makeAuthority("os", {}, TOMORROW), await makeAuthority("aggregator", {}, TOMORROW)];
    const own = { ...QUICK, certificateAuthorities: { os: pem(os) } };
    const created = await new Managed(TalosSecrets, host).preview(own);
    assert.deepEqual(
      [created.problems, created.notices],
      [[`ERR_CERTIFICATE_NOT_YET_VALID certificateAuthorities.os.certificatePem: ${EARLY}`], []],
    );
    const secrets = await makeSecrets(host);
    for (const stage of ["accept", "finish"])
      assert.deepEqual((await secrets.preview(rotate(stage, pem(os)))).problems, [
        `ERR_CERTIFICATE_NOT_YET_VALID rotation.os.certificatePem: ${EARLY}`,
      ]);
    assert.deepEqual((await secrets.preview({ ...own, ...rotate("accept") })).problems, [
      `ERR_CERTIFICATE_NOT_YET_VALID certificateAuthorities.os.certificatePem: ${EARLY}`,
    ]);
    const replaced = {
      ...QUICK,
      certificateAuthorities: { aggregator: pem(aggregator) },
      rotation: { aggregator: { id: "1" } },
    };
    assert.deepEqual((await secrets.preview(replaced)).problems, [
      `ERR_CERTIFICATE_NOT_YET_VALID certificateAuthorities.aggregator.certificatePem: ${EARLY}`,
    ]);
  });

  it("passes with a warning where clocks merely differ", async () => {
    const own = await makeAuthority("os", {}, "2026-01-01T00:04:00Z");
    const { problems, notices } = await new Managed(TalosSecrets, host).preview({
      ...QUICK,
      certificateAuthorities: { os: pem(own) },
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(notices, [
      "certificateAuthorities.os.certificatePem: the CA is valid only from 2026-01-01T00:04:00Z; look at the clock",
    ]);
  });

  it("is not swapped to, and blocks neither the way back nor another change", async () => {
    const secrets = await makeSecrets(host);
    host.now = TOMORROW;
    await secrets.up(rotate("accept"));
    host.now = "2026-01-01T12:00:00Z";
    assert.deepEqual((await secrets.preview(rotate("swap"))).problems, [
      'ERR_CERTIFICATE_NOT_YET_VALID rotation.os.stage: the next CA is valid only from 2026-01-02T00:00:00Z, and the clock shows 2026-01-01T12:00:00Z; wait until then, or end the rotation with stage "abort"',
    ]);
    assert.deepEqual((await secrets.preview(rotate("abort"))).problems, []);
    host.now = TOMORROW;
    await secrets.up(rotate("swap"));
    host.now = "2026-01-01T12:00:00Z";
    const back = await secrets.preview({ ...rotate("accept"), talosVersion: "v1.13" });
    assert.deepEqual(back.problems, []);
    assert.deepEqual(back.notices.slice(1), [
      'acceptedCAs.os: the next CA is valid only from 2026-01-02T00:00:00Z; stage "swap" is rejected before',
    ]);
  });

  it("is adopted with a warning, and can be rotated away", async () => {
    const os = await makeAuthority("os", {}, "2040-01-01T00:00:00Z");
    const bundle = readVectorBundle("bundles/v1.13.yaml");
    const { certificatePem: crt, privateKeyPem: key } = os as unknown as Record<string, string>;
    const certs = { ...bundle.certs, os: { crt: crt!, key: key! } };
    host.now = "2030-01-01T00:00:00Z";
    const secrets = new Managed(TalosSecrets, host);
    const warning = (path: string): string =>
      `${path}: the CA is valid only from 2040-01-01T00:00:00Z; look at the clock`;
    const { notices } = await secrets.up({ secretsYaml: formatSecretsBundle({ ...bundle, certs }) });
    assert.deepEqual(notices, [warning("secretsYaml.certs.os.crt")]);
    const { problems, notices: told } = await secrets.preview({ talosVersion: "v1.13" });
    assert.deepEqual([problems, told], [[], [warning("certificateAuthorities.os")]]);
    assert.deepEqual((await secrets.preview(rotate("accept", {}, "1"))).problems, []);
  });
});

describe("A clock that is wrong", () => {
  it("rejects a CA to be made, in preview already", async () => {
    const secrets = await makeSecrets(host);
    host.now = "2025-01-01T00:00:00Z";
    assert.deepEqual((await secrets.preview(rotate("accept"))).problems, [
      "ERR_CLOCK certificateAuthorities.os: the clock shows 2025-01-01T00:00:00Z, before 2026-01-01T00:00:00Z, which has passed already; set the clock",
    ]);
    assert.deepEqual((await secrets.preview(QUICK)).problems, []);
  });
});

describe("The end of a CA of TalosSecrets", () => {
  it("warns of each CA within a year of its end, and of one that is over, and blocks nothing", async () => {
    const secrets = await makeSecrets(host, { certificateAuthorities: { os: { validityPeriodHours: 24 } } });
    host.now = "2035-06-01T00:00:00Z";
    const { op, notices } = await secrets.preview(QUICK);
    assert.equal(op, "same");
    const soon = (name: string): string =>
      `certificateAuthorities.${name}: the CA expires at 2035-12-30T00:00:00Z, in less than a year; plan its rotation`;
    assert.deepEqual(notices, [
      "certificateAuthorities.os: the CA expired at 2026-01-02T00:00:00Z; rotate it",
      soon("kubernetes"),
      soon("etcd"),
      soon("aggregator"),
    ]);
    assert.deepEqual((await secrets.preview(rotate("accept"))).problems, []);
  });

  it("is told of the next CA, which is not swapped to once it is over", async () => {
    const secrets = await makeSecrets(host);
    const own = await makeAuthority("os", { validityPeriodHours: 2000 });
    const ending = (path: string): string =>
      `${path}: the next CA expires at 2026-03-25T08:00:00Z, in less than a year; bring one that lives longer, or plan its rotation`;
    const { notices } = await secrets.up(rotate("accept", pem(own)));
    assert.deepEqual(notices.slice(1), [ending("rotation.os.certificatePem")]);
    assert.deepEqual((await secrets.preview(rotate("accept", pem(own)))).notices, [ending("acceptedCAs.os")]);
    host.now = "2026-06-01T00:00:00Z";
    assert.deepEqual((await secrets.preview(rotate("accept", pem(own)))).notices, [
      'acceptedCAs.os: the next CA expired at 2026-03-25T08:00:00Z; end the rotation with stage "abort", then begin another',
    ]);
    assert.deepEqual((await secrets.preview(rotate("swap", pem(own)))).problems, [
      'ERR_AUTHORITY_EXPIRED rotation.os.stage: the next CA expired at 2026-03-25T08:00:00Z and would issue nothing; end the rotation with stage "abort", then begin another',
    ]);
    await secrets.up(rotate("abort", pem(own)));
    assert.equal(statusOf(secrets)["stage"], "abort");
  });

  it("is told of the CA that leaves by what is left to do, and blocks no step", async () => {
    const own = await makeAuthority("os", { validityPeriodHours: 2000 });
    const secrets = await makeSecrets(host, { certificateAuthorities: { os: pem(own) } });
    const told = async (stage: string): Promise<string[]> => (await secrets.up(rotate(stage))).notices.slice(1);
    const at = "2026-03-25T08:00:00Z";
    assert.deepEqual(await told("accept"), [
      `certificateAuthorities.os: the CA expires at ${at}, in less than a year; finish its rotation before`,
    ]);
    assert.deepEqual(await told("swap"), [
      `acceptedCAs.os: the old CA expires at ${at}, in less than a year; set stage "finish" before`,
    ]);
    host.now = "2026-06-01T00:00:00Z";
    assert.deepEqual((await secrets.preview(rotate("swap"))).notices, [
      `acceptedCAs.os: the old CA expired at ${at} and its clients are rejected; set stage "finish"`,
    ]);
    assert.deepEqual(await told("accept"), [
      `certificateAuthorities.os: the CA expired at ${at}; go on with its rotation`,
    ]);
    await secrets.up(rotate("swap"));
    assert.deepEqual(await told("finish"), []);
  });

  it("is told of a CA that is taken over", async () => {
    const secrets = await makeSecrets(host);
    const own = await makeAuthority("os", { validityPeriodHours: 2000 });
    const { notices } = await secrets.up(rotate("finish", pem(own)));
    assert.deepEqual(notices.slice(1), [
      "rotation.os.certificatePem: the CA expires at 2026-03-25T08:00:00Z, in less than a year; plan its rotation",
    ]);
    assert.equal(issuingOf(secrets), own.fingerprint);
  });

  it("is told where it is made, if it lives less than a year", async () => {
    const short = (name: string): string =>
      `certificateAuthorities.${name}.validityPeriodHours: is less than a year; plan the rotation of the CA now`;
    const hours = { validityPeriodHours: "48h" };
    const args: Values = { ...QUICK, certificateAuthorities: { os: hours, etcd: { validityPeriodHours: 8760 } } };
    const secrets = new Managed(TalosSecrets, host);
    assert.deepEqual((await secrets.up(args)).notices, [short("os")]);
    assert.deepEqual(
      (await secrets.preview({ ...args, rotation: { os: { id: "1", stage: "accept" } } })).notices.slice(1),
      [
        short("os"),
        "certificateAuthorities.os: the CA expires at 2026-01-03T00:00:00Z, in less than a year; finish its rotation before",
      ],
    );
  });
});
