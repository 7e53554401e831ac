import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { connect as connectTls, createSecureContext } from "node:tls";

import { createEnvironment } from "../../../provider/core/environment";
import type { CAName, StagedName } from "../../../provider/core/secrets/inventory";
import type { SecretsBundle } from "../../../provider/core/secrets/types";
import { issueClientCertificate } from "../../../provider/core/x509/clientCertificate";
import {
  issueKubernetesClientCertificate,
  KUBERNETES_ADMIN,
} from "../../../provider/core/x509/kubernetesClientCertificate";
import { pkcs8Pem } from "../../../provider/core/x509/privateKey";
import { callVersion, type Client } from "../../slow/support/apiCall";

import { type ApiClient, callApi, isKnown } from "./writers";

/** What those hold who call a cluster at one time, by the CA or key that vouches for them. */
export interface Holders {
  readonly os: Client;
  readonly kubernetes: ApiClient;
  /** A front-proxy client. */
  readonly aggregator: ApiClient;
  /** A pod, by its token. */
  readonly serviceAccount: ApiClient;
  readonly etcd: ApiClient;
}

/** A CA and its key, as TalosSecrets hands them out. */
export interface KeyedCA {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

const environment = createEnvironment(globalThis.crypto, () => new Date());
const NOBODY = { commonName: "rotation-test", organizations: [] };
const FRONT_PROXY = { commonName: "front-proxy-client", organizations: [] };

/** @param ca whom the client trusts, PEM */
async function clientBy(
  certificateAuthority: KeyedCA,
  subject: { readonly commonName: string; readonly organizations: readonly string[] },
  ca: string,
): Promise<ApiClient> {
  const profile = { certificateAuthority, ...subject, algorithm: "ecdsa-p256" } as const;
  const { certificate, key } = await issueKubernetesClientCertificate(profile, environment);
  return { ca, cert: certificate.pem, key: pkcs8Pem(key) };
}

/** A client that an aggregator CA vouches for. */
export async function frontProxyOf(aggregator: KeyedCA, ca: string): Promise<ApiClient> {
  return { ...(await clientBy(aggregator, FRONT_PROXY, ca)), headers: { "X-Remote-User": "somebody" } };
}

/** A client of etcd. */
export const etcdClientOf = (etcd: KeyedCA, ca = etcd.certificatePem): Promise<ApiClient> => clientBy(etcd, NOBODY, ca);

/** The issuing CA of a bundle. */
export function issuingCA({ certs }: SecretsBundle, name: CAName): KeyedCA {
  const { crt, key } = { os: certs.os, kubernetes: certs.k8s, etcd: certs.etcd, aggregator: certs.k8sAggregator }[name];
  return { certificatePem: crt, privateKeyPem: key };
}

/**
 * Clients of other CAs than those that issue, who trust the servers of those: whoever lets them in trusts the other CAs.
 *
 * @param other the other CAs, such as those of `rotationSecrets`
 */
export async function strangersOf(
  other: Readonly<Record<CAName, KeyedCA>>,
  now: SecretsBundle,
): Promise<Omit<Holders, "serviceAccount">> {
  const ca = (name: CAName): string => issuingCA(now, name).certificatePem;
  const profile = { certificateAuthority: other.os, algorithm: "ecdsa-p256" } as const;
  const { certificate, key } = await issueClientCertificate(profile, environment);
  const context = createSecureContext({ ca: ca("os"), cert: certificate.pem, key: pkcs8Pem(key) });
  return {
    os: { name: "stranger", context },
    kubernetes: await clientBy(other.kubernetes, KUBERNETES_ADMIN, ca("kubernetes")),
    aggregator: await frontProxyOf(other.aggregator, ca("kubernetes")),
    etcd: await etcdClientOf(other.etcd, ca("etcd")),
  };
}

/** The same people, who know the servers of other CAs. */
export function whoKnows(who: Partial<Holders>, kubernetesCA: string, etcdCA: string): Partial<Holders> {
  const { kubernetes, aggregator, serviceAccount, etcd } = who;
  return {
    ...who,
    ...(kubernetes === undefined ? {} : { kubernetes: { ...kubernetes, ca: kubernetesCA } }),
    ...(aggregator === undefined ? {} : { aggregator: { ...aggregator, ca: kubernetesCA } }),
    ...(serviceAccount === undefined ? {} : { serviceAccount: { ...serviceAccount, ca: kubernetesCA } }),
    ...(etcd === undefined ? {} : { etcd: { ...etcd, ca: etcdCA } }),
  };
}

/** Why a node rejects who holds this; `undefined` where it lets them in. */
export function whyRejected(holders: Partial<Holders>, name: StagedName, address: string): Promise<string | undefined> {
  if (name === "os") return callVersion(holders.os!, { endpoint: `${address}:50000` });
  return name === "etcd" ? knockAtEtcd(address, holders.etcd!) : isKnown(address, holders[name]!);
}

/** A connection to etcd, up to its first words: only then it has looked at the client's certificate. */
function knockAtEtcd(host: string, { ca, cert, key }: ApiClient): Promise<string | undefined> {
  return new Promise((resolve) => {
    let session: ClientHttp2Session | undefined;
    const end = (reason?: string): void => {
      session?.destroy();
      socket.destroy();
      resolve(reason);
    };
    const fail = (error: Error): void => {
      end(error.message);
    };
    // Both CAs may have one name; addresses are no matter of this test.
    const options = { host, port: 2379, ca, cert, key, ALPNProtocols: ["h2"], checkServerIdentity: () => undefined };
    const socket = connectTls(options, () => {
      session = connectHttp2(`https://${host}:2379`, { createConnection: () => socket });
      session.on("error", fail).on("remoteSettings", () => {
        end();
      });
    });
    socket.setTimeout(10_000, () => {
      end("no answer");
    });
    socket.on("error", fail).on("close", () => {
      end("the connection was closed");
    });
  });
}

/** A new token of the service account of a namespace, as the kubelet asks for one; `undefined` without an answer. */
export async function tokenFrom(address: string, client: ApiClient): Promise<string | undefined> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
  const path = "/api/v1/namespaces/default/serviceaccounts/default/token";
  const { status, text } = await callApi(address, client, path, { method: "POST", body });
  return status === 201 ? (JSON.parse(text) as { status: { token: string } }).status.token : undefined;
}

/** Fingerprint of the key that has signed a token: its `kid` is the SHA-256 of the public key. */
export function signerOf(token: string): string {
  const [header = ""] = token.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as { kid: string };
  return Buffer.from(kid, "base64url").toString("hex");
}
