import assert from "node:assert/strict";

import { decodeSecretsYaml, formatSecretsBundle, parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import { bundleFromControlPlaneConfig } from "../../../../provider/core/secrets/controlPlaneConfig";
import { decodeBundle } from "../../../../provider/core/secrets/decodedBundle";
import { DecodedCA } from "../../../../provider/core/secrets/decodedPem";
import { generateDecodedBundle, generateSecretsBundle } from "../../../../provider/core/secrets/generate";
import { bundleFromKubernetesPki, KUBERNETES_PKI_FILES } from "../../../../provider/core/secrets/kubernetesPki";
import { machineProblems, validateDecodedBundle } from "../../../../provider/core/secrets/validate";
import { fixedEnvironment, vector } from "../../support/fixed";
import { countParses } from "../../support/parseCounts";
import { readVectorBundle } from "../../vectors/vectors";

const now = new Date("2027-01-01T00:00:00Z");
const environment = fixedEnvironment("2027-01-01T00:00:00Z");
const quick = { serviceAccount: { algorithm: "ecdsa-p256" } } as const;
const files = Object.fromEntries(KUBERNETES_PKI_FILES.map((name) => [name, vector(`pki/${name}`)]));
const bundle = readVectorBundle("bundles/v1.13.yaml");

/** Four CAs, and the service account key; each of them once. */
const ONCE_EACH = { certificates: [1, 1, 1, 1], keys: [1, 1, 1, 1, 1] };

describe("A certificate or key of a bundle is parsed once", () => {
  const ways: Readonly<Record<string, () => unknown>> = {
    "when it is made": () => generateSecretsBundle(quick, environment),
    "when a secrets file is parsed and validated": () => parseSecretsBundle(vector("bundles/v1.13.yaml"), { now }),
    "when a control plane config is adopted": () =>
      bundleFromControlPlaneConfig(vector("out/base-v1.14/controlplane.yaml"), { now }),
    "when a kubeadm PKI is adopted, and the rest is made": () => bundleFromKubernetesPki(files, quick, environment),
    "when a file is adopted whose service account key is supplied, checked again, cut down, signed with and written":
      () => {
        const { certs, ...rest } = bundle;
        const { k8sServiceAccount, ...cas } = certs;
        const text = formatSecretsBundle({ ...rest, certs: cas } as typeof bundle);
        const supplied = decodeBundle({ certs: { k8sServiceAccount } });
        const { decoded } = decodeSecretsYaml(text, { now, supplied });
        assert.deepEqual(validateDecodedBundle(decoded, now), { problems: [], warnings: [] });
        for (const type of ["controlplane", "worker"] as const) assert.deepEqual(machineProblems(decoded, type), []);
        const [certificate] = decoded.forMachine("worker").ca("os").certificates;
        assert.equal(decoded.authority("os").certificate, certificate);
        assert.ok(formatSecretsBundle(decoded.wholeBundle) === vector("bundles/v1.13.yaml"));
      },
    "when it is made, validated and takes the place of another": async () => {
      const made = await generateDecodedBundle(quick, environment);
      assert.deepEqual(validateDecodedBundle(made, now), { problems: [], warnings: [] });
      const swapped = made.with("kubernetes", DecodedCA.of(made.authority("etcd")));
      assert.equal(swapped.authority("kubernetes").certificate.subject, "O=etcd");
      assert.equal(swapped.wholeBundle.certs.k8s.crt, made.wholeBundle.certs.etcd.crt);
    },
  };
  for (const [when, run] of Object.entries(ways)) {
    it(when, async () => {
      assert.deepEqual(await countParses(run), ONCE_EACH);
    });
  }

  it("and only when it is asked for", async () => {
    assert.deepEqual(await countParses(() => decodeBundle(bundle).bundle), { certificates: [], keys: [] });
    const signs = await countParses(() => decodeBundle(bundle).authority("os"));
    assert.deepEqual(signs, { certificates: [1], keys: [1] });
    const worker = await countParses(() => machineProblems(decodeBundle(bundle), "worker"));
    assert.deepEqual(worker, { certificates: [1, 1], keys: [] });
  });

  it("where nothing keeps what was parsed, twice", async () => {
    const twice = await countParses(() => [decodeBundle(bundle).authority("os"), decodeBundle(bundle).authority("os")]);
    assert.deepEqual(twice, { certificates: [2], keys: [2] });
  });
});
