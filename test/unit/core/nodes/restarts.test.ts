import assert from "node:assert/strict";

import { restartsOf } from "../../../../provider/core/nodes/restarts";

const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const base64 = (...texts: string[]): string => Buffer.from(texts.map(pem).join("")).toString("base64");
const etcd = (...texts: string[]): string => `cluster: {etcd: {ca: {crt: ${base64(...texts)}, key: ${texts[0]!}}}}`;

describe("What a control plane restarts for a change", () => {
  const cases: [what: string, before: string, after: string, restart: string | undefined][] = [
    ["nothing for another sysctl", "machine: {sysctls: {a: b}}", "machine: {}", undefined],
    ["the machine for a further etcd CA", etcd("OLD"), etcd("OLD", "NEW"), "reboot"],
    ["nothing where another of the etcd CAs issues", etcd("OLD", "NEW"), etcd("NEW", "OLD"), undefined],
    ["the machine where an etcd CA goes", etcd("NEW", "OLD"), etcd("NEW"), "reboot"],
    ["the machine for an etcd CA that is none", "cluster: {etcd: {ca: {crt: YQ==}}}", etcd("OLD"), "reboot"],
    ["the kubelet for a Kubernetes CA", "cluster: {}", "cluster: {ca: {crt: a, key: b}}", "kubelet"],
    ["the kubelet for an accepted one", "cluster: {}", "cluster: {acceptedCAs: [{crt: a}]}", "kubelet"],
    ["the kubelet for an aggregator CA", "cluster: {}", "cluster: {aggregatorCA: {crt: a, key: b}}", "kubelet"],
    ["the kubelet for a service account key", "cluster: {}", "cluster: {serviceAccount: {key: a}}", "kubelet"],
    ["the kubelet for a bootstrap token", "cluster: {token: a}", "cluster: {token: b}", "kubelet"],
    [
      "the kubelet for a document",
      "kind: KubeAggregatorCAConfig\nissuingCA: {cert: a}",
      "kind: KubeAggregatorCAConfig\nissuingCA: {cert: b}",
      "kubelet",
    ],
    [
      "the machine for both",
      "cluster: {}",
      `cluster: {serviceAccount: {key: a}, etcd: {ca: {crt: ${base64("A")}}}}`,
      "reboot",
    ],
    [
      "nothing for another spelling",
      "cluster: {aggregatorCA: {crt: a, key: b}}",
      "cluster:\n  aggregatorCA: {key: b, crt: a}",
      undefined,
    ],
  ];
  for (const [what, before, after, restart] of cases) {
    it(`is ${what}`, () => {
      assert.equal(restartsOf(before, after), restart);
    });
  }
});
