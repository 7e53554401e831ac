import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { formatSecretsBundle } from "../../../provider/core/secrets/codec";
import type { Values } from "../../../provider/engine/values";
import { AcceptedCA } from "../../../provider/resources/acceptedCA";
import { ClientConfiguration } from "../../../provider/resources/clientConfiguration";
import { MachineConfig } from "../../../provider/resources/machineConfig";
import { NodeCertificate } from "../../../provider/resources/nodeCertificate";
import { TalosSecrets } from "../../../provider/resources/talosSecrets";
import { makeSecrets, QUICK } from "../support/cluster";
import { Managed, testHost } from "../support/engine";
import { readVectorBundle } from "../vectors/vectors";
import { makeAuthority } from "./talosSecrets/support";

// Within the lifetime of the CAs of test/cases.
const host = testHost("2026-12-15T00:00:00Z");

const caseFile = (name: string): string => readFileSync(join(__dirname, "..", "..", "cases", name), "utf8");
const pairOf = (name: string): { certificatePem: string; privateKeyPem: string } => ({
  certificatePem: caseFile(`${name}.crt`),
  privateKeyPem: caseFile(`${name}.key`),
});

const UNUSABLE = [
  { name: "ca-server-usage-only", code: "ERR_USAGE_MISSING" },
  { name: "ca-unknown-critical-extension", code: "ERR_CHAIN_INVALID" },
] as const;

/** The codes and paths of what a preview reports as wrong. */
const refusals = (problems: readonly string[]): string[] =>
  problems.map((problem) => /^ERR_\w+ [^:]*/.exec(problem)?.[0] ?? problem);

describe("A CA under which no verifier accepts a client", () => {
  for (const { name, code } of UNUSABLE) {
    const pair = pairOf(name);

    for (const ca of ["os", "kubernetes", "etcd", "aggregator"]) {
      it(`is rejected as own ${ca} CA: ${name}`, async () => {
        const { problems } = await new Managed(TalosSecrets, host).preview({
          ...QUICK,
          certificateAuthorities: { [ca]: pair },
        });
        const path = `certificateAuthorities.${ca}.certificatePem`;
        // An algorithm may be a reason of its own.
        assert.deepEqual(new Set(refusals(problems)), new Set([`${code} ${path}`]), problems.join("\n"));
      });
    }

    it(`is rejected where a rotation supplies it, before a node hears of it: ${name}`, async () => {
      const secrets = await makeSecrets(host);
      for (const ca of ["os", "kubernetes"]) {
        const rotation = { [ca]: { id: "1", stage: "accept", ...pair } };
        const { problems } = await secrets.preview({ ...QUICK, rotation });
        assert.deepEqual(refusals(problems), [`${code} rotation.${ca}.certificatePem`]);
      }
    });

    it(`is adopted with a warning, since its cluster runs with it: ${name}`, async () => {
      const bundle = readVectorBundle("bundles/v1.13.yaml");
      const os = { crt: pair.certificatePem, key: pair.privateKeyPem };
      const secretsYaml = formatSecretsBundle({ ...bundle, certs: { ...bundle.certs, os } });
      const { problems, notices } = await new Managed(TalosSecrets, host).preview({ secretsYaml });
      assert.deepEqual(problems, []);
      assert.ok(
        notices.some((notice) => notice.startsWith("secretsYaml.certs.os.crt: ")),
        notices.join("\n"),
      );
    });

    it(`is rejected as accepted CA: ${name}`, async () => {
      const accepted = await new Managed(AcceptedCA, host).preview({ certificatePem: pair.certificatePem });
      assert.deepEqual(refusals(accepted.problems), [`${code} certificatePem`]);
      const secrets = await makeSecrets(host);
      const config = await new Managed(MachineConfig, host).preview({
        secrets: secrets.outputs["secrets"],
        clusterName: "c",
        clusterEndpoint: "https://10.0.0.1:6443",
        machineType: "worker",
        acceptedCAs: [pair.certificatePem],
      });
      assert.deepEqual(refusals(config.problems), [`${code} acceptedCAs[0]`]);
    });
  }

  it("is rejected as the bare CA of a client, and of a node where it certifies no servers", async () => {
    const reject = async (definition: typeof ClientConfiguration | typeof NodeCertificate, args: Values) =>
      refusals((await new Managed(definition, host).preview(args)).problems);
    const servers = pairOf("ca-server-usage-only");
    const at = "certificateAuthority.certificatePem";
    assert.deepEqual(await reject(ClientConfiguration, { clusterName: "c", certificateAuthority: servers }), [
      `ERR_USAGE_MISSING ${at}`,
    ]);
    assert.deepEqual(await reject(NodeCertificate, { dnsNames: ["a"], certificateAuthority: servers }), []);
    const unknown = pairOf("ca-unknown-critical-extension");
    assert.deepEqual(await reject(NodeCertificate, { dnsNames: ["a"], certificateAuthority: unknown }), [
      `ERR_CHAIN_INVALID ${at}`,
    ]);
  });
});

