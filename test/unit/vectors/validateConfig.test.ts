import assert from "node:assert/strict";

import { judgeMachineConfig } from "../../../provider/core/machinery/validation/judge";
import { placeOfFinding } from "../../../provider/core/machinery/validation/verdict";
import { readMachineConfig } from "../../../provider/core/machinery/patch";
import { PkiError } from "../../../provider/core/errors";
import { readVectorFile, vectorsOf } from "./vectors";

/** What this package says where `talosctl validate` rejects. */
const FOUND: Readonly<Record<string, string>> = {
  "validate-1.14-config-with-1.13":
    'config: line 20: "DiscoveryServiceConfig" "v1alpha1" is not registered in Talos 1.13; must be a machine config that Talos 1.13 reads',
  "validate-ca-crt-only": "machine.ca.key: the key of the issuing CA is required; patch certificate and key together",
  "validate-issuing-cert-only-v1.14":
    "KubeAPIServerCAConfig.issuingCA.cert: must be a certificate in PEM; begin it with -----BEGIN",
  "validate-kubespan-no-discovery-v1.14": "kubeSpan: KubeSpan requires cluster discovery to be enabled; turn it on",
  "validate-kubespan-no-discovery-v1.13-t1.14":
    "kubeSpan: KubeSpan requires cluster discovery to be enabled; turn it on",
  "validate-aescbc-v1.13-t1.14":
    "cluster: etcd encryption config is required for control plane machines running kube-apiserver; leave it in",
};

describe("the vectors of talosctl validate", () => {
  for (const vector of vectorsOf("validate")) {
    for (const talosctl of vector.talosctl) {
      const machinery = talosctl.slice(1, 5) as "1.13" | "1.14";
      const expected = FOUND[vector.id];

      it(`${vector.id}: ${expected === undefined ? "nothing is found" : "the defect is found"} (${machinery})`, () => {
        assert.equal(vector.exit !== 0 && expected === undefined, false);
        assert.equal(judge(readVectorFile(vector.args.at(-1)!), machinery), expected ?? "");
      });
    }
  }
});

function judge(config: string, machinery: "1.13" | "1.14"): string {
  try {
    const { documents } = readMachineConfig(config, machinery);
    const findings = judgeMachineConfig(documents, { minor: Number(machinery.slice(2)), mode: "metal" });
    return findings
      .map((finding) => `${placeOfFinding(finding)}: ${finding.rule.problem}; ${finding.rule.remedy}`)
      .join("\n");
  } catch (error) {
    if (error instanceof PkiError) return error.message;
    throw error;
  }
}
