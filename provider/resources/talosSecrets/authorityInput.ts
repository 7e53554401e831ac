import { collectProblems, type Problem } from "../../core/errors";
import { authorityCertificates } from "../../core/secrets/authority";
import type { CertificateAndKey } from "../../core/secrets/types";
import { type Authority, parseAuthority } from "../../core/x509/authority";
import { holdsUnknown } from "../wire";

/** An authority as an input: of one's own, or the next one of a rotation. */
export interface PairInput {
  readonly certificatePem?: string;
  readonly privateKeyPem?: string;
  readonly algorithm?: string;
}

/** An authority that is given, with its PEM as the bundle holds it. */
export interface GivenAuthority extends Authority {
  readonly pem: CertificateAndKey;
}

/** A pair of certificate and key; both or neither. */
export function readPair(input: PairInput | undefined, path: string, problems: Problem[]): GivenAuthority | undefined {
  const { certificatePem, privateKeyPem } = input ?? {};
  if (certificatePem === undefined && privateKeyPem === undefined) return undefined;
  for (const [name, value, other] of [
    ["privateKeyPem", privateKeyPem, "certificatePem"],
    ["certificatePem", certificatePem, "privateKeyPem"],
  ] as const) {
    if (value !== undefined) continue;
    problems.push({
      code: "ERR_INPUT_MISSING",
      path: `${path}.${name}`,
      message: `is required beside ${other}; an authority without its key can sign nothing and cannot be rotated`,
    });
    return undefined;
  }
  if (holdsUnknown([certificatePem, privateKeyPem])) return undefined;
  const authority = collectProblems(problems, () =>
    parseAuthority(
      { crt: certificatePem!, key: privateKeyPem! },
      { crt: `${path}.certificatePem`, key: `${path}.privateKeyPem` },
    ),
  );
  if (authority === undefined) return undefined;
  const crt = authorityCertificates(certificatePem!).map(({ pem }) => pem);
  return { ...authority, pem: { crt: crt.join(""), key: authority.key.pem } };
}
