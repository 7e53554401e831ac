import assert from "node:assert/strict";

import { formatSecretsBundle, parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import { bundleFromControlPlaneConfig } from "../../../../provider/core/secrets/controlPlaneConfig";
import {
  bundleFromKubernetesPki,
  KUBERNETES_PKI_FILES,
  type KubernetesPkiFiles,
  decodeKubernetesPki,
} from "../../../../provider/core/secrets/kubernetesPki";
import { PkiError } from "../../../../provider/core/errors";
import { refuses, rejects, told } from "../../support/errors";
import { fixedEnvironment, vector } from "../../support/fixed";
import { parseArguments, vectorsOf } from "../../vectors/vectors";

const now = new Date("2027-01-01T00:00:00Z");
const environment = fixedEnvironment("2027-01-01T00:00:00Z");
const vectors = vectorsOf("gen", "secrets");

/** What talosctl does and this package does not, on purpose. */
const KEPT = "from-config-identity-first-v1.14";

describe("The secrets of a control plane config", () => {
  const ours = vectors.filter(({ id, exit }) => id.startsWith("from-config-") && exit === 0);

  it("are those of the vectors", () => {
    assert.equal(ours.length, 10);
  });

  for (const { id, args, outputs } of ours) {
    const config = vector(parseArguments(args.slice(2)).flags.get("--from-controlplane-config")![0]!);
    const expected = vector(outputs[0]!.path);
    if (id.includes("-worker-")) {
      it(`${id}: a worker's config is rejected; talosctl writes a bundle without keys`, () => {
        refuses(
          () => bundleFromControlPlaneConfig(config, { now }),
          "ERR_CONFIG_INVALID",
          "controlPlaneConfig: the text is no control plane machine config (machine.type is worker); a worker's config holds no keys",
        );
      });
    } else if (id === KEPT) {
      it(`${id}: the encryption key behind another provider is found; talosctl loses it`, () => {
        const { bundle } = bundleFromControlPlaneConfig(config, { now });
        const { secretboxEncryptionSecret, ...secrets } = bundle.secrets;
        assert.ok(formatSecretsBundle({ ...bundle, secrets }) === expected);
        assert.ok(config.includes(secretboxEncryptionSecret!));
      });
    } else {
      it(`${id}: are taken out as the same bytes`, () => {
        const { bundle, warnings } = bundleFromControlPlaneConfig(config, { now });
        assert.ok(formatSecretsBundle(bundle) === expected);
        assert.deepEqual(warnings, []);
      });
    }
  }

  const config = vector("out/base-v1.13/controlplane.yaml");
  const problems = (text: string): string[] => {
    try {
      bundleFromControlPlaneConfig(text, { now });
    } catch (error) {
      if (error instanceof PkiError) return told(error.problems);
      throw error;
    }
    return [];
  };

  it("are the same for an init node", () => {
    const { bundle } = bundleFromControlPlaneConfig(config.replace("type: controlplane", "type: init"), { now });
    assert.ok(formatSecretsBundle(bundle) === vector("bundles/v1.13.yaml"));
  });

  it("with an encryption secret that is empty lose it", () => {
    const legacy = config.replace(/( +)(secretboxEncryptionSecret: )/, '$1aescbcEncryptionSecret: ""\n$1$2');
    assert.notEqual(legacy, config);
    assert.ok(
      formatSecretsBundle(bundleFromControlPlaneConfig(legacy, { now }).bundle) === vector("bundles/v1.13.yaml"),
    );
    const modern = vector("out/base-v1.14/controlplane.yaml");
    const documents = modern.replace(
      "        - providers:\n",
      '        - providers:\n            - aescbc: {keys: [{name: key1, secret: ""}]}\n',
    );
    const { bundle } = bundleFromControlPlaneConfig(documents, { now });
    assert.ok(formatSecretsBundle(bundle) === vector("bundles/v1.14.yaml"));
  });

  it("that lack something are told by their place in the config, all at once", () => {
    assert.deepEqual(
      problems(
        config
          .replace(/( {4}ca:\n {8}crt: \S+\n {8}key: )\S+/, "$1''")
          .replace(/\n {4}secretboxEncryptionSecret: \S+/, "")
          .replace(/(aggregatorCA:\n {8}crt: )\S+/, "$1'!'")
          .replace(/\n {4}token: \S+/, ""),
      ),
      [
        "ERR_PEM_INVALID controlPlaneConfig.cluster.aggregatorCA.crt: is not base64; must be the base64 of a PEM file",
        "ERR_INPUT_MISSING controlPlaneConfig.machine.token: is required; must be what talosctl writes there",
        "ERR_INPUT_MISSING controlPlaneConfig.machine.ca.key: is required; must be what talosctl writes there",
        "ERR_INPUT_MISSING controlPlaneConfig.cluster: one of secretboxencryptionsecret, aescbcencryptionsecret is required; give the one that the cluster uses",
      ],
    );
  });

  it("that lack a whole CA are told of it once, in the document of v1.14 too", () => {
    assert.deepEqual(problems(config.replace(/ {4}etcd:\n {8}ca:\n( {12}.*\n)+/, "")), [
      "ERR_INPUT_MISSING controlPlaneConfig.cluster.etcd.ca: is required; must be what talosctl writes there",
    ]);
    const modern = vector("out/base-v1.14/controlplane.yaml");
    assert.deepEqual(problems(modern.replace(/(kind: KubeAPIServerCAConfig\nissuingCA:\n)(?:.*\n)*?---/, "$1---")), [
      "ERR_INPUT_MISSING controlPlaneConfig.KubeAPIServerCAConfig.issuingCA: is required; must be what talosctl writes there",
    ]);
  });

  it("that lack the cluster's id and secret are told of these, not of the map that is there", () => {
    assert.deepEqual(problems(config.replace(/^ {4}(?:id|secret): .*\n/gm, "")), [
      "ERR_INPUT_MISSING controlPlaneConfig.cluster.id: is required; must be what talosctl writes there",
      "ERR_INPUT_MISSING controlPlaneConfig.cluster.secret: is required; must be what talosctl writes there",
    ]);
  });

  it("that have no secrets at all are told of each by its place, once", () => {
    const told = problems("machine: {type: controlplane}\ncluster: {clusterName: a}\n");
    assert.equal(new Set(told).size, told.length, told.join("\n"));
    const places = told.map((problem) => /^ERR_INPUT_MISSING controlPlaneConfig\.([\w.]+): /.exec(problem)?.[1]);
    const cas = ["cluster.etcd.ca", "cluster.ca", "cluster.aggregatorCA"].flatMap((ca) => [`${ca}.crt`, `${ca}.key`]);
    assert.deepEqual(places, [
      ...["cluster.id", "cluster.secret", "cluster.token", "machine.token", ...cas, "cluster.serviceAccount.key"],
      ...["machine.ca.crt", "machine.ca.key", "cluster"],
    ]);
  });

  it("are redacted where talosctl shows a config, which is rejected", () => {
    assert.deepEqual(
      problems(config.replace(/key: \S{20,}/g, "key: '******'")),
      ["cluster.etcd.ca", "cluster.ca", "cluster.aggregatorCA", "machine.ca", "cluster.serviceAccount"].map(
        (path) => `ERR_SECRET_REDACTED controlPlaneConfig.${path}.key: is redacted; the real private key is needed`,
      ),
    );
  });

  it("come without the accepted CAs, of which a warning tells", () => {
    const accepted = config.replace(
      "    certSANs: []\n",
      "    acceptedCAs:\n        - crt: LS0t\n        - crt: LS0t\n    certSANs: []\n",
    );
    assert.notEqual(accepted, config);
    assert.deepEqual(told(bundleFromControlPlaneConfig(accepted, { now }).warnings), [
      "accepted-not-adopted controlPlaneConfig.machine.acceptedCAs: 2 accepted CAs are no part of a bundle; give them to MachineConfig as acceptedCAs to keep them",
    ]);
  });

  it("are not read from what is not a config, nor from an odd one with a crash", () => {
    const none =
      "controlPlaneConfig: the text is no control plane machine config (machine.type is missing or unknown); a worker's config holds no keys";
    for (const text of ["", "a", "- a", "machine: 5", "kind: Node\nmachine: {type: controlplane}"]) {
      refuses(() => bundleFromControlPlaneConfig(text, { now }), "ERR_CONFIG_INVALID", none);
    }
    const odd = `${config}---\nkind: KubeEtcdEncryptionConfig\nconfig: {resources: [{resources: {a: b}, providers: 5}, 5]}\n`;
    assert.ok(formatSecretsBundle(bundleFromControlPlaneConfig(odd, { now }).bundle) === vector("bundles/v1.13.yaml"));
  });
});

const files = (changes: KubernetesPkiFiles = {}): KubernetesPkiFiles => ({
  ...(Object.fromEntries(KUBERNETES_PKI_FILES.map((name) => [name, vector(`pki/${name}`)])) as KubernetesPkiFiles),
  ...changes,
});

describe("A kubeadm PKI", () => {
  for (const { id, args, outputs, exit } of vectors.filter(({ id: name }) => name.startsWith("from-pki-"))) {
    if (exit !== 0) continue;
    it(`${id}: becomes the bundle of talosctl where it is not chance`, async () => {
      const { flags } = parseArguments(args.slice(2));
      const bootstrapToken = flags.get("--kubernetes-bootstrap-token")?.[0];
      const version = flags.get("--talos-version")?.[0];
      const bundle = await bundleFromKubernetesPki(
        files(),
        {
          // Contracts before v1.6 are not generated here; from v1.3 on the rest is the same.
          talosVersion: version === "v1.2" ? "v1.6" : (version ?? "v1.14"),
          ...(bootstrapToken === undefined ? {} : { bootstrapToken }),
        },
        environment,
      );
      const real = parseSecretsBundle(vector(outputs[0]!.path), { now }).bundle;
      const { os: _ours, ...certs } = bundle.certs;
      const { os: _theirs, ...expected } = real.certs;
      assert.deepEqual(certs, expected);
      if (bootstrapToken !== undefined) assert.equal(bundle.secrets.bootstrapToken, real.secrets.bootstrapToken);
      assert.ok(parseSecretsBundle(formatSecretsBundle(bundle), { now }).warnings.length === 0);
    });
  }

  it("that lacks files is rejected, each by its name", async () => {
    const { "etcd/ca.crt": _crt, "sa.key": _key, ...rest } = files();
    await rejects(
      () => bundleFromKubernetesPki(rest, {}, environment),
      "ERR_INPUT_MISSING",
      `kubernetesPkiDirectory/etcd/ca.crt: the file is missing; must be the layout of kubeadm's /etc/kubernetes/pki
kubernetesPkiDirectory/sa.key: the file is missing; must be the layout of kubeadm's /etc/kubernetes/pki`,
    );
  });

  it("with empty files is rejected, and nothing is made in their place", () => {
    refuses(
      () => decodeKubernetesPki(files({ "ca.crt": "", "sa.key": "" })),
      "ERR_PEM_INVALID",
      `kubernetesPkiDirectory/ca.crt: holds no PEM block; must be text that begins with -----BEGIN
kubernetesPkiDirectory/sa.key: holds no PEM block; must be text that begins with -----BEGIN`,
    );
  });

  const BROKEN: Readonly<Record<string, string>> = {
    "pem-encrypted-ca.key":
      "ERR_KEY_ENCRYPTED kubernetesPkiDirectory/ca.key: is an encrypted private key; decrypt it first (openssl pkey)",
    "pem-ec-parameters-ca.key":
      "ERR_PEM_INVALID kubernetesPkiDirectory/ca.key: begins with an EC PARAMETERS block, which Talos rejects; keep only the EC PRIVATE KEY block",
    "pem-truncated-ca.crt":
      "ERR_PEM_INVALID kubernetesPkiDirectory/ca.crt: a PEM block is cut off; use -----BEGIN …----- to -----END …-----",
    "pem-der-ca.crt":
      "ERR_PEM_INVALID kubernetesPkiDirectory/ca.crt: holds no PEM block; must be text that begins with -----BEGIN",
  };
  const index = JSON.parse(vector("broken/index.json")) as { inputs: { file: string; stands_for?: string }[] };
  for (const { file, stands_for: place } of index.inputs) {
    if (place === undefined) continue;
    it(`with ${file} in the place of ${place} is rejected`, () => {
      assert.throws(
        () => decodeKubernetesPki(files({ [place.replace("pki/", "")]: vector(`broken/${file}`) })),
        (error) => {
          assert.ok(error instanceof PkiError);
          assert.deepEqual(told(error.problems), [BROKEN[file]]);
          return true;
        },
      );
    });
  }

  it("whose key is another's is rejected; talosctl does not notice", () => {
    refuses(
      () => decodeKubernetesPki(files({ "ca.key": vector("pki/front-proxy-ca.key") })),
      "ERR_KEY_MISMATCH",
      "kubernetesPkiDirectory/ca.key: does not belong to the certificate beside it; must be the pair of one CA",
    );
  });
});