describe("A CA that comes with CAs above it", () => {
  const warning = (path: string): string =>
    `${path}: comes with other CA certificates (O=kubernetes), which nodes trust as well, so every client that those CAs or CAs below them certify gets in; leave them out`;
  let pair: Values;

  before(async () => {
    const own = await makeAuthority("os", { algorithm: "ecdsa-p256" }, host.now);
    const parent = await makeAuthority("kubernetes", {}, host.now);
    pair = {
      certificatePem: `${String(own["certificatePem"])}${String(parent["certificatePem"])}`,
      privateKeyPem: own["privateKeyPem"],
    };
  });

  it("is reported where a creation supplies it", async () => {
    const { notices } = await new Managed(TalosSecrets, host).preview({
      ...QUICK,
      certificateAuthorities: { os: pair },
    });
    assert.deepEqual(notices, [warning("certificateAuthorities.os.certificatePem")]);
  });

  for (const ca of ["os", "kubernetes"]) {
    const rotation = (stage: string, more: Values = {}): Values => ({ [ca]: { id: "1", stage, ...more } });

    it(`is reported where a rotation of ${ca} brings it, in the run that does so`, async () => {
      const secrets = await makeSecrets(host);
      const begin = await secrets.up({ ...QUICK, rotation: rotation("accept", pair) });
      assert.deepEqual(begin.notices.slice(1), [warning(`rotation.${ca}.certificatePem`)]);
      for (const stage of ["accept", "swap", "finish"]) {
        const { notices } = await secrets.up({ ...QUICK, rotation: rotation(stage, pair) });
        assert.deepEqual(
          notices.filter((notice) => notice.includes("comes with")),
          [],
        );
      }
    });

    it(`is reported where a rotation of ${ca} takes the program's own`, async () => {
      const secrets = await makeSecrets(host);
      const own = { ...QUICK, certificateAuthorities: { [ca]: pair } };
      const { notices } = await secrets.preview({ ...own, rotation: rotation("accept") });
      assert.deepEqual(notices.slice(1), [warning(`certificateAuthorities.${ca}.certificatePem`)]);
    });

    it(`is reported where ${ca} was rotated to it elsewhere`, async () => {
      const secrets = await makeSecrets(host);
      const { notices } = await secrets.preview({ ...QUICK, rotation: rotation("finish", pair) });
      assert.deepEqual(notices.slice(1), [warning(`rotation.${ca}.certificatePem`)]);
    });
  }

  it("is reported where it replaces that of the aggregator at once", async () => {
    const secrets = await makeSecrets(host);
    const own = { ...QUICK, certificateAuthorities: { aggregator: pair } };
    const { notices } = await secrets.preview({ ...own, rotation: { aggregator: { id: "1" } } });
    assert.deepEqual(notices.slice(1), [warning("certificateAuthorities.aggregator.certificatePem")]);
  });
});
