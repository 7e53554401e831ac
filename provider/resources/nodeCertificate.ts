import { PkiError, type Problem } from "../core/errors";
import { canonicalIpAddress } from "../core/ipAddress";
import { type CertificateRequest, parseCertificateRequest } from "../core/x509/certificateRequest";
import { nameValueProblems } from "../core/x509/name";
import { PROFILES } from "../core/x509/profiles";
import {
  issueServerCertificate,
  NAMELESS,
  NAMELESS_REQUEST,
  signCertificateRequest,
  TALOS_NODE_COMMON_NAME,
} from "../core/x509/serverCertificate";
import { subjectAltNameProblems } from "../core/x509/subjectAltNames";
import { defineResource } from "../engine/definition";
import type { Context } from "../engine/ports";
import { listOf, row, secretText, STRING, text } from "../engine/rows";
import { isKnown, type Unknown } from "../engine/unknown";
import {
  issuanceInputs,
  ISSUED_OUTPUTS,
  issuedOutputs,
  type Issuance,
  type Kind,
  planCertificate,
  readCertificate,
  REMEMBERED,
  SIGNER_INPUTS,
  signerInputProblems,
} from "./issuedCertificate";

const KIND: Kind = {
  profileName: "talosServer",
  profile: PROFILES.talosServer,
  signer: "os",
  commonName: TALOS_NODE_COMMON_NAME,
};

/** A list of names that a preview may not know. */
type Names = readonly string[] | Unknown | undefined;

/** A server certificate of the OS CA, as a node's own. */
export const NodeCertificate = defineResource({
  name: "NodeCertificate",
  description: "A server certificate from the cluster's OS CA, like the one a Talos node serves its API with.",
  inputs: {
    ...SIGNER_INPUTS,
    ipAddresses: row(listOf(STRING), "IP addresses of the node (subject alternative names)."),
    dnsNames: row(listOf(STRING), "DNS names of the node (subject alternative names)."),
    csrPem: text(
      "A certificate signing request, PEM; then no key is made here. Its names are kept, its organizations dropped.",
    ),
    ...issuanceInputs(KIND),
  },
  outputs: {
    certificatePem: text("The certificate, PEM."),
    privateKeyPem: secretText("Its private key, PEM; absent with `csrPem`.").asOptional(),
    ...ISSUED_OUTPUTS,
  },
  remembered: [...REMEMBERED, "ipAddresses", "dnsNames", "csrPem"],
  decidesFrom: "state",

  async plan({ inputs, previous, isConfigured }, context) {
    const { ipAddresses, dnsNames, csrPem } = inputs;
    const problems: Problem[] = [
      ...signerInputProblems(inputs),
      ...nameProblems(ipAddresses, dnsNames),
      ...(csrPem === undefined
        ? isNameless(ipAddresses, dnsNames)
          ? [NAMELESS]
          : []
        : await csrProblems(inputs, { ownsName: !isConfigured("commonName") }, context)),
    ];
    const names = {
      ...(isKnown(ipAddresses) && ipAddresses !== undefined ? { ipAddresses: distinctAddresses(ipAddresses) } : {}),
      ...(isKnown(dnsNames) && dnsNames !== undefined ? { dnsNames: distinct(dnsNames) } : {}),
    };
    return planCertificate(
      KIND,
      {
        inputs,
        previous,
        contents: (of) => ({
          ipAddresses: isKnown(of.ipAddresses) ? of.ipAddresses && distinctAddresses(of.ipAddresses) : of.ipAddresses,
          dnsNames: isKnown(of.dnsNames) ? of.dnsNames && distinct(of.dnsNames) : of.dnsNames,
          csrPem: of.csrPem,
        }),
        problems,
        reports: [],
        keep: names,
      },
      context,
    );
  },
  async apply({ inputs, decision, previous }, context) {
    const { environment, pems } = context;
    const material = decision.reissues
      ? await issue(inputs, decision, context)
      : { certificatePem: previous?.certificatePem ?? "", privateKeyPem: previous?.privateKeyPem };
    const certificate = pems.certificate(material.certificatePem, "certificatePem");
    const { signer, earlyRenewalHours } = decision;
    return {
      id: certificate.serialNumber,
      outputs: { ...material, ...issuedOutputs(certificate, signer, earlyRenewalHours, environment.now()) },
    };
  },
  read: ({ outputs, inputs }, context) => readCertificate(outputs.certificatePem, inputs.earlyRenewalHours, context),
});

async function issue(
  inputs: {
    readonly ipAddresses: readonly string[] | undefined;
    readonly dnsNames: readonly string[] | undefined;
    readonly csrPem: string | undefined;
  },
  { options }: Issuance,
  { environment }: Context,
): Promise<{ certificatePem: string; privateKeyPem: string | undefined }> {
  const { csrPem } = inputs;
  const named = {
    ...options,
    ipAddresses: distinctAddresses(inputs.ipAddresses ?? []),
    dnsNames: distinct(inputs.dnsNames ?? []),
  };
  if (csrPem === undefined) {
    const issued = await issueServerCertificate(named, environment);
    return { certificatePem: issued.certificate.pem, privateKeyPem: issued.key.pem };
  }
  const csr = await parseCertificateRequest(csrPem, "csrPem", environment);
  const signed = await signCertificateRequest({ ...named, csr }, environment);
  return { certificatePem: signed.certificate.pem, privateKeyPem: undefined };
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort();

const distinctAddresses = (addresses: readonly string[]): string[] =>
  distinct(addresses.map((address) => canonicalIpAddress(address) ?? address));

const isNameless = (...lists: readonly Names[]): boolean =>
  lists.every((names) => names === undefined || (isKnown(names) && names.length === 0));

function nameProblems(ipAddresses: Names, dnsNames: Names): Problem[] {
  if (!isKnown(ipAddresses) || !isKnown(dnsNames)) return [];
  return subjectAltNameProblems({ ipAddresses: ipAddresses ?? [], dnsNames: dnsNames ?? [] });
}

interface CsrInputs {
  readonly csrPem: string | Unknown | undefined;
  readonly algorithm: unknown;
  readonly ipAddresses: Names;
  readonly dnsNames: Names;
}

/** @param options `ownsName`: the CN is the request's own */
async function csrProblems(
  { csrPem, algorithm, ipAddresses, dnsNames }: CsrInputs,
  options: { readonly ownsName: boolean },
  { environment }: Context,
): Promise<Problem[]> {
  const problems: Problem[] =
    algorithm === undefined
      ? []
      : [
          {
            code: "ERR_INPUT_INVALID",
            path: "algorithm",
            message: "is configured beside csrPem, whose key is made already; configure one of the two",
          },
        ];
  if (csrPem === undefined || !isKnown(csrPem)) return problems;
  try {
    const request = await parseCertificateRequest(csrPem, "csrPem", environment);
    return [...problems, ...requestProblems(request, isNameless(ipAddresses, dnsNames), options)];
  } catch (error) {
    if (error instanceof PkiError) return [...problems, ...error.problems];
    throw error;
  }
}

function requestProblems(
  request: CertificateRequest,
  isUnnamed: boolean,
  { ownsName }: { readonly ownsName: boolean },
): Problem[] {
  const ownName = ownsName && request.commonName !== undefined ? nameValueProblems(request.commonName, "csrPem") : [];
  if (isUnnamed && request.dnsNames.length + request.ipAddresses.length === 0) return [...ownName, NAMELESS_REQUEST];
  return [...ownName, ...subjectAltNameProblems(request).map((problem) => ({ ...problem, path: "csrPem" }))];
}
