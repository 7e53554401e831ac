import assert from "node:assert/strict";

import type { Values } from "../../../../provider/engine/values";
import { parseCertificate } from "../../../../provider/core/x509/certificate";
import { fingerprintOf } from "../../../../provider/core/x509/certificate";
import { parsePem } from "../../../../provider/core/x509/pem";
import { makeSecrets, QUICK } from "../../support/cluster";
import { type Managed } from "../../support/engine";
import { bundleOf, host, makeAuthority, pem, spkiFingerprint, statusOf } from "./support";

const NAMES = ["etcd", "aggregator", "serviceAccount"] as const;
type Name = (typeof NAMES)[number];
const THREE = ["10.0.0.2", "10.0.0.3", "10.0.0.4"].map((address) => ({ address, machineType: "controlplane" }));
const WORKER = { address: "10.0.0.5", machineType: "worker" };
const DOWNTIME: Values = { allowDowntime: true };

const rotation = (name: Name, stage?: string, more: Values = {}): Values => ({
  ...QUICK,
  rotation: {
    [name]: { id: "r", ...(stage === undefined ? {} : { stage }), ...(name === "etcd" ? DOWNTIME : {}), ...more },
  },
});

/** Fingerprint of what issues, by the bundle and not by the status. */
function issuing(secrets: Managed, name: Name): string {
  const { certs } = bundleOf(secrets);
  if (name === "serviceAccount") return spkiFingerprint(certs.k8sServiceAccount.key);
  return parseCertificate((name === "etcd" ? certs.etcd : certs.k8sAggregator).crt, "").fingerprint;
}

const textsOf = (secrets: Managed, output: string, name: Name): string[] =>
  (secrets.outputs[output] as Record<Name, string[]>)[name];
const blocksOf = (text: string): number => parsePem(text, "").length;
const fingerprintOfPem = (text: string): string => fingerprintOf(parsePem(text, "")[0].der);

beforeEach(() => {
  host.now = "2026-01-01T00:00:00Z";
});

