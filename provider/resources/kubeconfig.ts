import { formatKubeconfig, namespaceProblems } from "../core/config/kubeconfig";
import { checkClusterEndpoint } from "../core/config/clusterEndpoint";
import { describeProblem, type Problem } from "../core/errors";
import { issueKubernetesClientCertificate, KUBERNETES_ADMIN } from "../core/x509/kubernetesClientCertificate";
import { PROFILES } from "../core/x509/profiles";
import type { Values } from "./definition";
import { leafDefinition, nameProblems } from "./leaf";
import { STRING, STRINGS } from "./schema";
import { holdsUnknown } from "./wire";

const organizationsOf = (inputs: Values): readonly string[] =>
  (inputs["organizations"] as string[] | undefined) ?? KUBERNETES_ADMIN.organizations;

/** An admin kubeconfig, issued offline. */
export const Kubeconfig = leafDefinition({
  name: "Kubeconfig",
  description:
    "An admin kubeconfig issued offline from the cluster's Kubernetes authority, as `talosctl kubeconfig` gets it from a control plane.",
  profile: PROFILES.kubernetesAdmin,
  signer: "k8s",
  takesAuthority: false,
  defaultCommonName: KUBERNETES_ADMIN.commonName,
  inputs: {
    clusterName: { type: STRING, description: "Name of the cluster.", required: true },
    clusterEndpoint: { type: STRING, description: "URL of the Kubernetes API, `https://host:6443`.", required: true },
    organizations: { type: STRINGS, description: "Kubernetes groups of the user.", default: "system:masters" },
    namespace: { type: STRING, description: "Namespace of the context.", default: "default" },
  },
  outputs: {
    kubeconfig: { type: STRING, description: "The kubeconfig, YAML.", secret: true },
    clientKeyPem: { type: STRING, description: "Private key of the user, PEM.", secret: true },
    clientCertificatePem: { type: STRING, description: "The user's certificate, PEM." },
  },
  parts: { organizations: KUBERNETES_ADMIN.organizations },
  checkInputs,
  notices: ({ clusterEndpoint }) =>
    typeof clusterEndpoint === "string" && !holdsUnknown(clusterEndpoint)
      ? checkClusterEndpoint(clusterEndpoint).warnings.map(describeProblem)
      : [],
  normalize: ({ organizations }) =>
    Array.isArray(organizations) && !holdsUnknown(organizations)
      ? { organizations: [...new Set(organizations as string[])].sort() }
      : {},
  async issue(inputs, options, host) {
    const { certificate, key } = await issueKubernetesClientCertificate(
      { ...options, organizations: organizationsOf(inputs) },
      host.environment,
    );
    return { certificatePem: certificate.pem, privateKeyPem: key.pem };
  },
  render: (inputs, material, signer) => ({
    kubeconfig: formatKubeconfig({
      clusterName: String(inputs["clusterName"]),
      clusterEndpoint: String(inputs["clusterEndpoint"]),
      // Talos writes accepted authorities before the issuing one (siderolabs/talos pkg/kubeconfig/generate.go, v1.13).
      caCertificatesPem: [...signer.accepted, signer.authority.certificate.pem],
      clientCertificatePem: material.certificatePem,
      clientKeyPem: material.privateKeyPem ?? "",
      ...(typeof inputs["namespace"] === "string" ? { namespace: inputs["namespace"] } : {}),
      userName: (inputs["commonName"] as string | undefined) ?? KUBERNETES_ADMIN.commonName,
    }),
  }),
});

function checkInputs(inputs: Values): Problem[] {
  const problems: Problem[] = [];
  const { clusterEndpoint, namespace, organizations } = inputs;
  for (const name of ["clusterName", "namespace", "commonName"]) {
    if (inputs[name] === "")
      problems.push({ code: "ERR_INPUT_MISSING", path: name, message: "is empty; expected a name" });
  }
  if (typeof namespace === "string" && !holdsUnknown(namespace))
    problems.push(...namespaceProblems(namespace, "namespace"));
  if (!holdsUnknown(clusterEndpoint)) problems.push(...checkClusterEndpoint(String(clusterEndpoint)).problems);
  if (Array.isArray(organizations) && !holdsUnknown(organizations)) {
    organizations.forEach((group, index) => {
      const path = `organizations[${index}]`;
      if (group === "")
        problems.push({ code: "ERR_INPUT_MISSING", path, message: "is empty; expected a Kubernetes group" });
      else problems.push(...nameProblems(group, path));
    });
  }
  return problems;
}
