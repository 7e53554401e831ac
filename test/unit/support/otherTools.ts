import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import { BUNDLE_FIELDS, setAt, type BundleForm } from "../../../provider/core/secrets/fields";
import { bundleTree } from "../../../provider/core/secrets/read";
import type { SecretsBundle } from "../../../provider/core/secrets/types";
import { writePlainYaml } from "../../../provider/core/yaml/plain";
import { vector } from "./fixed";

/** What other tools write about a cluster, each in the shape of the real file. */

const now = new Date("2026-12-01T00:00:00Z");
const read = (path: string): SecretsBundle => parseSecretsBundle(vector(path), { now }).bundle;

export const alpha = read("bundles/v1.13.yaml");
export const beta = read("bundles/v1.10.yaml");
export const alphaConfig = vector("out/base-v1.13/controlplane.yaml");
export const alphaTalosconfig = vector("out/base-v1.13/talosconfig");

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A bundle as a form spells it, absent values null, as Terraform and Pulumi store them. */
export function spelled(bundle: SecretsBundle, form: BundleForm): Record<string, unknown> {
  const tree = bundleTree(bundle, form);
  const absent = BUNDLE_FIELDS.filter(({ bundle: path }) => path.at(-1) === "aescbcEncryptionSecret");
  for (const field of absent) {
    if (bundle.secrets.aescbcEncryptionSecret === undefined) setAt(tree, field[form], null);
  }
  return tree;
}

const clientConfiguration = { ca_certificate: "eA==", client_certificate: "eA==", client_key: "eA==" };

const terraformResource = (name: string, bundle: SecretsBundle, module?: string, key?: string | number): object => ({
  ...(module === undefined ? {} : { module }),
  mode: "managed",
  type: "talos_machine_secrets",
  name,
  provider: 'provider["registry.terraform.io/siderolabs/talos"]',
  instances: [
    {
      ...(key === undefined ? {} : { index_key: key }),
      schema_version: 1,
      attributes: {
        client_configuration: clientConfiguration,
        id: "machine_secrets",
        machine_secrets: spelled(bundle, "terraform"),
        talos_version: "v1.13",
      },
      sensitive_attributes: [],
    },
  ],
});

const terraformState = (resources: readonly object[], outputs: object = {}): string =>
  json({
    version: 4,
    terraform_version: "1.11.4",
    serial: 7,
    lineage: "4b496636-d46f-4c7d-2eb4-4ef1856fdbd8",
    outputs,
    resources,
    check_results: null,
  });

const clientConfigurationSource = {
  mode: "data",
  type: "talos_client_configuration",
  name: "this",
  provider: 'provider["registry.terraform.io/siderolabs/talos"]',
  instances: [
    {
      schema_version: 0,
      attributes: {
        client_configuration: clientConfiguration,
        cluster_name: "alpha",
        endpoints: ["10.0.0.2"],
        id: "alpha",
        nodes: null,
        talos_config: alphaTalosconfig,
      },
      sensitive_attributes: [],
    },
  ],
};

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

const pulumiSecret = (value: unknown, shown: boolean): object => ({
  [SIGNATURE]: SECRET,
  ...(shown ? { plaintext: JSON.stringify(value) } : { ciphertext: "djE6c2VjcmV0" }),
});

const pulumiResource = (name: string, bundle: SecretsBundle, shown: boolean): object => ({
  urn: `urn:pulumi:dev::infra::my:index:Cluster$talos:machine/secrets:Secrets::${name}`,
  custom: true,
  id: "machine_secrets",
  type: "talos:machine/secrets:Secrets",
  outputs: {
    clientConfiguration: pulumiSecret({ caCertificate: "eA==" }, shown),
    id: "machine_secrets",
    machineSecrets: pulumiSecret(spelled(bundle, "pulumiverse"), shown),
    talosVersion: "v1.13",
  },
});

const pulumiExport = (...resources: readonly object[]): string =>
  json({
    version: 3,
    deployment: {
      manifest: { time: "2026-11-22T20:00:00Z", magic: "x", version: "v3.200.0" },
      resources: [
        { urn: "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev", type: "pulumi:pulumi:Stack", outputs: {} },
        ...resources,
      ],
    },
  });

