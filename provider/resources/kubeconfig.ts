import { checkClusterEndpoint } from "../core/config/clusterEndpoint";
import { formatKubeconfig, namespaceProblems } from "../core/config/kubeconfig";
import type { Problem } from "../core/errors";
import { issueKubernetesClientCertificate, KUBERNETES_ADMIN } from "../core/x509/kubernetesClientCertificate";
import { nameValueProblems } from "../core/x509/name";
import { PROFILES } from "../core/x509/profiles";
import { defineResource } from "../engine/definition";
import { listOf, row, secretText, STRING, text } from "../engine/rows";
import { isKnown } from "../engine/unknown";
import { clusterSecrets } from "./clusterSecrets";
import {
  issuanceInputs,
  ISSUED_OUTPUTS,
  issuedOutputs,
  type Kind,
  planCertificate,
  readCertificate,
  REMEMBERED,
} from "./issuedCertificate";
import { emptyNameProblems } from "./names";

const KIND: Kind = {
  profileName: "kubernetesAdmin",
  profile: PROFILES.kubernetesAdmin,
  signer: "kubernetes",
  commonName: KUBERNETES_ADMIN.commonName,
};

/** An admin kubeconfig, issued offline. */
export const Kubeconfig = defineResource({
  name: "Kubeconfig",
  description:
    "An admin kubeconfig issued offline from the cluster's Kubernetes CA, as `talosctl kubeconfig` gets it from a control plane.",
  inputs: {
    secrets: clusterSecrets().asRequired(),
    clusterName: text("Name of the cluster.").asRequired(),
    clusterEndpoint: text("URL of the Kubernetes API, `https://host:6443`.").asRequired(),
    organizations: row(listOf(STRING), "Kubernetes groups of the user.").withDefault(KUBERNETES_ADMIN.organizations),
    namespace: text("Namespace of the context.").withDocumentedDefault("default"),
    ...issuanceInputs(KIND),
  },
  outputs: {
    kubeconfig: secretText("The kubeconfig, YAML."),
    clientKeyPem: secretText("Private key of the user, PEM."),
    clientCertificatePem: text("The user's certificate, PEM."),
    ...ISSUED_OUTPUTS,
  },
  remembered: [...REMEMBERED, "organizations"],
  decidesFrom: "state",

  plan({ inputs, previous, isConfigured }, context) {
    const { clusterEndpoint, organizations, namespace } = inputs;
    const endpoint = isKnown(clusterEndpoint) ? checkClusterEndpoint(clusterEndpoint) : undefined;
    const { clusterName, commonName } = inputs;
    const problems: Problem[] = [
      ...emptyNameProblems({ clusterName, namespace, commonName }),
      ...(namespace !== undefined && isKnown(namespace) ? namespaceProblems(namespace, "namespace") : []),
      ...(endpoint?.problems ?? []),
      ...(isKnown(organizations) ? organizations.flatMap(groupProblems) : []),
    ];
    const sorted = (groups: typeof organizations): typeof organizations =>
      isKnown(groups) ? [...new Set(groups)].sort() : groups;
    return planCertificate(
      KIND,
      {
        inputs,
        previous,
        contents: (of) => ({ organizations: sorted(of.organizations) }),
        problems,
        reports: endpoint?.warnings ?? [],
        keep: isConfigured("organizations") && isKnown(organizations) ? { organizations: sorted(organizations) } : {},
      },
      context,
    );
  },
  async apply({ inputs, decision, previous }, { environment, pems }) {
    const organizations = [...new Set(inputs.organizations)].sort();
    const issued = decision.reissues
      ? await issueKubernetesClientCertificate({ ...decision.options, organizations }, environment)
      : undefined;
    const clientCertificatePem = issued?.certificate.pem ?? previous?.clientCertificatePem ?? "";
    const clientKeyPem = issued?.key.pem ?? previous?.clientKeyPem ?? "";
    const certificate = pems.certificate(clientCertificatePem, "clientCertificatePem");
    const { signer } = decision;
    const { clusterName, clusterEndpoint, commonName: userName = KIND.commonName, namespace } = inputs;
    return {
      id: certificate.serialNumber,
      outputs: {
        kubeconfig: formatKubeconfig({
          clusterName,
          clusterEndpoint,
          // Talos writes accepted CAs before the issuing one (siderolabs/talos pkg/kubeconfig/generate.go, v1.13).
          caCertificatesPem: [...signer.accepted, signer.authority.certificate.pem],
          clientCertificatePem,
          clientKeyPem,
          ...(namespace === undefined ? {} : { namespace }),
          userName,
        }),
        clientKeyPem,
        clientCertificatePem,
        ...issuedOutputs(certificate, signer, decision.earlyRenewalHours, environment.now()),
      },
    };
  },
  read: ({ outputs, inputs }, context) =>
    readCertificate(outputs.clientCertificatePem, inputs.earlyRenewalHours, context),
});

function groupProblems(group: string, index: number): Problem[] {
  const path = `organizations[${index}]`;
  return group === ""
    ? [{ code: "ERR_INPUT_MISSING", path, message: "is empty; must be a Kubernetes group" }]
    : nameValueProblems(group, path);
}
