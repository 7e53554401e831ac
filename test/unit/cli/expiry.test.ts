import assert from "node:assert/strict";

import { vector } from "../support/fixed";
import { clear, FakeStack, now, talosPki } from "./support";

async function makeStack(): Promise<FakeStack> {
  const stack = new FakeStack();
  const secrets = await stack.up("TalosSecrets", "prod", {
    talosVersion: "v1.13",
    serviceAccount: { algorithm: "ecdsa-p256" },
  });
  const shared = { secrets: clear(secrets, "secrets"), clusterName: "prod" };
  await stack.up("ClientConfiguration", "ops", shared);
  await stack.up("ClientConfiguration", "ci", { ...shared, validityPeriodHours: 480, earlyRenewalHours: 24 });
  await stack.up("NodeCertificate", "cp-1", { secrets: shared.secrets, ipAddresses: ["10.0.0.2"] });
  return stack;
}

describe("talos-pki expiry", () => {
  let stack: string;
  before(async () => {
    stack = (await makeStack()).export();
  });
  const expiry = (args: readonly string[] = [], text = stack, time = now): ReturnType<typeof talosPki> =>
    talosPki(["expiry", ...args], { files: { "-": text, stack: text }, now: time });

  it("lists every certificate of a stack once, under its best name, nearest end first", async () => {
    const { code, out, err } = await expiry();
    assert.equal(
      out,
      `CRITICAL: 1 critical, 1 warning, 5 ok; nearest end: cp-1 (NodeCertificate), 24 hours left
STATE     LEFT            ENDS                  RENEWAL               NAME                       SUBJECT
critical  24 hours left   2026-11-23T20:00:00Z  2026-11-23T12:00:00Z  cp-1 (NodeCertificate)     CN=talos-node
warning   20 days left    2026-12-12T20:00:00Z  2026-12-11T20:00:00Z  ci (ClientConfiguration)   O=os:admin, CN=talosctl-client
ok        365 days left   2027-11-22T20:00:00Z  2027-10-23T20:00:00Z  ops (ClientConfiguration)  O=os:admin, CN=talosctl-client
ok        3650 days left  2036-11-19T20:00:00Z  -                     prod: aggregator CA        CN=front-proxy
ok        3650 days left  2036-11-19T20:00:00Z  -                     prod: etcd CA              O=etcd
ok        3650 days left  2036-11-19T20:00:00Z  -                     prod: kubernetes CA        O=kubernetes
ok        3650 days left  2036-11-19T20:00:00Z  -                     prod: os CA                O=talos
`,
    );
    assert.deepEqual([code, err], [2, ""]);
  });

  it("exits as a monitoring plugin does: 0 ok, 1 warning, 2 critical, 3 unknown", async () => {
    const codes: number[] = [];
    for (const args of [
      ["--warn", "12h", "--critical", "1h"],
      ["--warn", "1d12h", "--critical", "1h"],
      ["--warn", "30d", "--critical", "7d"],
      ["--warn", "1d", "--critical", "2d"],
      ["--warn", "soon"],
      ["nowhere"],
    ]) {
      codes.push((await expiry(args)).code);
    }
    assert.deepEqual(codes, [0, 1, 2, 3, 3, 3]);
  });

  it("is critical when something has expired", async () => {
    const { code, out } = await expiry([], stack, new Date("2026-11-25T00:00:00Z"));
    assert.equal(code, 2);
    assert.match(out, /^CRITICAL: 1 expired, .*expired 28 hours ago\n/);
  });

  it("measures what lives short by its own life with --relative", async () => {
    const { code, out } = await expiry(["--relative"]);
    assert.equal(code, 0);
    assert.match(out, /^OK: 7 ok; nearest end: cp-1 \(NodeCertificate\), 24 hours left\n/);
  });

  it("says what the next update renews", async () => {
    const { out } = await expiry([], stack, new Date("2026-12-12T00:00:00Z"));
    assert.match(out, /critical +20 hours left +\S+ +due: pulumi up +ci \(ClientConfiguration\)/);
  });

  it("tells a monitoring system on stdout why nothing is known", async () => {
    assert.deepEqual(await expiry([], "{}"), {
      code: 3,
      out: "UNKNOWN: there is no certificate in it, so nothing is known\n",
      err: "",
    });
    assert.deepEqual(await expiry(["--json"], '{"deployment": ['), {
      code: 3,
      out: "",
      err: "UNKNOWN: -: is not a stack export; must be the JSON of pulumi stack export\n",
    });
  });

  it("writes JSON", async () => {
    const { out } = await expiry(["stack", "--json"]);
    const report = JSON.parse(out) as { state: string; rows: { name: string; secondsLeft: number; state: string }[] };
    assert.equal(report.state, "critical");
    assert.deepEqual(
      report.rows.slice(0, 2).map(({ name, secondsLeft, state }) => ({ name, secondsLeft, state })),
      [
        { name: "cp-1 (NodeCertificate)", secondsLeft: 86_400, state: "critical" },
        { name: "ci (ClientConfiguration)", secondsLeft: 20 * 86_400, state: "warning" },
      ],
    );
  });

  it("writes Prometheus's text format, labels escaped", async () => {
    const name = 'a"b\\c';
    const files = { [name]: vector("pki/ca.crt") };
    const { out } = await talosPki(["expiry", name, "--prometheus"], { files });
    assert.equal(
      out,
      `# HELP talos_pki_certificate_not_before_seconds Start of validity, Unix time.
# TYPE talos_pki_certificate_not_before_seconds gauge
talos_pki_certificate_not_before_seconds{name="a\\"b\\\\c",subject="CN=kubernetes",fingerprint="1e10c1353f06687c179985cda05687c3c5fcc9829c263c2a5924a16b6f975b89"} 1795371800
# HELP talos_pki_certificate_not_after_seconds End of validity, Unix time.
# TYPE talos_pki_certificate_not_after_seconds gauge
talos_pki_certificate_not_after_seconds{name="a\\"b\\\\c",subject="CN=kubernetes",fingerprint="1e10c1353f06687c179985cda05687c3c5fcc9829c263c2a5924a16b6f975b89"} 2110731800
# HELP talos_pki_certificate_state How near the end is: 0 ok, 1 warning, 2 critical, 3 expired.
# TYPE talos_pki_certificate_state gauge
talos_pki_certificate_state{name="a\\"b\\\\c",subject="CN=kubernetes",fingerprint="1e10c1353f06687c179985cda05687c3c5fcc9829c263c2a5924a16b6f975b89"} 0
# HELP talos_pki_certificate_is_ca 1 for a CA, 0 for what a CA issued.
# TYPE talos_pki_certificate_is_ca gauge
talos_pki_certificate_is_ca{name="a\\"b\\\\c",subject="CN=kubernetes",fingerprint="1e10c1353f06687c179985cda05687c3c5fcc9829c263c2a5924a16b6f975b89"} 1
# HELP talos_pki_observed_seconds When this was observed, Unix time.
# TYPE talos_pki_observed_seconds gauge
talos_pki_observed_seconds ${now.getTime() / 1000}
`,
    );
  });

  it("reads any number of files of any kind", async () => {
    const files = { a: vector("out/talosconfig-only/talosconfig"), b: vector("bundles/v1.13.yaml"), c: stack };
    const { out } = await talosPki(["expiry", "a", "b", "c", "--json"], { files });
    const { rows } = JSON.parse(out) as { rows: { name: string }[] };
    // The talosconfig's CA is the bundle's: one certificate, one row.
    assert.equal(rows.length, 1 + 4 + 7);
  });

  it("asks Pulumi for a stack by its name", async () => {
    const calls: unknown[] = [];
    const { code } = await talosPki(["expiry", "--stack", "org/prod", "--cwd", "infra", "--relative"], {
      run: (...call) => {
        calls.push(call);
        return Promise.resolve(stack);
      },
    });
    assert.deepEqual(calls, [["pulumi", ["stack", "export", "--stack", "org/prod"], { cwd: "infra" }]]);
    assert.equal(code, 0);
  });

  it("reads no secret, even where the export shows them", async () => {
    const shown = await makeStack();
    const { out } = await talosPki(["expiry", "--json"], { files: { "-": shown.export(true) } });
    assert.doesNotMatch(out, /PRIVATE/);
    assert.equal((JSON.parse(out) as { rows: unknown[] }).rows.length, 7);
  });
});