/** Every secret of a bundle on its own, as the bridge marks sensitive leaves. */
function leafSecrets(value: unknown, shown: boolean): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      typeof child === "string" && key !== "cert" ? pulumiSecret(child, shown) : leafSecrets(child, shown),
    ]),
  );
}

const kubernetesSecret = (name: string, data: Readonly<Record<string, string>>): Record<string, unknown> => ({
  apiVersion: "v1",
  data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
  kind: "Secret",
  metadata: { labels: { "cluster.x-k8s.io/cluster-name": "alpha" }, name, namespace: "default" },
  type: "Opaque",
});

const talosctlYaml = (bundle: SecretsBundle): string => writePlainYaml(bundleTree(bundle, "talosctl"));

const legacySections = ({ certs, secrets, trustdinfo }: Record<string, unknown>): Record<string, string> => ({
  certs: writePlainYaml(certs),
  kubeSecrets: writePlainYaml(secrets),
  trustdInfo: writePlainYaml(trustdinfo),
});

const parts = (bundle: SecretsBundle): Record<string, unknown>[] => [
  kubernetesSecret("alpha-ca", { "tls.crt": bundle.certs.k8s.crt, "tls.key": bundle.certs.k8s.key }),
  kubernetesSecret("alpha-etcd", { "tls.crt": bundle.certs.etcd.crt, "tls.key": bundle.certs.etcd.key }),
  kubernetesSecret("alpha-proxy", {
    "tls.crt": bundle.certs.k8sAggregator.crt,
    "tls.key": bundle.certs.k8sAggregator.key,
  }),
  kubernetesSecret("alpha-sa", {
    "tls.crt": "-----BEGIN PUBLIC KEY-----",
    "tls.key": bundle.certs.k8sServiceAccount.key,
  }),
];

const resource = (node: string, config: string): Record<string, unknown> => ({
  node,
  metadata: {
    namespace: "config",
    type: "MachineConfigs.config.talos.dev",
    id: "v1alpha1",
    version: "3",
    owner: "config.AcquireController",
    phase: "running",
  },
  spec: config,
});

const yamlDocuments = (...trees: readonly unknown[]): string => trees.map(writePlainYaml).join("---\n");

