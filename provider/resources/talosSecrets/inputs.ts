import { ROTATION_STAGES } from "../../core/lifecycle/rotation";
import { AUTHORITY_NAMES } from "../../core/secrets/authority";
import { INVENTORY } from "../../core/secrets/inventory";
import { NEWEST_TALOS_VERSION, SUPPORTED_TALOS_VERSIONS } from "../../core/talosVersion";
import { KEY_ALGORITHMS } from "../../core/x509/algorithms";
import { HOURS, type Properties, type Property, type PropertyType, STRING } from "../schema";

const ALGORITHM: PropertyType = { kind: "enum", values: KEY_ALGORITHMS };

const object = (name: string, properties: Properties): PropertyType => ({ kind: "object", name, properties });

const secretText = (description: string): Property => ({ type: STRING, description, secret: true });

const stagedRotation = (what: string): Property => ({
  type: object("StagedRotation", {
    id: { type: STRING, description: "Name of the rotation, used once; a date does well.", required: true },
    stage: {
      type: { kind: "enum", values: ROTATION_STAGES },
      description:
        "Stage to reach: `accept`, then `swap`, then `finish`; `abort` leaves `accept`. One `pulumi up` each.",
      required: true,
    },
    certificatePem: { type: STRING, description: "Certificate of the next authority, to bring one's own." },
    privateKeyPem: secretText("Its private key, PEM."),
  }),
  description: `Staged rotation of the ${what} authority.`,
});

const immediateRotation = (what: string): Property => ({
  type: object("ImmediateRotation", {
    id: { type: STRING, description: "Any text; a change replaces the value at once.", required: true },
  }),
  description: `Replaces ${what} at once when \`id\` changes.`,
});

/** Inputs of TalosSecrets. */
export const INPUTS: Properties = {
  talosVersion: {
    type: STRING,
    description: `Version contract; supported: ${SUPPORTED_TALOS_VERSIONS.join(", ")}. Pinned at creation; a later change never regenerates anything.`,
    default: NEWEST_TALOS_VERSION,
  },
  certificateAuthorities: {
    type: object(
      "CertificateAuthoritiesArgs",
      Object.fromEntries(
        AUTHORITY_NAMES.map((name) => [
          name,
          {
            type: object("CertificateAuthorityArgs", {
              algorithm: { type: ALGORITHM, description: "Kind of the key that is made. Default: what Talos makes." },
              validityPeriodHours: {
                type: HOURS,
                description: "Lifetime in hours, or a Go duration.",
                default: 87_600,
              },
              certificatePem: { type: STRING, description: "Certificate of an authority of one's own, PEM." },
              privateKeyPem: secretText("Its private key, PEM."),
            }),
            description: `The ${name} authority; made with ${INVENTORY[name].algorithm} unless told otherwise.`,
          },
        ]),
      ),
    ),
    description: "How the authorities are made, or authorities of one's own.",
  },
  serviceAccount: {
    type: object("ServiceAccountArgs", {
      algorithm: { type: ALGORITHM, description: "Kind of the key that is made. Default: what Talos makes." },
      privateKeyPem: secretText("A key of one's own, PEM."),
    }),
    description: "The key that signs Kubernetes service account tokens.",
  },
  cluster: {
    type: object("ClusterArgs", {
      id: secretText("Cluster id, base64 of 32 bytes."),
      secret: secretText("Cluster secret, base64 of 32 bytes."),
    }),
    description: "Identity of the cluster for discovery.",
  },
  bootstrapToken: secretText("Kubernetes bootstrap token, `[0-9a-z]{6}.[0-9a-z]{16}`."),
  trustdToken: secretText("Token with which workers ask trustd for certificates, of the same form."),
  secretboxEncryptionSecret: secretText("Key that encrypts Secrets in etcd, base64 of 32 bytes."),
  aescbcEncryptionSecret: secretText("The same of clusters created with Talos v1.2 or before."),
  secretsYaml: secretText("Adopts a `talosctl gen secrets` file (its text). Read at creation only."),
  controlPlaneConfig: secretText(
    "Adopts the secrets in a control plane machine config (its text). Read at creation only.",
  ),
  kubernetesPkiDirectory: {
    type: STRING,
    description:
      "Adopts a kubeadm `/etc/kubernetes/pki` folder, relative to the program; the rest is generated. Read at creation only.",
  },
  rotation: {
    type: object("RotationArgs", {
      os: stagedRotation("OS"),
      kubernetes: stagedRotation("Kubernetes"),
      aggregator: immediateRotation("the aggregator authority"),
      serviceAccount: immediateRotation("the service account key"),
      bootstrapToken: immediateRotation("the bootstrap token"),
      trustdToken: immediateRotation("the trustd token"),
    }),
    description: "Rotations.",
  },
};

/**
 * Inputs whose name is also that of an output. Pulumi shows a preview's inputs as outputs, so a program would see the
 * options where it expects certificates; they are kept under another name.
 */
export const RENAMED_INPUTS: Readonly<Record<string, string>> = {
  certificateAuthorities: "certificateAuthoritiesInput",
  secretsYaml: "secretsYamlInput",
};

/** The ways to adopt; at most one. */
export const ADOPT_INPUTS = ["secretsYaml", "controlPlaneConfig", "kubernetesPkiDirectory"] as const;

/** The inputs as they are kept. */
export const CHECKED_INPUTS: Properties = Object.fromEntries(
  Object.entries(INPUTS).map(([name, property]) => [RENAMED_INPUTS[name] ?? name, property]),
);
