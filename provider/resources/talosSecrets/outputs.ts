import { ROTATION_STAGES } from "../../core/lifecycle/rotation";
import { INVENTORY } from "../../core/secrets/inventory";
import {
  enumOf,
  factsOf,
  listOf,
  type Outputs,
  row,
  secretText,
  type Shape,
  type StoredOutputs,
  STRING,
  text,
  verbatimFactsOf,
} from "../../engine/rows";
import type { Values } from "../../engine/values";
import { byCA } from "./names";

const ACCEPTED_CAS = factsOf("AcceptedCAs", {
  os: row(listOf(STRING), "CAs of the Talos API, PEM."),
  kubernetes: row(listOf(STRING), "Kubernetes CAs, PEM."),
  etcd: row(listOf(STRING), "etcd CAs, PEM.").asOptional(),
  aggregator: row(listOf(STRING), "Aggregator CAs, PEM.").asOptional(),
  serviceAccount: row(listOf(STRING), "Public keys of service account tokens, PEM.").asOptional(),
});

const CA = factsOf(
  "CertificateAuthorityInfo",
  {
    certificatePem: text("The certificate, PEM."),
    fingerprint: text("SHA-256 of the certificate's DER, lower-case hex."),
    subject: text("Subject of the certificate."),
    algorithm: text("Kind of the key."),
    serialNumber: text("Serial number, lower-case hex."),
    notBefore: text("Start of validity, RFC 3339 UTC."),
    notAfter: text("End of validity, RFC 3339 UTC."),
  },
  "Public facts of a CA.",
);

const STAGED_STATUS = factsOf(
  "StagedRotationStatus",
  {
    id: text("Id of the rotation under way, or of the last.").asOptional(),
    stage: row(enumOf(["none", ...ROTATION_STAGES]), "`none`, `accept`, `swap`, `finish` or `abort`."),
    issuing: text("Fingerprint of the issuing CA."),
    accepted: row(listOf(STRING), "Fingerprints of the CAs accepted beside it."),
    next: text("Fingerprint of the CA that will issue, at stage `accept`.").asOptional(),
    retired: row(listOf(STRING), "Fingerprints of CAs that have issued before."),
    spentIds: row(listOf(STRING), "Ids that cannot be used again."),
    todo: text("What to do next."),
  },
  "Where a staged rotation stands.",
);

const IMMEDIATE_STATUS = factsOf("ImmediateRotationStatus", { id: text("Id of the last rotation.") });

/** `machineSecrets` of @pulumiverse/talos has base64 of PEM. */
const pulumiversePair = (description: string) =>
  row(
    factsOf("MachineSecretsCertificate", {
      cert: text("Base64 of the PEM certificate."),
      key: secretText("Base64 of the PEM private key."),
    }),
    description,
  );

const MACHINE_SECRETS: Shape<Values> = factsOf(
  "MachineSecrets",
  {
    cluster: row(
      factsOf("MachineSecretsCluster", { id: text("Cluster id."), secret: text("Cluster secret.") }),
      "Identity of the cluster.",
    ),
    secrets: row(
      factsOf("MachineSecretsSecrets", {
        bootstrapToken: text("Bootstrap token."),
        secretboxEncryptionSecret: text("Encryption key.").asOptional(),
        aescbcEncryptionSecret: text("Encryption key of old clusters.").asOptional(),
      }),
      "Kubernetes secrets.",
    ),
    trustdinfo: row(factsOf("MachineSecretsTrustdInfo", { token: text("trustd token.") }), "trustd."),
    certs: row(
      factsOf("MachineSecretsCerts", {
        etcd: pulumiversePair("etcd CA."),
        k8s: pulumiversePair("Kubernetes CA."),
        k8sAggregator: pulumiversePair("Aggregator CA."),
        k8sServiceaccount: row(
          factsOf("MachineSecretsKey", { key: text("Base64 of the PEM key.") }),
          "Service account key.",
        ),
        os: pulumiversePair("OS CA."),
      }),
      "CAs and keys.",
    ),
  },
  "`machineSecrets` of @pulumiverse/talos: base64 of PEM.",
);

const BUNDLE_CA = factsOf("ClusterSecretsCA", {
  crt: text("Certificate, base64 of PEM."),
  key: secretText("Private key, base64 of PEM."),
});

