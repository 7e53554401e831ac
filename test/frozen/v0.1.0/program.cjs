// Every resource, with the usual options and with unusual ones: see the README above.
const {
  AcceptedCA,
  ClientConfiguration,
  Kubeconfig,
  MachineConfig,
  NodeCertificate,
  TalosSecrets,
} = require("pulumi-talos-pki");

const rotation = { os: { id: "2026-11", stage: "accept" }, bootstrapToken: { id: "1" } };

// A cluster as the quickstart has it.
const plain = new TalosSecrets("plain", { talosVersion: "v1.13" });
const plainCluster = { secrets: plain, clusterName: "plain", clusterEndpoint: "https://10.0.0.10:6443" };
const client = new ClientConfiguration("plain", { secrets: plain, clusterName: "plain", endpoints: ["10.0.0.10"] });
new Kubeconfig("plain", plainCluster);
new MachineConfig("plain-controlplane", { ...plainCluster, machineType: "controlplane" });
new MachineConfig("plain-worker", { ...plainCluster, machineType: "worker" });

// One whose OS authority is being rotated, with options.
const rotating = new TalosSecrets(
  "rotating",
  {
    talosVersion: "v1.14",
    certificateAuthorities: { kubernetes: { algorithm: "ecdsa-p384", validityPeriodHours: "43800h" } },
    serviceAccount: { algorithm: "ecdsa-p256" },
    trustdToken: "abcdef.0123456789abcdef",
    rotation,
  },
  { protect: false },
);
const rotatingCluster = { secrets: rotating, clusterName: "rotating", clusterEndpoint: "https://k8s.example.org:6443" };
const partner = new AcceptedCA("partner", { certificatePem: plain.trust.apply(({ os }) => os) });
new ClientConfiguration("reader", {
  secrets: rotating.secrets,
  clusterName: "rotating",
  contextName: "reader@rotating",
  roles: ["os:reader", "os:etcd:backup"],
  commonName: "reader",
  algorithm: "ecdsa-p256",
  validityPeriodHours: "720h",
  earlyRenewalHours: 24,
  rotationTriggers: { person: "somebody" },
});
new ClientConfiguration("bare", {
  certificateAuthority: {
    certificatePem: rotating.certificateAuthorities.apply(({ os }) => os.certificatePem),
    privateKeyPem: rotating.machineSecrets.apply(({ certs }) => Buffer.from(certs.os.key, "base64").toString()),
  },
  clusterName: "rotating",
});
new Kubeconfig("auditor", {
  ...rotatingCluster,
  commonName: "auditor",
  organizations: ["audit"],
  namespace: "audit",
  validityPeriodHours: 2160,
});
new NodeCertificate("console", {
  secrets: rotating,
  ipAddresses: ["10.0.0.20"],
  dnsNames: ["console.example.org"],
  validityPeriodHours: 240,
});
new MachineConfig("rotating-controlplane", {
  ...rotatingCluster,
  machineType: "controlplane",
  additionalSans: ["k8s.example.org"],
  acceptedCAs: [partner],
  configPatches: ["machine:\n  sysctls:\n    vm.swappiness: '1'\n", { machine: { files: [] } }],
});
new MachineConfig("rotating-worker", {
  ...rotatingCluster,
  machineType: "worker",
  kubernetesVersion: "1.36.1",
  installImage: "example.org/installer:v1.14.1",
  installDisk: "/dev/nvme0n1",
  certSANs: ["w1.example.org"],
  registryMirrors: { "docker.io": ["https://mirror.example.org"] },
  kubeSpan: true,
  acceptedCAs: [partner],
});

exports.talosconfig = client.talosconfig;
exports.rotationStatus = rotating.rotationStatus;
