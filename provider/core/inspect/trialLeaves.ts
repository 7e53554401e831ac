import type { AuthorityName } from "../secrets/types";
import type { SubjectName } from "../x509/name";
import { type CertificateProfile, PROFILES } from "../x509/profiles";
import type { SubjectAltNames } from "../x509/subjectAltNames";
import { KUBERNETES_ADMIN } from "../x509/kubernetesClientCertificate";
import type { NodeNames } from "./nodeNames";
import type { ChainPurpose } from "./purposes";

/** A kind of certificate that a CA of a cluster issues, and those who verify it. */
export interface TrialLeaf {
  /** The holders, in the plural. */
  readonly noun: string;
  readonly profile: CertificateProfile;
  readonly subject: SubjectName;
  /** The names that every certificate of this kind has, with those of its node; absent for clients, which have none. */
  readonly names?: (node: NodeNames) => Required<SubjectAltNames>;
  /** Each is verified. */
  readonly purposes: readonly ChainPurpose[];
}

/** The key usages of the Kubernetes administrator are those of every certificate but Talos's own. */
const CLIENT: CertificateProfile = PROFILES.kubernetesAdmin;
const SERVER: CertificateProfile = { ...CLIENT, extendedKeyUsages: ["serverAuth"] };
const MEMBER: CertificateProfile = { ...CLIENT, extendedKeyUsages: ["serverAuth", "clientAuth"] };

const ofNode = ({ hostname, address }: NodeNames): Required<SubjectAltNames> => ({
  dnsNames: [hostname],
  ipAddresses: [address],
});

const kubernetesClient = (noun: string, subject: SubjectName): TrialLeaf => ({
  noun,
  profile: CLIENT,
  subject,
  purposes: ["kubernetesClient"],
});

/**
 * What Talos and Kubernetes have each CA of a cluster sign. Sources: siderolabs/talos
 * internal/app/machined/pkg/controllers/secrets (api.go, api_cert_sans.go, kubernetes_dynamic_certs.go,
 * kubernetes_cert_sans.go) and internal/pkg/etcd/certs.go, v1.13; kubernetes/kubernetes
 * pkg/controller/certificates/signer.
 */
export const TRIAL_LEAVES: Readonly<Record<AuthorityName, readonly TrialLeaf[]>> = {
  os: [
    {
      noun: "Talos API clients",
      profile: PROFILES.talosClient,
      subject: { organizations: ["os:admin"] },
      purposes: ["client"],
    },
    {
      noun: "nodes that call other nodes",
      profile: PROFILES.talosClient,
      subject: { organizations: ["os:impersonator"], commonName: "node" },
      purposes: ["client"],
    },
    {
      noun: "nodes",
      profile: PROFILES.talosServer,
      subject: { commonName: "node" },
      names: ofNode,
      purposes: ["server"],
    },
  ],
  kubernetes: [
    {
      noun: "API servers",
      profile: SERVER,
      subject: { organizations: ["kube-master"], commonName: "kube-apiserver" },
      names: ({ hostname, address }) => ({
        dnsNames: ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost", hostname],
        ipAddresses: ["127.0.0.1", address],
      }),
      purposes: ["server"],
    },
    kubernetesClient("API servers that call kubelets", {
      organizations: ["system:masters"],
      commonName: "apiserver-kubelet-client",
    }),
    kubernetesClient("kubelets", { organizations: ["system:nodes"], commonName: "system:node:node" }),
    kubernetesClient("administrators", { ...KUBERNETES_ADMIN }),
  ],
  etcd: [
    {
      noun: "etcd servers",
      profile: MEMBER,
      subject: { commonName: "node" },
      names: ({ hostname, address }) => ({
        dnsNames: [hostname, "localhost"],
        ipAddresses: ["127.0.0.1", "::1", address],
      }),
      purposes: ["server", "kubernetesClient"],
    },
    {
      noun: "etcd peers",
      profile: MEMBER,
      subject: { commonName: "node" },
      names: ofNode,
      purposes: ["server", "kubernetesClient"],
    },
    kubernetesClient("etcd clients", { commonName: "kube-apiserver" }),
  ],
  aggregator: [kubernetesClient("the API server's front proxy", { commonName: "front-proxy-client" })],
};

/** The leaves that a resource issues itself; its profile names them. */
export const RESOURCE_LEAVES = {
  talosClient: TRIAL_LEAVES.os[0]!,
  talosServer: TRIAL_LEAVES.os[2]!,
  kubernetesAdmin: TRIAL_LEAVES.kubernetes[3]!,
} as const;

/** What an accepted CA is accepted for, whichever CA it stands beside. */
export const ACCEPTED_LEAVES = {
  client: kubernetesClient("clients", {}),
  server: { ...TRIAL_LEAVES.os[2]!, noun: "servers" },
} as const;