describe("A staged rotation of etcd, the aggregator and service accounts", () => {
  for (const name of NAMES) {
    it(`of ${name} goes through its stages as those of the OS and Kubernetes do`, async () => {
      const secrets = await makeSecrets(host);
      const old = issuing(secrets, name);
      assert.deepEqual([statusOf(secrets, name)["stage"], statusOf(secrets, name)["issuing"]], ["none", old]);

      const accept = await secrets.up(rotation(name, "accept"));
      assert.match(accept.notices[0]!, new RegExp(`^rotation\\.${name} "r": none -> accept: issuing stays `));
      const next = String(statusOf(secrets, name)["next"]);
      assert.equal(issuing(secrets, name), old);
      assert.deepEqual(textsOf(secrets, "acceptedCAs", name).map(fingerprintOfPem), [next]);
      assert.equal(blocksOf((secrets.outputs["trust"] as Record<Name, string>)[name]), 2);
      const other = (secrets.outputs["rotationSecrets"] as Record<Name, Values>)[name];
      assert.deepEqual(Object.keys(other).sort(), [
        ...(name === "serviceAccount" ? [] : ["certificatePem"]),
        "privateKeyPem",
        ...(name === "serviceAccount" ? ["publicKeyPem"] : []),
      ]);
      assert.doesNotMatch(JSON.stringify([secrets.outputs["acceptedCAs"], secrets.outputs["trust"]]), /PRIVATE/);

      await secrets.up(rotation(name, "swap"));
      assert.deepEqual([issuing(secrets, name), statusOf(secrets, name)["issuing"]], [next, next]);
      assert.deepEqual([statusOf(secrets, name)["accepted"], statusOf(secrets, name)["retired"]], [[old], [old]]);
      // The way back is open, and leads to where it came from.
      const back = secrets.twin();
      await back.up(rotation(name, "accept"));
      assert.equal(issuing(back, name), old);
      await back.up(rotation(name, "abort"));
      assert.deepEqual([issuing(back, name), textsOf(back, "acceptedCAs", name)], [old, []]);

      await secrets.up(rotation(name, "finish"));
      assert.equal(issuing(secrets, name), next);
      const { stage, accepted, spentIds } = statusOf(secrets, name);
      assert.deepEqual([stage, accepted, spentIds], ["finish", [], ["r"]]);
      assert.deepEqual([secrets.outputs["rotationSecrets"], textsOf(secrets, "acceptedCAs", name)], [{}, []]);
      assert.equal((secrets.outputs["secrets"] as Values)["acceptedServiceAccountKeys"], undefined);
      assert.equal((await secrets.preview(rotation(name, "finish"))).op, "same");
      assert.equal((await secrets.preview(QUICK)).op, "same");
    });

    it(`of ${name} rejects wrong moves, each with the way on`, async () => {
      const secrets = await makeSecrets(host);
      const rejected = async (args: Values, message: RegExp): Promise<void> => {
        assert.match((await secrets.preview(args)).problems.join("\n"), message);
      };
      await rejected(rotation(name, "swap"), /no rotation is under way, so "r" cannot begin with stage "swap"/);
      await secrets.up(rotation(name, "accept"));
      await rejected(rotation(name, "finish"), /stage "accept" cannot be followed by "finish"/);
      if (name !== "etcd") await rejected(rotation(name), /stage "accept" cannot be followed by "finish"/);
      await rejected(QUICK, /rotation "r" is under way at stage "accept" and cannot be dropped/);
    });
  }

  it("takes the next one from the program", async () => {
    const secrets = await makeSecrets(host);
    const [etcd, key] = [await makeAuthority("etcd"), await makeAuthority("kubernetes")];
    const supplied = { serviceAccount: { id: "r", stage: "accept", privateKeyPem: key["privateKeyPem"] } };
    await secrets.up({
      ...QUICK,
      rotation: { ...supplied, etcd: { id: "r", stage: "accept", ...DOWNTIME, ...pem(etcd) } },
    });
    assert.equal(statusOf(secrets, "etcd")["next"], etcd.fingerprint);
    assert.equal(statusOf(secrets, "serviceAccount")["next"], spkiFingerprint(String(key["privateKeyPem"])));
    // Taken over from elsewhere.
    const other = await makeSecrets(host);
    await other.up({ ...QUICK, rotation: { serviceAccount: { ...supplied.serviceAccount, stage: "finish" } } });
    assert.equal(bundleOf(other).certs.k8sServiceAccount.key, key["privateKeyPem"]);
  });

  it("is read from a state of before, which shows no change and has none of the new outputs", async () => {
    const secrets = await makeSecrets(host);
    const { outputs } = secrets;
    const only = (output: string): Values => {
      const { os, kubernetes } = outputs[output] as Values;
      return { os, kubernetes };
    };
    const { secrets: bundle } = outputs as { secrets: Values };
    const stored = {
      ...outputs,
      acceptedCAs: only("acceptedCAs"),
      trust: only("trust"),
      rotationStatus: { ...only("rotationStatus"), aggregator: { id: "before" } },
      secrets: { ...bundle, acceptedCAs: only("acceptedCAs") },
    };
    const old = secrets.withOutputs(stored);
    assert.equal((await old.preview(QUICK)).op, "same");
    const before = { ...QUICK, rotation: { aggregator: { id: "before" } } };
    const { problems } = await old.preview(before);
    assert.deepEqual(problems, []);
    assert.match(
      (await old.preview({ ...QUICK, rotation: { aggregator: { id: "before", stage: "accept" } } })).problems[0]!,
      /its id is spent/,
    );
    await old.up(rotation("aggregator", "accept"));
    assert.equal(statusOf(old, "aggregator")["stage"], "accept");
    assert.equal(statusOf(old, "etcd")["stage"], "none");
  });

  it("needs three control planes for etcd, or allowDowntime; the way back needs neither", async () => {
    const secrets = await makeSecrets(host);
    const args = (stage: string, nodes?: unknown, more: Values = {}): Values => ({
      ...QUICK,
      ...(nodes === undefined ? {} : { nodes }),
      rotation: { etcd: { id: "r", stage, ...more } },
    });
    const message = (has: string): string =>
      `ERR_ROTATION_ILLEGAL rotation.etcd.stage: reboots each control plane, and nodes has ${has}, where three keep etcd's majority; list all of them in nodes (of a TalosCluster: controlPlaneNodes), or set rotation.etcd.allowDowntime: true, and the cluster is away while one reboots`;
    assert.deepEqual((await secrets.preview(args("accept"))).problems, [message("none")]);
    assert.deepEqual((await secrets.preview(args("accept", [...THREE.slice(1), WORKER]))).problems, [message("2")]);
    assert.deepEqual((await secrets.preview(args("accept", THREE))).problems, []);
    await secrets.up(args("accept", undefined, DOWNTIME));
    assert.deepEqual((await secrets.preview(args("swap"))).problems, [message("none")]);
    assert.deepEqual((await secrets.preview(args("abort"))).problems, []);
  });

  it("is rejected where nodes accept one only", async () => {
    const secrets = await makeSecrets(host, { talosVersion: "v1.6" });
    for (const name of NAMES) {
      const { problems } = await secrets.preview({ ...rotation(name, "accept"), talosVersion: "v1.6" });
      assert.match(problems[0]!, new RegExp(`^ERR_ROTATION_ILLEGAL rotation\\.${name}: .*v1\\.6.*upgrade to v1\\.7`));
    }
    // At once it works everywhere.
    assert.deepEqual((await secrets.preview({ ...rotation("serviceAccount"), talosVersion: "v1.6" })).problems, []);
  });
});

