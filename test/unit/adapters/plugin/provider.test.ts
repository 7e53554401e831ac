import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Plugin } from "../../../../provider/adapters/plugin/provider";
import { markSecret, type Properties, SIGNATURE, unwrap } from "../../../../provider/engine/wire";
import { secretsIn } from "../../../e2e/support/leaks";
import { QUICK } from "../../support/cluster";
import { type TestHost, testHost } from "../../support/engine";
import { vector } from "../../support/fixed";

const urn = (kind: string, name = "it"): string => `urn:pulumi:prod::infra::talos-pki:index:${kind}::${name}`;

interface Fixture {
  readonly plugin: Plugin;
  readonly said: { urn: string; line: string }[];
}

function fixture(host: TestHost): Fixture {
  const said: Fixture["said"] = [];
  const log = {
    say: (to: string, line: string): void => void said.push({ urn: to, line }),
    flush: () => Promise.resolve(),
  };
  return { plugin: new Plugin({ host, log }), said };
}

describe("The plugin", () => {
  let host: TestHost;
  let it_: Fixture;
  let cluster: Properties;

  before(async () => {
    host = testHost();
    const { plugin } = fixture(host);
    const { inputs } = await plugin.check(urn("TalosSecrets"), {}, QUICK);
    cluster = unwrap((await plugin.create(urn("TalosSecrets"), inputs)).outs) as Properties;
  });

  beforeEach(() => {
    host.now = "2026-01-01T00:00:00Z";
    it_ = fixture(host);
  });

  const client = (more: Properties = {}): Properties => ({
    secrets: markSecret(cluster["secrets"]),
    clusterName: "c",
    ...more,
  });

  it("rejects by check failures that name no property, so that no value is printed", async () => {
    const { failures } = await it_.plugin.check(
      urn("ClientConfiguration"),
      {},
      { clusterName: "", roles: ["os:boss"] },
    );
    assert.ok(failures.length >= 2);
    assert.deepEqual([...new Set(failures.map(({ property }) => property))], [""]);
  });

  it("rejects an unknown input by any name", async () => {
    for (const kind of ["TalosSecrets", "MachineConfig"]) {
      for (const name of Object.getOwnPropertyNames(Object.prototype).filter((each) => !each.startsWith("__"))) {
        const { failures } = await it_.plugin.check(urn(kind), {}, { [name]: 1 });
        assert.ok(
          failures.some(({ reason }) => reason.startsWith(`${name}: is not a property of this resource; `)),
          name,
        );
      }
    }
  });

  it("warns of the version that an import of secrets assumes", async () => {
    host.folders["."] = { ...host.folders["."], "secrets.yaml": vector("bundles/v1.13.yaml") };
    const read = (id: string): ReturnType<Plugin["read"]> => it_.plugin.read(id, urn("TalosSecrets"));
    const warnings = (): string[] => it_.said.map(({ line }) => line).filter((line) => !line.includes(": audit: "));
    assert.deepEqual((await read("secrets.yaml?talosVersion=v1.13")).inputs, { talosVersion: "v1.13" });
    assert.deepEqual(warnings(), []);
    assert.deepEqual((await read("secrets.yaml")).inputs, { talosVersion: "v1.14" });
    assert.deepEqual(warnings(), [
      'TalosSecrets "it": the id names no talosVersion, so it is v1.14, the newest supported, whose configs an older Talos rejects; if the nodes run another, import with ?talosVersion=<version> in the id',
    ]);
  });

  it("rejects a whole resource where one of its outputs belongs", async () => {
    const whole = { [SIGNATURE]: "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:pulumi:…", id: "1" };
    const news = { secrets: whole, clusterName: "c" };
    const { failures } = await it_.plugin.check(urn("ClientConfiguration"), {}, news);
    assert.deepEqual(failures, [
      {
        property: "",
        reason:
          "secrets: is a whole resource; must be one of its outputs, such as the output secrets of a TalosSecrets",
      },
    ]);
  });

  it("fails the check of every resource when its configuration is wrong", async () => {
    it_.plugin.configure({ earlyRenewalHours: "soon" });
    const { failures } = await it_.plugin.check(urn("AcceptedCA"), {}, { certificatePem: "x" });
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.reason ?? "", /^provider\.earlyRenewalHours: is "soon"; must be /);
  });

  it("gives client certificates the lifetime of its configuration", async () => {
    it_.plugin.configure({ validityPeriodHours: "100", earlyRenewalHours: markSecret("10") });
    const { inputs } = await it_.plugin.check(urn("ClientConfiguration"), {}, client());
    const { outs } = await it_.plugin.create(urn("ClientConfiguration"), inputs);
    const { notAfter, renewalTime } = outs;
    assert.deepEqual([notAfter, renewalTime], ["2026-01-05T04:00:00Z", "2026-01-04T18:00:00Z"]);
  });

  it("keeps what a stack of dynamic resources needs to move back", async () => {
    const dynamic = { __provider: "code", __resourceName: "it" };
    const { inputs: first } = await it_.plugin.check(urn("ClientConfiguration"), {}, client());
    const olds = { ...first, ...dynamic };
    const { inputs } = await it_.plugin.check(urn("ClientConfiguration"), olds, client());
    assert.deepEqual(inputs, olds);
    const { outs } = await it_.plugin.create(urn("ClientConfiguration"), inputs);
    assert.equal(outs["__provider"], "code");
    const { props } = await it_.plugin.read("1", urn("ClientConfiguration"), outs);
    assert.deepEqual(props, outs);
  });

  it("keeps of what is marked as secret only what no row says, as the SDK does for dynamic resources", async () => {
    const config = { ...client(), machineType: "worker", clusterEndpoint: "https://10.0.0.1:6443" };
    const keptOf = async (more: Properties): Promise<unknown> =>
      (await it_.plugin.check(urn("MachineConfig"), {}, { ...config, ...more })).inputs["__secretInputs"];
    assert.equal(await keptOf({}), undefined);
    assert.deepEqual(await keptOf({ configPatches: ["{}", markSecret("{}")] }), ["configPatches[1]"]);
  });

  it("shows no value that the program marks as secret, in whichever process, though its field is public", async () => {
    const config = (hostname: string): Properties => ({
      ...client(),
      clusterEndpoint: "https://10.0.0.1:6443",
      machineType: "worker",
      configPatches: [markSecret({ machine: { network: { hostname } } })],
    });
    const { inputs: first } = await it_.plugin.check(urn("MachineConfig"), {}, config("marked-1"));
    const here = await it_.plugin.create(urn("MachineConfig"), first);
    const elsewhere = await fixture(host).plugin.create(urn("MachineConfig"), first);
    const { plugin, said } = fixture(host);
    const { inputs } = await plugin.check(urn("MachineConfig"), first, config("marked-2"));
    const { outs } = await fixture(host).plugin.update("1", urn("MachineConfig"), here.outs, inputs);
    const shown = [here.outs, elsewhere.outs, outs].map((each) => String(each["redactedConfig"]));
    for (const text of shown) assert.match(text, /hostname: /);
    assert.match(said.map(({ line }) => line).join("\n"), /hostname/);
    for (const text of [...shown, JSON.stringify(said)]) assert.doesNotMatch(text, /marked-/);
  });

  it("reports once what the engine has it check again before a replacement", async () => {
    const news = client({ endpoints: ["10.0.0.1:6443"] });
    const { inputs } = await it_.plugin.check(urn("ClientConfiguration"), {}, news);
    it_.said.length = 0;
    await it_.plugin.check(urn("ClientConfiguration"), inputs, news);
    await it_.plugin.check(urn("ClientConfiguration"), {}, news);
    assert.equal(it_.said.length, 1);
    assert.match(it_.said[0]?.line ?? "", /^ClientConfiguration "it": endpoints\[0\]: /);
  });

  it("reports of two resources of one name under two parents each on its own", async () => {
    const below = (parent: string): string =>
      `urn:pulumi:prod::infra::${parent}$talos-pki:index:ClientConfiguration::it`;
    const news = client({ endpoints: ["10.0.0.1:6443"] });
    const { inputs } = await it_.plugin.check(below("my:index:A"), {}, news);
    it_.said.length = 0;
    await it_.plugin.check(below("my:index:A"), inputs, news);
    await it_.plugin.check(below("my:index:B"), {}, news);
    assert.deepEqual(
      it_.said.map((row) => row.urn),
      [below("my:index:A"), below("my:index:B")],
    );
  });

  it("names the stack in the audit log and holds no secret there", async () => {
    const folder = mkdtempSync(join(tmpdir(), "talos-pki-"));
    try {
      const auditLog = join(folder, "audit.jsonl");
      it_.plugin.configure({ auditLog });
      const { inputs } = await it_.plugin.check(urn("ClientConfiguration", "admin"), {}, client());
      const { outs } = await it_.plugin.create(urn("ClientConfiguration", "admin"), inputs);
      const text = readFileSync(auditLog, "utf8");
      const { serialNumber, fingerprint, issuerFingerprint, notAfter } = outs;
      const { chain: _, ...record } = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual(record, {
        time: "2026-01-01T00:00:00Z",
        stack: "prod",
        resource: "admin",
        type: "ClientConfiguration",
        operation: "issue",
        subject: "O=os:admin, CN=talosctl-client",
        roles: ["os:admin"],
        serial: serialNumber,
        fingerprints: [fingerprint],
        issuer: issuerFingerprint,
        notAfter,
      });
      const said = it_.said.map(({ line }) => line).join("\n");
      assert.match(said, /^ClientConfiguration "admin": audit: issue, /);
      assert.deepEqual([...new Set(it_.said.map((row) => row.urn))], [urn("ClientConfiguration", "admin")]);
      for (const secret of secretsIn(unwrap(outs))) assert.ok(!text.includes(secret) && !said.includes(secret));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("issues nothing that it cannot note", async () => {
    it_.plugin.configure({ auditLog: join(tmpdir(), "no", "such", "folder", "audit.jsonl") });
    const { inputs } = await it_.plugin.check(urn("ClientConfiguration"), {}, client());
    await assert.rejects(it_.plugin.create(urn("ClientConfiguration"), inputs), {
      name: "PkiError",
      code: "ERR_AUDIT_LOG",
    });
  });

  it("serves requests side by side as one after the other", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `client-${index}`);
    const made = await Promise.all(
      names.map(async (name) => {
        const { inputs } = await it_.plugin.check(urn("ClientConfiguration", name), {}, client({ commonName: name }));
        return it_.plugin.create(urn("ClientConfiguration", name), inputs);
      }),
    );
    assert.equal(new Set(made.map(({ id }) => id)).size, 20);
    for (const name of names) assert.equal(it_.said.filter(({ urn: to }) => to.endsWith(`::${name}`)).length, 1);
  });

  it("does not know other resources", async () => {
    await assert.rejects(it_.plugin.check(urn("Cluster"), {}, {}), { code: "ERR_INPUT_UNKNOWN" });
    await assert.rejects(it_.plugin.check(urn("constructor"), {}, {}), { code: "ERR_INPUT_UNKNOWN" });
  });
});
