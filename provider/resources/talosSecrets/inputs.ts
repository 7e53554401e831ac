import { type CAName, INVENTORY } from "../../core/secrets/inventory";
import { NEWEST_TALOS_VERSION, SUPPORTED_TALOS_VERSIONS } from "../../core/talosVersion";
import { PROFILES } from "../../core/x509/profiles";
import { enumOf, flag, hours, listOf, objectOf, type PreviewInputs, row, secretText, text } from "../../engine/rows";
import { KEY_ALGORITHM, MACHINE_TYPE, ROTATION_STAGE } from "../enumerations";
import { PERIOD } from "../duration";
import { ADDRESS } from "../live/rows";
import { isKnown, type Unknown } from "../../engine/unknown";
import { byCA } from "./names";

const CA = {
  algorithm: row(KEY_ALGORITHM, "Kind of the key that is made. Default: what Talos makes."),
  validityPeriodHours: hours("Lifetime in hours, or a Go duration.").withDocumentedDefault(
    PROFILES.authority.validityPeriodHours,
  ),
  certificatePem: text("Certificate of an own CA, PEM."),
  privateKeyPem: secretText("Its private key, PEM."),
};

const NEXT_CA = {
  certificatePem: text("Certificate of the next CA, to bring an own one."),
  privateKeyPem: secretText("Its private key, PEM."),
};

const STAGES =
  "Stage to reach: `accept`, then `swap`, then `finish`; `abort` leaves `accept`. One `pulumi up` each. `auto` goes to the next stage in each `pulumi up`, if every one of `nodes` has completed the present one.";

const STAGED_ID = {
  id: text("Name of the rotation, used once, such as a date.").asRequired(),
};

const STAGED_ROTATION = { ...STAGED_ID, stage: row(ROTATION_STAGE, STAGES).asRequired(), ...NEXT_CA };

/** A stage may be left out where the program wants the old one gone at once. */
const AT_ONCE = { ...STAGED_ID, stage: row(ROTATION_STAGE, `${STAGES} Left out: replaced at once.`) };

const DOWNTIME = {
  allowDowntime: flag(
    "Whether to rotate the etcd CA with fewer than three control planes in `nodes`: Kubernetes is away while one reboots.",
  ).withDocumentedDefault(false),
};

const TOKENS = {
  tokenGracePeriod: row(
    PERIOD,
    'How long the last API server must have signed with the new key before tokens of the old one are rejected, as a Go duration; `"0s"` does not wait. Pods renew their tokens within about an hour.',
  ).withDocumentedDefault("70m"),
};

const IMMEDIATE_ROTATION = { id: text("Any text; a change replaces the value at once.").asRequired() };

const STAGED_TEXT = "A rotation in stages: one `pulumi up` each for `accept`, `swap` and `finish`.";

const staged = (what: string) =>
  row(objectOf("StagedRotation", STAGED_ROTATION, STAGED_TEXT), `Staged rotation of the ${what} CA.`);

const immediate = (what: string) =>
  row(
    objectOf("ImmediateRotation", IMMEDIATE_ROTATION, "A replacement at once, when `id` changes."),
    `Replaces ${what} at once when \`id\` changes.`,
  );

