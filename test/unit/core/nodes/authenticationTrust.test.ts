import assert from "node:assert/strict";

import { generateMachineConfig } from "../../../../provider/core/config/machineConfig";
import { droppedAuthorities, surplusAuthorities } from "../../../../provider/core/nodes/authenticationTrust";
import { configTrust } from "../../../../provider/core/nodes/nodeConfig";
import { generateSecretsBundle } from "../../../../provider/core/secrets/generate";
import type { SecretsBundle } from "../../../../provider/core/secrets/types";
import { parseCertificate } from "../../../../provider/core/x509/certificate";
import { fixedEnvironment } from "../../support/fixed";

const short = (pem: string): string => parseCertificate(pem, "").fingerprint.slice(0, 12);

describe("By which CAs extension API servers know clients", () => {
  let old: SecretsBundle;
  let next: SecretsBundle;

  before(async () => {
    const options = { serviceAccount: { algorithm: "ecdsa-p256" } } as const;
    old = await generateSecretsBundle(options, fixedEnvironment());
    next = await generateSecretsBundle(options, fixedEnvironment());
  });

  for (const talosVersion of ["v1.13", "v1.14"]) {
    const config = ({ certs }: SecretsBundle, accepted: SecretsBundle | undefined): string => {
      const cluster = { clusterName: "prod", clusterEndpoint: "https://10.0.0.2:6443" };
      const beside =
        accepted === undefined
          ? {}
          : {
              kubernetesAcceptedCAs: [accepted.certs.k8s.crt],
              aggregatorAcceptedCAs: [accepted.certs.k8sAggregator.crt],
            };
      const secrets = { ...old, certs };
      return generateMachineConfig({ ...cluster, machineType: "controlplane", secrets, talosVersion, ...beside })
        .machineConfig;
    };
    const named = ({ certs }: SecretsBundle): string[] => [
      `Kubernetes CA ${short(certs.k8s.crt)}`,
      `aggregator CA ${short(certs.k8sAggregator.crt)}`,
    ];
    const configMap = (...bundles: readonly SecretsBundle[]): object => ({
      data: {
        "client-ca-file": bundles.map(({ certs }) => certs.k8s.crt).join(""),
        "requestheader-client-ca-file": bundles.map(({ certs }) => certs.k8sAggregator.crt).join(""),
        "requestheader-allowed-names": '["front-proxy-client"]',
      },
    });

    it(`is too many whom a config of ${talosVersion} does not name`, () => {
      const [swap, finish] = [config(next, old), config(next, undefined)];
      assert.deepEqual(surplusAuthorities(configMap(old, next), swap), []);
      assert.deepEqual(surplusAuthorities(configMap(old, next), finish), named(old));
      assert.deepEqual(surplusAuthorities(configMap(next), finish), []);
      assert.deepEqual(surplusAuthorities({}, finish), []);
    });

    it(`is dropped at finish, and at no stage before it, with ${talosVersion}`, () => {
      const stages = [config(old, undefined), config(old, next), config(next, old), config(next, undefined)];
      const dropped = stages.slice(1).map((stage, index) => droppedAuthorities(stages[index]!, stage));
      assert.deepEqual(dropped, [[], [], named(old)]);
    });

    it(`is read from a config of ${talosVersion} in whatever place`, () => {
      const { issuing, accepted } = configTrust(config(next, old), "kubernetes", "");
      assert.deepEqual(
        [issuing!, ...accepted].map(({ pem }) => short(pem)),
        [next, old].map(({ certs }) => short(certs.k8s.crt)),
      );
    });
  }

  it("is not judged where a config says nothing of it", () => {
    assert.deepEqual(surplusAuthorities({ data: { "client-ca-file": old.certs.k8s.crt } }, "machine: {}"), []);
  });
});
