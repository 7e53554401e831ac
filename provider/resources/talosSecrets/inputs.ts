import { type CAName, INVENTORY } from "../../core/secrets/inventory";
import { NEWEST_TALOS_VERSION, SUPPORTED_TALOS_VERSIONS } from "../../core/talosVersion";
import { PROFILES } from "../../core/x509/profiles";
import {
  hours,
  listOf,
  type KnownInputs,
  objectOf,
  type PreviewInputs,
  rejectedOf,
  row,
  secretText,
  text,
} from "../../engine/rows";
import { KEY_ALGORITHM, MACHINE_TYPE, ROTATION_STAGE } from "../enumerations";
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

const STAGED_ROTATION = {
  id: text("Name of the rotation, used once, such as a date.").asRequired(),
  stage: row(
    ROTATION_STAGE,
    "Stage to reach: `accept`, then `swap`, then `finish`; `abort` leaves `accept`. One `pulumi up` each. `auto` goes to the next stage in each `pulumi up`, if every one of `nodes` has completed the present one; only for the OS CA.",
  ).asRequired(),
  certificatePem: text("Certificate of the next CA, to bring an own one."),
  privateKeyPem: secretText("Its private key, PEM."),
};

const IMMEDIATE_ROTATION = { id: text("Any text; a change replaces the value at once.").asRequired() };

const staged = (what: string) =>
  row(
    objectOf(
      "StagedRotation",
      STAGED_ROTATION,
      "A rotation in stages: one `pulumi up` each for `accept`, `swap` and `finish`.",
    ),
    `Staged rotation of the ${what} CA.`,
  );

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
        rejectedOf(
          "ERR_ROTATION_ILLEGAL",
          "the etcd CA cannot be rotated: Talos has no accepted CAs for etcd, so its members would lock each other out; leave it out",
        ),
        "Rejected.",
      ),
      aggregator: immediate("the aggregator CA"),
      serviceAccount: immediate("the service account key"),
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
        "A node that is asked before a rotation of the OS CA goes on.",
      ),
    ),
    "Every node of the cluster. Before a rotation of the OS CA goes to its next stage, an update asks each whether it has completed the present one. A node that the last update did not have is not asked. A change of `nodes` alone is no change.",
  ),
};

/** The inputs, decoded. */
export type SecretsInputs = PreviewInputs<typeof INPUTS>;

/** A CA as an input: own, or the next one of a rotation. */
export type PairInput = Pick<PreviewInputs<typeof CA>, "certificatePem" | "privateKeyPem">;

/** How a CA is made. */
export type CAInput = PreviewInputs<typeof CA>;

/** A request for a staged rotation of which everything is known. */
export type StagedRotationInput = KnownInputs<typeof STAGED_ROTATION>;

/** The ways to adopt; at most one. */
export const ADOPT_INPUTS = ["secretsYaml", "controlPlaneConfig", "kubernetesPkiDirectory"] as const;

/** How a CA is made or supplied. */
export function caInput({ certificateAuthorities: all }: SecretsInputs, name: CAName): CAInput | Unknown | undefined {
  return isKnown(all) ? all?.[name] : all;
}