const CLUSTER_SECRETS: Shape<Values> = verbatimFactsOf(
  "ClusterSecrets",
  {
    cluster: row(
      factsOf("ClusterSecretsCluster", { id: secretText("Cluster id."), secret: secretText("Cluster secret.") }),
      "Identity of the cluster for discovery.",
    ),
    secrets: row(
      factsOf("ClusterSecretsTokens", {
        bootstrapToken: secretText("Kubernetes bootstrap token."),
        secretboxEncryptionSecret: secretText("Key that encrypts Secrets in etcd.").asOptional(),
        aescbcEncryptionSecret: secretText("The same of clusters created with Talos v1.2 or before.").asOptional(),
      }),
      "Secrets of Kubernetes.",
    ),
    trustdinfo: row(factsOf("ClusterSecretsTrustd", { token: secretText("trustd token.") }), "Secrets of trustd."),
    certs: row(
      factsOf("ClusterSecretsCerts", {
        etcd: row(BUNDLE_CA, "etcd CA."),
        k8s: row(BUNDLE_CA, "Kubernetes CA."),
        k8saggregator: row(BUNDLE_CA, "Kubernetes aggregator CA."),
        k8sserviceaccount: row(
          factsOf("ClusterSecretsKey", { key: secretText("Private key, base64 of PEM.") }),
          "Key that signs Kubernetes service account tokens.",
        ),
        os: row(BUNDLE_CA, "OS CA."),
      }),
      "CAs and keys.",
    ),
    talosVersion: text("The version contract in force."),
    acceptedCAs: row(ACCEPTED_CAS, "CAs that nodes accept beside the issuing ones while a rotation lasts."),
    acceptedServiceAccountKeys: row(
      listOf(STRING),
      "Private keys of the accepted service account keys, PEM, while a rotation of that key lasts: nodes up to v1.13 need them.",
    )
      .asSecret()
      .asOptional(),
  },
  "A cluster's secrets: a `talosctl gen secrets` file, parsed, with what the other resources need beside it.",
);

const ROTATION_KEY = factsOf(
  "RotationKey",
  {
    publicKeyPem: text("The public key, PEM."),
    privateKeyPem: secretText("The private key, PEM."),
  },
  "The other service account key of a rotation under way: the next one at `accept`, the old one at `swap`.",
);

const ROTATION_SECRET = factsOf(
  "RotationSecret",
  {
    certificatePem: text("Certificate of the CA, PEM."),
    privateKeyPem: secretText("Its private key, PEM."),
  },
  "The other CA of a rotation under way: the next one at `accept`, the old one at `swap`.",
);

/** Outputs of TalosSecrets. */
export const OUTPUTS = {
  secretsYaml: secretText("The secrets bundle, as `talosctl gen secrets` writes it."),
  secrets: row(
    CLUSTER_SECRETS,
    "The same, structured, with `talosVersion` and `acceptedCAs`: what the other resources take.",
  ).asSecret(),
  rotationSecrets: row(
    verbatimFactsOf(
      "RotationSecrets",
      {
        ...byCA((name) => row(ROTATION_SECRET, `The other ${INVENTORY[name].title} CA.`).asOptional()),
        serviceAccount: row(ROTATION_KEY, "The other service account key.").asOptional(),
      },
      "The other CA or key of each rotation under way.",
    ),
    "The other CA or key of each rotation under way, with its private key: the next one at `accept`, the old one at `swap`.",
  ).asSecret(),
  machineSecrets: row(MACHINE_SECRETS, "The shape that @pulumiverse/talos takes as `machineSecrets`.").asSecret(),
  certificateAuthorities: row(
    factsOf(
      "CertificateAuthorities",
      byCA((name) => row(CA, `${INVENTORY[name].title} CA.`)),
    ),
    "Public facts of the issuing CAs.",
  ),
  acceptedCAs: row(ACCEPTED_CAS, "CAs that nodes accept beside the issuing ones while a rotation lasts."),
  trust: row(
    factsOf("Trust", {
      os: text("CAs of the Talos API to trust, issuing and accepted, PEM."),
      kubernetes: text("Kubernetes CAs to trust, issuing and accepted, PEM."),
      etcd: text("etcd CAs to trust, issuing and accepted, PEM.").asOptional(),
      aggregator: text("Aggregator CAs to trust, issuing and accepted, PEM.").asOptional(),
      serviceAccount: text("Public keys of service account tokens, signing and accepted, PEM.").asOptional(),
    }),
    "Everything to trust, for other stacks and data centres.",
  ),
  rotationStatus: row(
    factsOf("RotationStatus", {
      os: row(STAGED_STATUS, "OS CA."),
      kubernetes: row(STAGED_STATUS, "Kubernetes CA."),
      etcd: row(STAGED_STATUS, "etcd CA.").asOptional(),
      aggregator: row(STAGED_STATUS, "Aggregator CA.").asOptional(),
      serviceAccount: row(STAGED_STATUS, "Service account key; fingerprints are of public keys.").asOptional(),
      bootstrapToken: row(IMMEDIATE_STATUS, "Bootstrap token.").asOptional(),
      trustdToken: row(IMMEDIATE_STATUS, "trustd token.").asOptional(),
    }),
    "Where each rotation stands, and what to do next.",
  ),
  talosVersion: text("The version contract in force."),
  fingerprint: text("SHA-256 over the whole bundle, lower-case hex; not reversible."),
};

/** What TalosSecrets returns. */
export type SecretsOutputs = Outputs<typeof OUTPUTS>;

/** What a state holds of it. */
export type StoredSecrets = StoredOutputs<typeof OUTPUTS>;
