import type { Environment } from "../../core/environment";
import type { Certificate } from "../../core/x509/certificate";
import { pkcs8Pem, type PrivateKey } from "../../core/x509/privateKey";
import type { NodeIdentity } from "../../engine/nodes";

const HOUR_MS = 3_600_000;

/** The lifetime of a client of one operation: it begins an hour ago, for clocks that are off, and ends in an hour. */
export function passingLifetime(environment: Environment): {
  readonly validityPeriodHours: number;
  readonly issuedAt: Date;
} {
  return { validityPeriodHours: 2, issuedAt: new Date(environment.now().getTime() - HOUR_MS) };
}

/** A client as TLS takes it. */
export function nodeIdentity(client: { readonly certificate: Certificate; readonly key: PrivateKey }): NodeIdentity {
  return { certificatePem: client.certificate.pem, privateKeyPem: pkcs8Pem(client.key) };
}
