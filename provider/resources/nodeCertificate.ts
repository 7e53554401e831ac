import type { Problem } from "../core/errors";
import { PROFILES } from "../core/x509/profiles";
import { issueServerCertificate, signCertificateRequest, TALOS_NODE_COMMON_NAME } from "../core/x509/serverCertificate";
import { subjectAltNameProblems } from "../core/x509/subjectAltNames";
import type { KeyAlgorithm } from "../core/x509/algorithms";
import { holdsPrivateKey, parsePem } from "../core/x509/pem";
import { PkiError } from "../core/errors";
import type { Values } from "./definition";
import { leafDefinition } from "./leaf";
import { STRING, STRINGS } from "./schema";
import { holdsUnknown } from "./wire";

/** A server certificate of the OS authority, as a node's own. */
export const NodeCertificate = leafDefinition({
  name: "NodeCertificate",
  description: "A server certificate from the cluster's OS authority, like the one a Talos node serves its API with.",
  profile: PROFILES.talosServer,
  signer: "os",
  takesAuthority: true,
  defaultCommonName: TALOS_NODE_COMMON_NAME,
  inputs: {
    ipAddresses: { type: STRINGS, description: "IP addresses of the node (subject alternative names)." },
    dnsNames: { type: STRINGS, description: "DNS names of the node (subject alternative names)." },
    csrPem: {
      type: STRING,
      description:
        "A certificate signing request, PEM; then no key is made here. Its names are kept, its organizations dropped.",
    },
  },
  outputs: {
    certificatePem: { type: STRING, description: "The certificate, PEM." },
    privateKeyPem: { type: STRING, description: "Its private key, PEM; absent with `csrPem`.", secret: true },
  },
  parts: { ipAddresses: undefined, dnsNames: undefined, csrPem: undefined },
  checkInputs,
  async issue(inputs, certificateAuthority, issuedAt, hours, host) {
    const options = {
      certificateAuthority,
      issuedAt,
      // A string keeps fractions of an hour; the resource has checked it already.
      validityPeriodHours: `${Math.round(hours * 3600)}s`,
      ...(typeof inputs["commonName"] === "string" ? { commonName: inputs["commonName"] } : {}),
      dnsNames: (inputs["dnsNames"] as string[] | undefined) ?? [],
      ipAddresses: (inputs["ipAddresses"] as string[] | undefined) ?? [],
    };
    if (typeof inputs["csrPem"] === "string") {
      const signed = await signCertificateRequest({ ...options, csr: inputs["csrPem"] }, host.environment);
      return { certificatePem: signed.certificate.pem, privateKeyPem: undefined };
    }
    const algorithm = inputs["algorithm"] as KeyAlgorithm | undefined;
    const issued = await issueServerCertificate(
      { ...options, ...(algorithm === undefined ? {} : { algorithm }) },
      host.environment,
    );
    return { certificatePem: issued.certificate.pem, privateKeyPem: issued.key.pem };
  },
  render: () => ({}),
  idOf: (_inputs, certificate) => certificate.serialNumber,
});

function checkInputs(inputs: Values): Problem[] {
  const { ipAddresses, dnsNames, csrPem, algorithm } = inputs;
  const problems: Problem[] = [];
  if (!holdsUnknown([ipAddresses, dnsNames])) {
    problems.push(
      ...subjectAltNameProblems({
        ipAddresses: (ipAddresses as string[] | undefined) ?? [],
        dnsNames: (dnsNames as string[] | undefined) ?? [],
      }),
    );
  }
  if (csrPem === undefined) {
    const none = [ipAddresses, dnsNames].every(
      (names) => names === undefined || (Array.isArray(names) && names.length === 0),
    );
    if (none) {
      problems.push({
        code: "ERR_INPUT_MISSING",
        path: "ipAddresses",
        message: "no name at all is given; expected an entry in ipAddresses or dnsNames (clients look at nothing else)",
      });
    }
    return problems;
  }
  if (algorithm !== undefined) {
    problems.push({
      code: "ERR_INPUT_INVALID",
      path: "algorithm",
      message: "is given beside csrPem, whose key is made already; expected one of the two",
    });
  }
  if (typeof csrPem === "string" && !holdsUnknown(csrPem)) problems.push(...requestProblems(csrPem));
  return problems;
}

/** What can be seen without verifying the request's signature, which the issuer does. */
function requestProblems(text: string): Problem[] {
  if (holdsPrivateKey(text)) {
    return [
      {
        code: "ERR_PRIVATE_KEY_GIVEN",
        path: "csrPem",
        message: "holds a private key; expected a certificate signing request only",
      },
    ];
  }
  try {
    parsePem(text, "csrPem");
    return [];
  } catch (error) {
    if (error instanceof PkiError) return [...error.problems];
    throw error;
  }
}