/** Files that hold the secrets of alpha, and of no other cluster. */
export const ADOPTABLE: Readonly<Record<string, string>> = {
  "a Terraform state": terraformState([
    { ...terraformResource("other", alpha), type: "tls_private_key" },
    terraformResource("this", alpha),
    clientConfigurationSource,
  ]),
  "a Terraform state with the same secrets as an output": terraformState([terraformResource("this", alpha)], {
    secrets: { value: spelled(alpha, "terraform"), type: ["object", {}], sensitive: true },
  }),
  "a state of the Terraform provider 0.1": terraformState([
    {
      ...terraformResource("this", alpha),
      instances: [{ schema_version: 0, attributes: { id: "x", machine_secrets: talosctlYaml(alpha) } }],
    },
  ]),
  "what terraform show -json prints": json({
    format_version: "1.0",
    terraform_version: "1.11.4",
    values: {
      outputs: {},
      root_module: {
        child_modules: [
          {
            address: 'module.talos["a"]',
            resources: [
              {
                address: 'module.talos["a"].talos_machine_secrets.this',
                mode: "managed",
                type: "talos_machine_secrets",
                name: "this",
                values: { id: "machine_secrets", machine_secrets: spelled(alpha, "terraform") },
              },
            ],
          },
        ],
      },
    },
  }),
  "what terraform output -json prints": json({
    name: { sensitive: false, type: "string", value: "alpha" },
    secrets: { sensitive: true, type: ["object", {}], value: spelled(alpha, "terraform") },
  }),
  "machine_secrets of Terraform alone": json(spelled(alpha, "terraform")),
  "the attributes of talos_machine_secrets": json({
    client_configuration: clientConfiguration,
    id: "machine_secrets",
    machine_secrets: spelled(alpha, "terraform"),
    talos_version: "v1.13",
  }),
  "an export of a stack of @pulumiverse/talos": pulumiExport(pulumiResource("this", alpha, true)),
  "an export with each secret marked by itself": pulumiExport({
    ...pulumiResource("this", alpha, true),
    outputs: { machineSecrets: leafSecrets(spelled(alpha, "pulumiverse"), true) },
  }),
  "an export of a stack of this package": pulumiExport({
    urn: "urn:pulumi:dev::infra::talos-pki:index:TalosSecrets::prod",
    type: "talos-pki:index:TalosSecrets",
    outputs: {
      secretsYaml: pulumiSecret(talosctlYaml(alpha), true),
      secrets: pulumiSecret({ ...bundleTree(alpha, "talosctl"), talosVersion: "v1.13" }, true),
      machineSecrets: pulumiSecret(bundleTree(alpha, "pulumiverse"), true),
    },
  }),
  "the outputs of a stack": json({ endpoint: "https://10.0.0.1:6443", machineSecrets: spelled(alpha, "pulumiverse") }),
  "the outputs of a stack of this package": json({ secretsYaml: talosctlYaml(alpha), talosconfig: alphaTalosconfig }),
  "a resource given out whole": json({ cluster: { machineSecrets: spelled(alpha, "pulumiverse"), id: "x" } }),
  "the Secret of Cluster API's Talos provider": writePlainYaml(
    kubernetesSecret("alpha-talos", { bundle: talosctlYaml(alpha) }),
  ),
  "the same Secret as JSON": json(kubernetesSecret("alpha-talos", { bundle: talosctlYaml(alpha) })),
  "all Secrets of a cluster in one List": yamlDocuments({
    apiVersion: "v1",
    items: [
      kubernetesSecret("alpha-talosconfig", { talosconfig: alphaTalosconfig }),
      kubernetesSecret("alpha-talos", { bundle: talosctlYaml(alpha) }),
      ...parts(alpha),
      kubernetesSecret("alpha-cp-1-bootstrap-data", { value: alphaConfig }),
      kubernetesSecret("alpha-kubeconfig", { value: "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\n" }),
    ],
    kind: "List",
  }),
  "several Secrets, one after the other": yamlDocuments(
    kubernetesSecret("alpha-ca", { "tls.crt": alpha.certs.k8s.crt, "tls.key": alpha.certs.k8s.key }),
    { ...kubernetesSecret("alpha-talos", {}), stringData: { bundle: talosctlYaml(alpha) } },
  ),
  "talsecret.yaml of talhelper": talosctlYaml(alpha),
};

/** Files that hold a config of alpha's control plane. */
export const CONFIGS: Readonly<Record<string, string>> = {
  "a config": alphaConfig,
  "the bootstrap data of a machine of Cluster API": writePlainYaml(
    kubernetesSecret("alpha-cp-1-bootstrap-data", { format: "talos", value: alphaConfig }),
  ),
  "the bootstrap data of several machines": yamlDocuments({
    apiVersion: "v1",
    items: [
      kubernetesSecret("alpha-cp-1-bootstrap-data", { value: alphaConfig }),
      kubernetesSecret("alpha-cp-2-bootstrap-data", { value: alphaConfig.replace("machine:", "machine: # second") }),
      kubernetesSecret("alpha-w-1-bootstrap-data", { value: vector("out/base-v1.13/worker.yaml") }),
    ],
    kind: "SecretList",
  }),
  "talosctl get machineconfig -o yaml": writePlainYaml(resource("10.0.0.2", alphaConfig)),
  "talosctl get machineconfig -o yaml of two nodes": yamlDocuments(
    resource("10.0.0.2", alphaConfig),
    resource("10.0.0.3", alphaConfig),
  ),
  "talosctl get machineconfig -o json": JSON.stringify(resource("10.0.0.2", alphaConfig), null, 4),
  "talosctl get machineconfig -o json of two nodes": ["10.0.0.2", "10.0.0.3"]
    .map((node) => `${JSON.stringify(resource(node, alphaConfig), null, 4)}\n`)
    .join(""),
};

