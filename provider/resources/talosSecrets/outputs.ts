import { type Properties, type Property, type PropertyType, STRING, STRINGS } from "../schema";

const object = (name: string, properties: Properties): PropertyType => ({ kind: "object", name, properties });
const text = (description: string): Property => ({ type: STRING, description });

const pair = (name: string, description: string): Property => ({
  type: object(name, {
    cert: text("Base64 of the PEM certificate."),
    key: { ...text("Base64 of the PEM private key."), secret: true },
  }),
  description,
});

const AUTHORITY = object("CertificateAuthorityInfo", {
  certificatePem: text("The certificate, PEM."),
  fingerprint: text("SHA-256 of the certificate's DER, lower-case hex."),
  subject: text("Subject of the certificate."),
  algorithm: text("Kind of the key."),
  serialNumber: text("Serial number, lower-case hex."),
  notBefore: text("Start of validity, RFC 3339 UTC."),
  notAfter: text("End of validity, RFC 3339 UTC."),
});

const STAGED_STATUS = object("StagedRotationStatus", {
  id: text("Id of the rotation under way, or of the last."),
  stage: text("`none`, `accept`, `swap`, `finish` or `abort`."),
  issuing: text("Fingerprint of the issuing authority."),
  accepted: { type: STRINGS, description: "Fingerprints of the authorities accepted beside it." },
  next: text("Fingerprint of the authority that will issue, at stage `accept`."),
  retired: { type: STRINGS, description: "Fingerprints of authorities that have issued before." },
  spentIds: { type: STRINGS, description: "Ids that cannot be used again." },
  todo: text("What to do next."),
});

const IMMEDIATE_STATUS = object("ImmediateRotationStatus", { id: text("Id of the last rotation.") });

const CERTIFICATES_BY_CLUSTER_PART: PropertyType = object("AcceptedCAs", {
  os: { type: STRINGS, description: "Authorities of the Talos API, PEM." },
  kubernetes: { type: STRINGS, description: "Kubernetes authorities, PEM." },
});

/** Outputs of TalosSecrets. */
export const OUTPUTS: Properties = {
  secretsYaml: { type: STRING, description: "The secrets bundle, as `talosctl gen secrets` writes it.", secret: true },
  secrets: {
    type: { kind: "map", value: { kind: "any" } },
    description: "The same, structured, with `talosVersion` and `acceptedCAs`: what the other resources take.",
    secret: true,
  },
  rotationSecrets: {
    type: { kind: "map", value: { kind: "any" } },
    description:
      "The other authority of each rotation under way, with its key: the next one at `accept`, the old one at `swap`.",
    secret: true,
  },
  machineSecrets: {
    type: object("MachineSecrets", {
      cluster: {
        type: object("MachineSecretsCluster", { id: text("Cluster id."), secret: text("Cluster secret.") }),
        description: "Identity of the cluster.",
      },
      secrets: {
        type: object("MachineSecretsSecrets", {
          bootstrapToken: text("Bootstrap token."),
          secretboxEncryptionSecret: text("Encryption key."),
          aescbcEncryptionSecret: text("Encryption key of old clusters."),
        }),
        description: "Kubernetes secrets.",
      },
      trustdinfo: {
        type: object("MachineSecretsTrustdInfo", { token: text("trustd token.") }),
        description: "trustd.",
      },
      certs: {
        type: object("MachineSecretsCerts", {
          etcd: pair("MachineSecretsCertificate", "etcd authority."),
          k8s: pair("MachineSecretsCertificate", "Kubernetes authority."),
          k8sAggregator: pair("MachineSecretsCertificate", "Aggregator authority."),
          k8sServiceaccount: {
            type: object("MachineSecretsKey", { key: text("Base64 of the PEM key.") }),
            description: "Service account key.",
          },
          os: pair("MachineSecretsCertificate", "OS authority."),
        }),
        description: "Authorities and keys.",
      },
    }),
    description: "The shape that @pulumiverse/talos takes as `machineSecrets`.",
    secret: true,
  },
  certificateAuthorities: {
    type: object("CertificateAuthorities", {
      os: { type: AUTHORITY, description: "Authority of the Talos API." },
      kubernetes: { type: AUTHORITY, description: "Kubernetes authority." },
      etcd: { type: AUTHORITY, description: "etcd authority." },
      aggregator: { type: AUTHORITY, description: "Kubernetes aggregator authority." },
    }),
    description: "Public facts of the issuing authorities.",
  },
  acceptedCAs: {
    type: CERTIFICATES_BY_CLUSTER_PART,
    description: "Authorities that nodes accept beside the issuing ones while a rotation lasts.",
  },
  trust: {
    type: object("Trust", {
      os: text("Authorities of the Talos API to trust, issuing and accepted, PEM."),
      kubernetes: text("Kubernetes authorities to trust, issuing and accepted, PEM."),
    }),
    description: "Everything to trust, for other stacks and data centres.",
  },
  rotationStatus: {
    type: object("RotationStatus", {
      os: { type: STAGED_STATUS, description: "OS authority." },
      kubernetes: { type: STAGED_STATUS, description: "Kubernetes authority." },
      aggregator: { type: IMMEDIATE_STATUS, description: "Aggregator authority." },
      serviceAccount: { type: IMMEDIATE_STATUS, description: "Service account key." },
      bootstrapToken: { type: IMMEDIATE_STATUS, description: "Bootstrap token." },
      trustdToken: { type: IMMEDIATE_STATUS, description: "trustd token." },
    }),
    description: "Where each rotation stands, and what to do next.",
  },
  talosVersion: { type: STRING, description: "The version contract in force." },
  fingerprint: { type: STRING, description: "SHA-256 over the whole bundle, lower-case hex; not reversible." },
};
