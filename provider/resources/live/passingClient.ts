import type { Environment } from "../../core/environment";
import type { Authority } from "../../core/x509/authority";
import type { Certificate } from "../../core/x509/certificate";
import { issueClientCertificate } from "../../core/x509/clientCertificate";
import { pkcs8Pem, type PrivateKey } from "../../core/x509/privateKey";
import type { NodeIdentity } from "../../engine/nodes";

const HOUR_MS = 3_600_000;
/** A client is handed out as long as it has most of its hour left. */
const SHARED_MS = HOUR_MS / 4;
/** Whom a server's log names for a client that the provider issues itself. */
export const PASSING_COMMON_NAME = "pulumi-talos-pki";

/** The lifetime of a client of one operation: it begins an hour ago, for clocks that are off, and ends in an hour. */
export function passingLifetime(environment: Environment): {
  readonly validityPeriodHours: number;
  readonly issuedAt: Date;
} {
  return { validityPeriodHours: 2, issuedAt: new Date(environment.now().getTime() - HOUR_MS) };
}

interface SharedClient {
  readonly issuedAt: number;
  readonly identity: Promise<NodeIdentity>;
}

/** Those of a provider process, which lives as long as one operation of Pulumi, by fingerprint of the CA. */
const shared = new WeakMap<Environment, Map<string, SharedClient>>();

/**
 * A client of the Talos API (`os:admin`) by this CA, in memory only. All resources of a provider process have the same
 * one: to issue it costs more than to call a node.
 *
 * @throws PkiError for a CA that cannot sign
 */
export function talosClientOf(signer: Authority, environment: Environment): Promise<NodeIdentity> {
  const clients = shared.get(environment) ?? new Map<string, SharedClient>();
  shared.set(environment, clients);
  const { fingerprint } = signer.certificate;
  const known = clients.get(fingerprint);
  const now = environment.now().getTime();
  // A clock that was put back has issued for the future.
  if (known !== undefined && now >= known.issuedAt && now - known.issuedAt < SHARED_MS) return known.identity;
  const profile = { certificateAuthority: signer, roles: ["os:admin"], commonName: PASSING_COMMON_NAME };
  const identity = issueClientCertificate({ ...profile, ...passingLifetime(environment) }, environment).then(
    nodeIdentity,
  );
  clients.set(fingerprint, { issuedAt: now, identity });
  identity.catch(() => clients.delete(fingerprint));
  return identity;
}

/** A client as TLS takes it. */
export function nodeIdentity(client: { readonly certificate: Certificate; readonly key: PrivateKey }): NodeIdentity {
  return { certificatePem: client.certificate.pem, privateKeyPem: pkcs8Pem(client.key) };
}