/** Files that hold the secrets of several clusters, with their addresses; alpha's is the first. */
export const AMBIGUOUS: Readonly<Record<string, readonly [text: string, addresses: readonly string[]]>> = {
  "a Terraform state": [
    terraformState([
      terraformResource("this", alpha, 'module.talos["a b"]', 0),
      terraformResource("this", beta, undefined, 'x"y'),
    ]),
    ['module.talos["a b"].talos_machine_secrets.this[0]', 'talos_machine_secrets.this["x\\"y"]'],
  ],
  "a stack export": [
    pulumiExport(pulumiResource("a", alpha, true), pulumiResource("b", beta, true)),
    ["talos:machine/secrets:Secrets::a", "talos:machine/secrets:Secrets::b"],
  ],
  "Secrets of Cluster API": [
    yamlDocuments(
      kubernetesSecret("alpha-talos", { bundle: talosctlYaml(alpha) }),
      kubernetesSecret("beta-talos", { bundle: talosctlYaml(beta) }),
    ),
    ["default/alpha-talos", "default/beta-talos"],
  ],
  "the outputs of a stack": [json({ a: spelled(alpha, "pulumiverse"), b: spelled(beta, "terraform") }), ["a", "b"]],
};

/** Files that hide the secrets of alpha, with the command that shows them. */
export const HIDDEN: Readonly<Record<string, readonly [text: string, command: string]>> = {
  "a stack export": [pulumiExport(pulumiResource("this", alpha, false)), "pulumi stack export --show-secrets"],
  "a stack export with each secret marked by itself": [
    pulumiExport({
      ...pulumiResource("this", alpha, false),
      outputs: { machineSecrets: leafSecrets(spelled(alpha, "pulumiverse"), false) },
    }),
    "pulumi stack export --show-secrets",
  ],
  "the outputs of a stack": [
    json({ endpoint: "https://10.0.0.1:6443", machineSecrets: "[secret]" }),
    "pulumi stack output --json --show-secrets",
  ],
  "an OpenTofu state that is encrypted": [
    json({
      serial: 1,
      lineage: "4b496636-d46f-4c7d-2eb4-4ef1856fdbd8",
      meta: { "key_provider.pbkdf2.a": "eyJzYWx0IjoiIn0=" },
      encrypted_data: "AAAA",
      encryption_version: "v0",
    }),
    "tofu state pull",
  ],
  "SOPS's YAML": [vector("broken/sops.yaml"), "sops --decrypt FILE"],
  "SOPS's JSON": [
    json({ cluster: { id: "ENC[AES256_GCM,data:AA==,type:str]" }, sops: { mac: "ENC[AES256_GCM]", version: "3.8.1" } }),
    "sops --decrypt FILE",
  ],
  "SOPS's dotenv": ["TOKEN=ENC[AES256_GCM,data:AA==,type:str]\nsops_version=3.8.1\n", "sops --decrypt FILE"],
  "SOPS's INI": ["[a]\nb = ENC[AES256_GCM,data:AA==]\n\n[sops]\nmac = x\n", "sops --decrypt FILE"],
  "age, armored": [
    "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCg==\n-----END AGE ENCRYPTED FILE-----\n",
    "age --decrypt --identity KEY FILE",
  ],
  "age, binary": ["age-encryption.org/v1\n-> X25519 AAAA\n\ufffd\0\ufffd", "age --decrypt --identity KEY FILE"],
  "Ansible Vault": ["$ANSIBLE_VAULT;1.1;AES256\n6162\n", "ansible-vault view FILE"],
  "values of Ansible Vault": [
    "cluster:\n  secret: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    6162\n",
    'ansible localhost --extra-vars @FILE --module-name debug --args "var=NAME"',
  ],
  "git-crypt": ["\0GITCRYPT\0\ufffd\u0001", "git-crypt unlock"],
  OpenPGP: ["-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n", "gpg --decrypt FILE"],
  OpenSSL: ["U2FsdGVkX1+AAAA\n", "openssl enc -d"],
  "a SealedSecret": [
    "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    bundle: AAAA\n",
    "kubectl get secret NAME -o yaml, in the cluster that can open it",
  ],
};

/** The parts of a cluster of Cluster API without Talos's own. */
export const PARTS = yamlDocuments(...parts(alpha));

/** The Secret of the Talos provider up to v0.2, which knew no id and secret of the cluster. */
export const LEGACY_SECRET = writePlainYaml(
  kubernetesSecret("alpha-talos", legacySections(bundleTree(alpha, "talosctl"))),
);

/** talsecret.yaml before talhelper has put the variables in. */
export const PLACEHOLDERS = talosctlYaml(alpha).replace(/token: .*/g, "token: ${TRUSTDTOKEN}");