describe("A rotation of all", () => {
  const all = (stage = "auto", more: Values = {}): Values => ({
    ...QUICK,
    nodes: [...THREE, WORKER],
    rotation: { all: { id: "2027-01", stage, ...more } },
  });

  it("names in the preview what it does next, and whom it asks", async () => {
    const secrets = await makeSecrets(host, { nodes: [...THREE, WORKER] });
    const { op, notices, problems } = await secrets.preview(all());
    assert.deepEqual([op, problems], ["update", []]);
    assert.equal(notices.length, 3);
    assert.equal(notices[0], 'rotation.all "2027-01": step 1 of 5');
    assert.match(
      notices[1]!,
      /^rotation\.os "2027-01": none -> accept, if all of 10\.0\.0\.2, 10\.0\.0\.3, 10\.0\.0\.4, 10\.0\.0\.5 serve and accept the CA: /,
    );
    assert.match(
      notices[2]!,
      /^rotation\.etcd "2027-01": none -> accept, if all of 10\.0\.0\.2, 10\.0\.0\.3, 10\.0\.0\.4 serve and accept the CA: .*; every control plane reboots for it, one after the other$/,
    );
  });

  it("excludes the five, needs nodes and a quorum, and is no more than noted at creation", async () => {
    const secrets = await makeSecrets(host);
    const { rotation: asked } = all() as { rotation: Values };
    const beside = { ...all(), rotation: { ...asked, etcd: { id: "e", stage: "accept" }, trustdToken: { id: "t" } } };
    assert.deepEqual((await secrets.preview(beside)).problems, [
      "ERR_INPUT_INVALID rotation.etcd: is configured beside rotation.all, which rotates it too; configure one of the two",
    ]);
    assert.match(
      (await secrets.preview({ ...all(), nodes: [] })).problems.join("\n"),
      /nodes: is required where rotation\.all\.stage is "auto"/,
    );
    const few = { ...all(), nodes: [THREE[0], WORKER] };
    assert.deepEqual((await secrets.preview(few)).problems, [
      "ERR_ROTATION_ILLEGAL rotation.all: reboots each control plane, and nodes has 1, where three keep etcd's majority; list all of them in nodes (of a TalosCluster: controlPlaneNodes), or set rotation.all.allowDowntime: true, and the cluster is away while one reboots",
    ]);
    assert.deepEqual((await secrets.preview({ ...all("auto", DOWNTIME), nodes: [THREE[0], WORKER] })).problems, []);
    assert.deepEqual((await secrets.preview(all("abort"))).problems, [
      'ERR_ROTATION_ILLEGAL rotation.all: no rotation "2027-01" is under way; leave it out, or set stage "auto"',
    ]);
    assert.deepEqual((await secrets.preview(all("auto", { tokenGracePeriod: "soon" }))).problems, [
      'ERR_DURATION_INVALID rotation.all.tokenGracePeriod: is "soon"; must be a Go duration of zero or more, such as "70m" or "0s"',
    ]);
    const made = await makeSecrets(host, all());
    for (const name of ["os", "kubernetes", ...NAMES])
      assert.deepEqual(
        [statusOf(made, name)["stage"], statusOf(made, name)["spentIds"]],
        ["finish", ["2027-01"]],
        name,
      );
    assert.equal("all" in (made.outputs["rotationStatus"] as Values), false);
    assert.equal((await made.preview(all())).op, "same");
  });
});
