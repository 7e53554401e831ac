import { endpointProblems, endpointWarnings, nodeProblems } from "../core/config/talosAddress";
import { createTalosconfig, formatTalosconfig } from "../core/config/talosconfig";
import { issueClientCertificate, TALOS_CLIENT_COMMON_NAME } from "../core/x509/clientCertificate";
import { encodeBase64 } from "../core/x509/pem";
import { PROFILES } from "../core/x509/profiles";
import { normalizeRoles, roleProblems, ROLES } from "../core/x509/roles";
import { describeProblem, type Problem } from "../core/errors";
import type { Values } from "./definition";
import { leafDefinition } from "./leaf";
import { STRING, STRINGS } from "./schema";
import { holdsUnknown } from "./wire";

const DEFAULT_ROLES = ["os:admin"];

/** A talosconfig with a client certificate of the OS authority. */
export const ClientConfiguration = leafDefinition({
  name: "ClientConfiguration",
  description:
    "A talosconfig with a client certificate from the cluster's OS authority. The certificate is renewed in an ordinary `pulumi up` before it expires, and follows a rotation of the authority.",
  profile: PROFILES.talosClient,
  signer: "os",
  takesAuthority: true,
  defaultCommonName: TALOS_CLIENT_COMMON_NAME,
  inputs: {
    clusterName: { type: STRING, description: "Name of the cluster.", required: true },
    endpoints: {
      type: STRINGS,
      description: "Addresses of control planes that talosctl calls. A change keeps the certificate.",
    },
    nodes: {
      type: STRINGS,
      description: "Nodes that talosctl asks by default. A change keeps the certificate.",
    },
    contextName: { type: STRING, description: "Name of the context. Default: the cluster's." },
    roles: {
      type: { kind: "list", item: { kind: "enum", values: ROLES, code: "ERR_ROLE_UNKNOWN" } },
      description: `Talos roles of the client: ${ROLES.join(", ")}.`,
      default: "os:admin",
    },
  },
  outputs: {
    talosconfig: { type: STRING, description: "The talosconfig, YAML.", secret: true },
    clientKeyPem: { type: STRING, description: "Private key of the client, PEM.", secret: true },
    clientConfiguration: {
      type: {
        kind: "object",
        name: "ClientConfigurationData",
        properties: {
          caCertificate: { type: STRING, description: "Base64 of the PEM of the authorities to trust." },
          clientCertificate: { type: STRING, description: "Base64 of the PEM of the client certificate." },
          clientKey: { type: STRING, description: "Base64 of the PEM of the private key.", secret: true },
        },
      },
      description: "The same in base64, as @pulumiverse/talos takes it.",
      secret: true,
    },
    clientCertificatePem: { type: STRING, description: "The client certificate, PEM." },
    roles: { type: STRINGS, description: "Roles in the certificate, sorted." },
  },
  parts: { roles: DEFAULT_ROLES },
  checkInputs,
  notices: (inputs) => endpointWarnings(knownTexts(inputs["endpoints"]), "endpoints").map(describeProblem),
  normalize: ({ roles }) =>
    Array.isArray(roles) && !holdsUnknown(roles) ? { roles: normalizeRoles(roles as string[]) } : {},
  async issue(inputs, options, host) {
    const { certificate, key } = await issueClientCertificate(
      { ...options, roles: (inputs["roles"] as string[] | undefined) ?? DEFAULT_ROLES },
      host.environment,
    );
    return { certificatePem: certificate.pem, privateKeyPem: key.pem };
  },
  render(inputs, material, signer) {
    const caCertificatesPem = [signer.authority.certificate.pem, ...signer.accepted];
    const clientKeyPem = material.privateKeyPem ?? "";
    const talosconfig = createTalosconfig({
      contextName: String(inputs["contextName"] ?? inputs["clusterName"]),
      endpoints: (inputs["endpoints"] as string[] | undefined) ?? [],
      nodes: (inputs["nodes"] as string[] | undefined) ?? [],
      caCertificatesPem,
      clientCertificatePem: material.certificatePem,
      clientKeyPem,
    });
    return {
      talosconfig: formatTalosconfig(talosconfig),
      clientConfiguration: {
        caCertificate: encodeBase64(caCertificatesPem.join("")),
        clientCertificate: encodeBase64(material.certificatePem),
        clientKey: encodeBase64(clientKeyPem),
      },
      roles: normalizeRoles((inputs["roles"] as string[] | undefined) ?? DEFAULT_ROLES),
    };
  },
});

/** A list of which all is known. */
const knownTexts = (value: unknown): readonly string[] =>
  Array.isArray(value) && !holdsUnknown(value) ? (value as string[]) : [];

function checkInputs(inputs: Values): Problem[] {
  const roles = inputs["roles"];
  const problems: Problem[] =
    roles === undefined || holdsUnknown(roles) ? [] : roleProblems(roles as string[], "roles");
  problems.push(
    ...endpointProblems(knownTexts(inputs["endpoints"]), "endpoints"),
    ...nodeProblems(knownTexts(inputs["nodes"]), "nodes"),
  );
  for (const name of ["clusterName", "contextName"]) {
    if (inputs[name] === "")
      problems.push({ code: "ERR_INPUT_MISSING", path: name, message: "is empty; expected a name" });
  }
  return problems;
}
