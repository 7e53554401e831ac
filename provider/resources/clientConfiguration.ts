import { endpointProblems, endpointWarnings, nodeProblems } from "../core/config/talosAddress";
import { createTalosconfig, formatTalosconfig } from "../core/config/talosconfig";
import type { Problem } from "../core/errors";
import { issueClientCertificate, TALOS_CLIENT_COMMON_NAME } from "../core/x509/clientCertificate";
import { encodeBase64 } from "../core/x509/pem";
import { PROFILES } from "../core/x509/profiles";
import { normalizeRoles, roleProblems, ROLES } from "../core/x509/roles";
import { defineResource } from "../engine/definition";
import { factsOf, listOf, row, secretText, STRING, text } from "../engine/rows";
import { isKnown, knownOr } from "../engine/unknown";
import {
  issuanceInputs,
  ISSUED_OUTPUTS,
  issuedOutputs,
  type Kind,
  planCertificate,
  readCertificate,
  REMEMBERED,
  SIGNER_INPUTS,
  signerInputProblems,
} from "./issuedCertificate";
import { TALOS_ROLE } from "./enumerations";
import { emptyNameProblems } from "./names";

const KIND: Kind = {
  profileName: "talosClient",
  profile: PROFILES.talosClient,
  signer: "os",
  commonName: TALOS_CLIENT_COMMON_NAME,
};

/** A talosconfig with a client certificate of the OS CA. */
export const ClientConfiguration = defineResource({
  name: "ClientConfiguration",
  description:
    "A talosconfig with a client certificate from the cluster's OS CA. The certificate is renewed in an ordinary `pulumi up` before it expires, and follows a rotation of the CA.",
  inputs: {
    ...SIGNER_INPUTS,
    clusterName: text("Name of the cluster.").asRequired(),
    endpoints: row(listOf(STRING), "Addresses of control planes that talosctl calls. A change keeps the certificate."),
    nodes: row(listOf(STRING), "Nodes that talosctl asks by default. A change keeps the certificate."),
    contextName: text("Name of the context. Default: the cluster's."),
    roles: row(listOf(TALOS_ROLE), `Talos roles of the client: ${ROLES.join(", ")}.`).withDefault(["os:admin"]),
    ...issuanceInputs(KIND),
  },
  outputs: {
    talosconfig: secretText("The talosconfig, YAML."),
    clientKeyPem: secretText("Private key of the client, PEM."),
    clientConfiguration: row(
      factsOf("ClientConfigurationData", {
        caCertificate: text("Base64 of the PEM of the CAs to trust."),
        clientCertificate: text("Base64 of the PEM of the client certificate."),
        clientKey: secretText("Base64 of the PEM of the private key."),
      }),
      "The same in base64, as @pulumiverse/talos takes it.",
    ).asSecret(),
    clientCertificatePem: text("The client certificate, PEM."),
    roles: row(listOf(STRING), "Roles in the certificate, sorted."),
    ...ISSUED_OUTPUTS,
  },
  remembered: [...REMEMBERED, "roles"],
  decidesFrom: "state",

  plan({ inputs, previous, isConfigured }, context) {
    const { roles, endpoints, nodes } = inputs;
    const known = (list: typeof nodes): readonly string[] => knownOr(list) ?? [];
    const problems: Problem[] = [
      ...signerInputProblems(inputs),
      ...(isKnown(roles) ? roleProblems(roles, "roles") : []),
      ...endpointProblems(known(endpoints), "endpoints"),
      ...nodeProblems(known(nodes), "nodes"),
      ...emptyNameProblems({ clusterName: inputs.clusterName, contextName: inputs.contextName }),
    ];
    return planCertificate(
      KIND,
      {
        inputs,
        previous,
        contents: (of) => ({ roles: isKnown(of.roles) ? normalizeRoles(of.roles) : of.roles }),
        problems,
        reports: endpointWarnings(known(endpoints), "endpoints"),
        keep: isConfigured("roles") && isKnown(roles) ? { roles: normalizeRoles(roles) } : {},
      },
      context,
    );
  },
  async apply({ inputs, decision, previous }, { environment, pems }) {
    const roles = normalizeRoles(inputs.roles);
    const issued = decision.reissues
      ? await issueClientCertificate({ ...decision.options, roles }, environment)
      : undefined;
    const clientCertificatePem = issued?.certificate.pem ?? previous?.clientCertificatePem ?? "";
    const clientKeyPem = issued?.key.pem ?? previous?.clientKeyPem ?? "";
    const certificate = pems.certificate(clientCertificatePem, "clientCertificatePem");
    const { signer } = decision;
    const caCertificatesPem = [signer.authority.certificate.pem, ...signer.accepted];
    const talosconfig = createTalosconfig({
      contextName: inputs.contextName ?? inputs.clusterName,
      endpoints: inputs.endpoints ?? [],
      nodes: inputs.nodes ?? [],
      caCertificatesPem,
      clientCertificatePem,
      clientKeyPem,
    });
    return {
      id: certificate.serialNumber,
      outputs: {
        talosconfig: formatTalosconfig(talosconfig),
        clientKeyPem,
        clientConfiguration: {
          caCertificate: encodeBase64(caCertificatesPem.join("")),
          clientCertificate: encodeBase64(clientCertificatePem),
          clientKey: encodeBase64(clientKeyPem),
        },
        clientCertificatePem,
        roles,
        ...issuedOutputs(certificate, signer, decision.earlyRenewalHours, environment.now()),
      },
    };
  },
  read: ({ outputs, inputs }, context) =>
    readCertificate(outputs.clientCertificatePem, inputs.earlyRenewalHours, context),
});
