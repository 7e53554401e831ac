import assert from "node:assert/strict";

import { judgeMachineConfig } from "../../../provider/core/machinery/configVerdict";
import { readMachineConfig } from "../../../provider/core/machinery/patch";
import { describeProblem, PkiError } from "../../../provider/core/errors";
import { readVectorFile, vectorsOf } from "./vectors";

/** What this package says where `talosctl validate` refuses. */
const FOUND: Readonly<Record<string, string>> = {
  "validate-1.14-config-with-1.13":
    'config: line 20: "DiscoveryServiceConfig" "v1alpha1" is not registered in Talos 1.13; expected a machine config that Talos 1.13 reads',
  "validate-ca-crt-only":
    "machine.ca.key: issuing CA key is required for controlplane nodes (.machine.ca.key); patch certificate and key together",
  "validate-kubespan-no-discovery-v1.14": "kubeSpan: KubeSpan requires cluster discovery to be enabled; turn it on",
  "validate-kubespan-no-discovery-v1.13-t1.14":
    "kubeSpan: KubeSpan requires cluster discovery to be enabled; turn it on",
  "validate-aescbc-v1.13-t1.14":
    "cluster: etcd encryption config is required for control plane machines running kube-apiserver; leave it in",
};

/** Where it says something though `talosctl validate` does not. */
const FOUND_ANYWAY: Readonly<Record<string, string>> = {
  // Talos 1.13 only looks at the v1alpha1 form of KubeSpan; its nodes need discovery for the document too.
  "validate-kubespan-no-discovery-v1.13-t1.13":
    "kubeSpan: KubeSpan requires cluster discovery to be enabled; turn it on",
  "validate-accepted-legacy-on-v1.14":
    "cluster.acceptedCAs: stands beside the document KubeAPIServerCAConfig, so Talos refuses or ignores it; patch the document instead",
};

/** Certificates are judged where they are given, not in a config. */
const NOT_OURS = ["validate-issuing-cert-only-v1.14"];

describe("the vectors of talosctl validate", () => {
  for (const vector of vectorsOf("validate").filter(({ id }) => !NOT_OURS.includes(id))) {
    for (const talosctl of vector.talosctl) {
      const machinery = talosctl.slice(1, 5) as "1.13" | "1.14";
      const expected = (vector.exit === 0 ? FOUND_ANYWAY : FOUND)[vector.id];

      it(`${vector.id}: ${expected === undefined ? "nothing is found" : "the defect is found"} (${machinery})`, () => {
        assert.equal(vector.exit !== 0 && expected === undefined, false);
        assert.equal(judge(readVectorFile(vector.args.at(-1)!), machinery), expected ?? "");
      });
    }
  }
});

function judge(config: string, machinery: "1.13" | "1.14"): string {
  try {
    const { problems, warnings } = judgeMachineConfig(readMachineConfig(config, machinery).documents, machinery);
    return [...problems, ...warnings].map(describeProblem).join("\n");
  } catch (error) {
    if (error instanceof PkiError) return error.message;
    throw error;
  }
}
