import { webcrypto } from "node:crypto";

import * as x509 from "../../../../provider/core/x509/library";

export interface RequestOptions {
  readonly name: string | x509.Name;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly algorithm?: { name: string; namedCurve?: string; hash?: string } & Record<string, unknown>;
  readonly extensions?: readonly x509.Extension[];
}

/** A certificate signing request, PEM, signed with a key of its own. */
export async function makeRequest(options: RequestOptions): Promise<string> {
  const { name, dnsNames = [], ipAddresses = [], algorithm = { name: "Ed25519" }, extensions = [] } = options;
  const keys = await webcrypto.subtle.generateKey(algorithm as webcrypto.EcKeyGenParams, true, ["sign", "verify"]);
  const names = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
  ];
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    {
      name,
      keys: keys as never,
      signingAlgorithm: algorithm,
      extensions: [...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []), ...extensions],
    },
    webcrypto,
  );
  return request.toString("pem");
}