/** Inputs of TalosSecrets. */
export const INPUTS = {
  talosVersion: text(
    `Version contract; supported: ${SUPPORTED_TALOS_VERSIONS.join(", ")}. Pinned at creation; a later change never regenerates anything.`,
  ).withDocumentedDefault(NEWEST_TALOS_VERSION),
  certificateAuthorities: row(
    objectOf(
      "CertificateAuthoritiesArgs",
      byCA((name: CAName) =>
        row(
          objectOf("CertificateAuthorityArgs", CA, "How a CA is made, or an own one."),
          `The ${name} CA; made with ${INVENTORY[name].algorithm} unless configured otherwise.`,
        ),
      ),
    ),
    "How the CAs are made, or own CAs.",
  ).keptUnder("certificateAuthoritiesInput"),
  serviceAccount: row(
    objectOf("ServiceAccountArgs", {
      algorithm: row(KEY_ALGORITHM, "Kind of the key that is made. Default: what Talos makes."),
      privateKeyPem: secretText("An own key, PEM."),
    }),
    "The key that signs Kubernetes service account tokens.",
  ),
  cluster: row(
    objectOf("ClusterArgs", {
      id: secretText("Cluster id, base64 of 32 bytes."),
      secret: secretText("Cluster secret, base64 of 32 bytes."),
    }),
    "Identity of the cluster for discovery.",
  ),
  bootstrapToken: secretText("Kubernetes bootstrap token, `[0-9a-z]{6}.[0-9a-z]{16}`."),
  trustdToken: secretText("Token with which workers ask trustd for certificates, of the same form."),
  secretboxEncryptionSecret: secretText("Key that encrypts Secrets in etcd, base64 of 32 bytes."),
  aescbcEncryptionSecret: secretText("The same of clusters created with Talos v1.2 or before."),
  secretsYaml: secretText(
    "Adopts the secrets in a text: a `talosctl gen secrets` file, a Terraform or OpenTofu state, a Pulumi stack export, Kubernetes Secrets of Cluster API, or talhelper's talsecret.yaml, recognised by content. Read at creation only.",
  ).keptUnder("secretsYamlInput"),
  controlPlaneConfig: secretText(
    "Adopts the secrets in a control plane machine config (its text, or what `talosctl get machineconfig` prints). Read at creation only.",
  ),
  kubernetesPkiDirectory: text(
    "Adopts a kubeadm `/etc/kubernetes/pki` folder, relative to the program; the rest is generated. Read at creation only.",
  ),
  rotation: row(
    objectOf("RotationArgs", {
      os: staged("OS"),
      kubernetes: staged("Kubernetes"),
      etcd: row(
        objectOf("EtcdRotation", { ...STAGED_ROTATION, ...DOWNTIME }, STAGED_TEXT),
        "Staged rotation of the etcd CA; each control plane reboots at `accept` and at `finish`.",
      ),
      aggregator: row(
        objectOf("AggregatorRotation", { ...AT_ONCE, ...NEXT_CA }, `${STAGED_TEXT} An \`id\` alone replaces at once.`),
        "Staged rotation of the aggregator CA; an `id` alone replaces it at once.",
      ),
      serviceAccount: row(
        objectOf(
          "ServiceAccountRotation",
          { ...AT_ONCE, privateKeyPem: secretText("The next key, PEM, to bring an own one."), ...TOKENS },
          `${STAGED_TEXT} An \`id\` alone replaces at once.`,
        ),
        "Staged rotation of the service account key; an `id` alone replaces it at once.",
      ),
      all: row(
        objectOf(
          "CompleteRotation",
          {
            id: text("Name of the rotation, which no CA has used yet.").asRequired(),
            stage: row(
              enumOf(["auto", "abort"]),
              "`auto`: each `pulumi up` goes a step on, if every one of `nodes` allows it; `abort`: back, as long as a CA has not finished.",
            ).asRequired(),
            ...DOWNTIME,
            ...TOKENS,
          },
          "A rotation of every CA and of the service account key, in the safe order.",
        ),
        "Rotates every CA and the service account key in the safe order; excludes `os`, `kubernetes`, `etcd`, `aggregator` and `serviceAccount`.",
      ),
      bootstrapToken: immediate("the bootstrap token"),
      trustdToken: immediate("the trustd token"),
    }),
    "Rotations.",
  ),
  nodes: row(
    listOf(
      objectOf(
        "RotationNode",
        {
          address: row(ADDRESS, "IP address or DNS name of the node, with or without a port (50000).").asRequired(),
          endpoint: row(ADDRESS, "A control plane to call the node through. Default: the node itself."),
          machineType: row(MACHINE_TYPE, "The role of the machine.").asRequired(),
        },
        "A node that is asked before a rotation goes on.",
      ),
    ),
    "Every node of the cluster. Before a rotation goes to its next stage, an update asks each whether it has completed the present one. A node that the last update did not have is not asked. A change of `nodes` alone is no change.",
  ),
};

/** The inputs, decoded. */
export type SecretsInputs = PreviewInputs<typeof INPUTS>;

/** A CA as an input: own, or the next one of a rotation. */
export type PairInput = Pick<PreviewInputs<typeof CA>, "certificatePem" | "privateKeyPem">;

/** How a CA is made. */
export type CAInput = PreviewInputs<typeof CA>;

/** The ways to adopt; at most one. */
export const ADOPT_INPUTS = ["secretsYaml", "controlPlaneConfig", "kubernetesPkiDirectory"] as const;

/** How a CA is made or supplied. */
export function caInput({ certificateAuthorities: all }: SecretsInputs, name: CAName): CAInput | Unknown | undefined {
  return isKnown(all) ? all?.[name] : all;
}
