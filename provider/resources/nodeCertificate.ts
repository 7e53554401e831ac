import { parseCertificateRequest } from "../core/x509/certificateRequest";
import { PROFILES } from "../core/x509/profiles";
import {
  issueServerCertificate,
  NAMELESS,
  NAMELESS_REQUEST,
  signCertificateRequest,
  TALOS_NODE_COMMON_NAME,
} from "../core/x509/serverCertificate";
import { subjectAltNameProblems } from "../core/x509/subjectAltNames";
import { PkiError, type Problem } from "../core/errors";
import { canonicalIpAddress } from "../core/ipAddress";
import type { Host, Values } from "./definition";
import { leafDefinition, nameProblems } from "./leaf";
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
  normalize: ({ ipAddresses, dnsNames }) => ({
    ...(isKnownList(ipAddresses)
      ? { ipAddresses: distinct(ipAddresses.map((address) => canonicalIpAddress(address) ?? address)) }
      : {}),
    ...(isKnownList(dnsNames) ? { dnsNames: distinct(dnsNames) } : {}),
  }),
  async issue(inputs, common, host) {
    const options = {
      ...common,
      dnsNames: (inputs["dnsNames"] as string[] | undefined) ?? [],
      ipAddresses: (inputs["ipAddresses"] as string[] | undefined) ?? [],
    };
    if (typeof inputs["csrPem"] === "string") {
      const csr = await parseCertificateRequest(inputs["csrPem"], "csrPem", host.environment);
      const signed = await signCertificateRequest({ ...options, csr }, host.environment);
      return { certificatePem: signed.certificate.pem, privateKeyPem: undefined };
    }
    const issued = await issueServerCertificate(options, host.environment);
    return { certificatePem: issued.certificate.pem, privateKeyPem: issued.key.pem };
  },
  render: () => ({}),
});

const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort();

const isKnownList = (names: unknown): names is readonly string[] => Array.isArray(names) && !holdsUnknown(names);

async function checkInputs(inputs: Values, host: Host): Promise<Problem[]> {
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
  const isNameless = [ipAddresses, dnsNames].every(
    (names) => names === undefined || (Array.isArray(names) && names.length === 0),
  );
  if (csrPem === undefined) return isNameless ? [...problems, NAMELESS] : problems;
  if (algorithm !== undefined) {
    problems.push({
      code: "ERR_INPUT_INVALID",
      path: "algorithm",
      message: "is given beside csrPem, whose key is made already; expected one of the two",
    });
  }
  if (typeof csrPem === "string" && !holdsUnknown(csrPem))
    problems.push(...(await requestProblems(csrPem, isNameless, inputs["commonName"], host)));
  return problems;
}

async function requestProblems(text: string, isNameless: boolean, commonName: unknown, host: Host): Promise<Problem[]> {
  try {
    const request = await parseCertificateRequest(text, "csrPem", host.environment);
    const ownName = commonName === undefined ? nameProblems(request.commonName, "csrPem") : [];
    if (isNameless && request.dnsNames.length + request.ipAddresses.length === 0) return [...ownName, NAMELESS_REQUEST];
    return [...ownName, ...subjectAltNameProblems(request).map((problem) => ({ ...problem, path: "csrPem" }))];
  } catch (error) {
    if (error instanceof PkiError) return [...error.problems];
    throw error;
  }
}
