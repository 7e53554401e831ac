import { createPublicKey, type KeyObject } from "node:crypto";

import type { Environment } from "../environment";
import { PkiError } from "../errors";
import { describeAlgorithm, isUnusual, signingParameters } from "./algorithms";
import { ipAddressesOf } from "./certificate";
import * as x509 from "./library";
import { readName } from "./name";
import { holdsPrivateKey, parsePem } from "./pem";

/** A certificate signing request (PKCS#10, RFC 2986) whose own signature has been verified. */
export interface CertificateRequest {
  /** CN of the subject, as it stands; whoever made the request chose it. */
  readonly commonName: string | undefined;
  /** Values of O in the subject; signing drops them. */
  readonly organizations: readonly string[];
  /** Of the subject alternative names that are asked for. */
  readonly dnsNames: readonly string[];
  /** Of the subject alternative names that are asked for, by RFC 5952. */
  readonly ipAddresses: readonly string[];
  /** Kind of the key: `ed25519`, `ecdsa-p256` … */
  readonly algorithm: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array;
}

const LABELS = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

/**
 * Reads a request and verifies that whoever made it holds the key.
 *
 * @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN, ERR_CSR_INVALID, ERR_KEY_UNSUPPORTED
 * @example
 * const csr = await parseCertificateRequest(pem, "csrPem", environment);
 */
export async function parseCertificateRequest(
  text: string,
  path: string,
  environment: Environment,
): Promise<CertificateRequest> {
  if (holdsPrivateKey(text)) {
    throw new PkiError("ERR_PRIVATE_KEY_GIVEN", "holds a private key; must be a certificate signing request only", {
      path,
    });
  }
  const [block] = parsePem(text, path);
  if (!LABELS.includes(block.label)) {
    throw new PkiError("ERR_CSR_INVALID", "is a PEM block of another kind; use -----BEGIN CERTIFICATE REQUEST-----", {
      path,
    });
  }
  const invalid = (what: string, cause?: unknown): PkiError =>
    new PkiError("ERR_CSR_INVALID", `${what}; must be a PKCS#10 request signed with its own key`, { path, cause });
  let request: CertificateRequest & { readonly key: KeyObject };
  let proven: boolean;
  try {
    const parsed = new x509.Pkcs10CertificateRequest(Uint8Array.from(block.der));
    request = describeRequest(parsed);
    proven = await parsed.verify({ subtle: environment.subtle });
  } catch (cause) {
    throw invalid("cannot be read", cause);
  }
  if (!proven) throw invalid("carries a wrong signature");
  const { key, ...described } = request;
  if (signingParameters(key) === undefined || isUnusual(key)) {
    throw new PkiError(
      "ERR_KEY_UNSUPPORTED",
      `asks for a key of the kind ${described.algorithm}; must be Ed25519, ECDSA P-256 or P-384, or RSA of 2048 bits or more`,
      { path },
    );
  }
  return described;
}

function describeRequest(request: x509.Pkcs10CertificateRequest): CertificateRequest & { readonly key: KeyObject } {
  const publicKeyDer = new Uint8Array(request.publicKey.rawData);
  const key = createPublicKey({ key: Buffer.from(publicKeyDer), format: "der", type: "spki" });
  const names = request.getExtension("2.5.29.17");
  const subject = readName(request.subjectName.toArrayBuffer());
  const items = names instanceof x509.SubjectAlternativeNameExtension ? names.names.items : [];
  return {
    key,
    commonName: subject.commonName,
    organizations: subject.organizations,
    dnsNames: items.filter((name) => name.type === "dns").map((name) => name.value),
    ipAddresses: ipAddressesOf(items),
    algorithm: describeAlgorithm(key),
    publicKeyDer,
  };
}
