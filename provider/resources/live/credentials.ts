import { collectProblems, PkiError, type Problem } from "../../core/errors";
import { decodeBundle } from "../../core/secrets/decodedBundle";
import { DecodedCA } from "../../core/secrets/decodedPem";
import type { Tree } from "../../core/secrets/fields";
import type { Authority } from "../../core/x509/authority";
import { decodeBase64 } from "../../core/x509/pem";
import type { DecodeContext } from "../../engine/decode";
import type { NodeIdentity } from "../../engine/nodes";
import { ANY, customOf, objectOf, row, secretText, text } from "../../engine/rows";
import { isKnown, knownOr, type Unknown } from "../../engine/unknown";
import { isPlainObject } from "../../engine/values";
import { UNKNOWN } from "../../engine/wire";
import { type ClusterSecrets, decodeClusterSecrets, keepSecrets } from "../clusterSecrets";
import { nodeIdentity } from "./passingClient";

/** The other CA of each rotation under way, with its key. */
export type RotationAuthorities = { readonly [Name in "os" | "kubernetes"]?: Authority };

/** A `secrets` input of a live resource, decoded. */
export interface LiveSecrets {
  readonly cluster: ClusterSecrets;
  /** From the TalosSecrets itself. */
  readonly rotation: RotationAuthorities;
}

/** A client that the user has, decoded. */
export interface GivenClient {
  /** CAs to trust, PEM. */
  readonly trust: readonly string[];
  readonly identity: NodeIdentity;
}

const CLIENT = objectOf(
  "NodeClient",
  {
    caCertificate: text("Base64 of the PEM of the CAs to trust.").asRequired(),
    clientCertificate: text("Base64 of the PEM of the client certificate.").asRequired(),
    clientKey: secretText("Base64 of the PEM of the private key.").asRequired(),
  },
  "A client of the Talos API, as the output `clientConfiguration` of ClientConfiguration and `@pulumiverse/talos` have it.",
);

/** The inputs by which a live resource authenticates itself to nodes, and nodes to it. */
export const CREDENTIAL_INPUTS = {
  secrets: row(
    customOf(ANY, decodeLiveSecrets, {
      input: "LiveSecretsInput",
      takes: { resource: "TalosSecrets", output: "secrets", as: "members", beside: ["rotationSecrets"] },
    }),
    "The cluster's secrets: a TalosSecrets or its output `secrets`. For each operation the provider issues itself a client certificate of an hour, by whichever CA of a rotation the node accepts. Only the OS CAs are kept.",
  ).asSecret(),
  rotationSecrets: row(
    customOf(ANY, decodeRotationSecrets),
    "Output `rotationSecrets` of the same TalosSecrets, where `secrets` is its output and not the resource itself: with it a node that missed a stage is reached.",
  ).asSecret(),
  clientConfiguration: row(
    customOf(CLIENT, decodeClient),
    "A client certificate in place of `secrets`, as ClientConfiguration and `@pulumiverse/talos` give it. A renewed one applies nothing.",
  ).asSecret(),
};

/** Those inputs, decoded. */
export interface CredentialInputs {
  readonly secrets: LiveSecrets | Unknown | undefined;
  readonly rotationSecrets: RotationAuthorities | Unknown | undefined;
  readonly clientConfiguration: GivenClient | Unknown | undefined;
}

function decodeLiveSecrets(value: unknown, path: string, context: DecodeContext): LiveSecrets {
  const inner = isPlainObject(value) && "rotationSecrets" in value ? value["rotationSecrets"] : undefined;
  const whole = isPlainObject(value) && isPlainObject(value["secrets"]) && !("cluster" in value);
  return {
    cluster: decodeClusterSecrets(whole ? value["secrets"] : value, path, context),
    rotation: inner === undefined ? {} : decodeRotationSecrets(inner, `${path}.rotationSecrets`, context),
  };
}

/** @throws PkiError for what is no output `rotationSecrets` */
function decodeRotationSecrets(value: unknown, path: string, { pems }: DecodeContext): RotationAuthorities {
  if (!isPlainObject(value)) {
    throw new PkiError("ERR_INPUT_INVALID", "is not the output rotationSecrets of a TalosSecrets; must be that", {
      path,
    });
  }
  const authority = (name: "os" | "kubernetes"): Authority | undefined => {
    const pair = value[name];
    if (!isPlainObject(pair)) return undefined;
    const { certificatePem, privateKeyPem } = pair;
    const paths = { crt: `${path}.${name}.certificatePem`, key: `${path}.${name}.privateKeyPem` };
    return pems.ca({ crt: textOf(certificatePem), key: textOf(privateKeyPem) }, paths);
  };
  const [os, kubernetes] = [authority("os"), authority("kubernetes")];
  return { ...(os === undefined ? {} : { os }), ...(kubernetes === undefined ? {} : { kubernetes }) };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** @throws PkiError */
function decodeClient(value: unknown, path: string, { pems }: DecodeContext): GivenClient {
  const given = value as { caCertificate: string; clientCertificate: string; clientKey: string };
  const pem = (name: keyof typeof given): string => {
    const bytes = decodeBase64(given[name]);
    if (bytes === undefined) {
      throw new PkiError("ERR_PEM_INVALID", "is not base64; must be base64 of PEM", { path: `${path}.${name}` });
    }
    return Buffer.from(bytes).toString("utf8");
  };
  const trust = pems.caCertificates(pem("caCertificate"), `${path}.caCertificate`);
  const certificate = pems.certificate(pem("clientCertificate"), `${path}.clientCertificate`);
  const key = pems.privateKey(pem("clientKey"), `${path}.clientKey`);
  return {
    trust: trust.map((authority) => authority.pem),
    identity: nodeIdentity({ certificate, key }),
  };
}

/** Exactly one of `secrets` and `clientConfiguration` must be configured, and `secrets` must hold an OS CA. */
export function credentialProblems({ secrets, clientConfiguration, rotationSecrets }: CredentialInputs): Problem[] {
  const both = secrets !== undefined && clientConfiguration !== undefined;
  if (both || (secrets === undefined && clientConfiguration === undefined)) {
    const message = both
      ? "is configured beside clientConfiguration; configure one of the two"
      : "is required; configure secrets or clientConfiguration";
    return [{ code: both ? "ERR_INPUT_INVALID" : "ERR_INPUT_MISSING", path: "secrets", message }];
  }
  if (rotationSecrets !== undefined && secrets === undefined) {
    const message = "is configured without secrets; it belongs beside the output secrets of the same TalosSecrets";
    return [{ code: "ERR_INPUT_INVALID", path: "rotationSecrets", message }];
  }
  if (secrets === undefined || !isKnown(secrets)) return [];
  const problems: Problem[] = [];
  collectProblems(problems, () => secrets.cluster.decoded.authority("os"));
  return problems;
}

/** Whom to trust, and who may sign a client: the OS CAs of a cluster, the issuing one first. */
export interface OsCredentials {
  readonly trust: readonly string[];
  readonly signers: readonly Authority[];
  readonly given?: NodeIdentity;
}

/** The credentials for the Talos API; `undefined` where they are unknown. */
export function osCredentials(inputs: CredentialInputs): OsCredentials | undefined {
  const { secrets, rotationSecrets, clientConfiguration } = inputs;
  if (clientConfiguration !== undefined) {
    if (!isKnown(clientConfiguration)) return undefined;
    return { trust: clientConfiguration.trust, signers: [], given: clientConfiguration.identity };
  }
  if (secrets === undefined || !isKnown(secrets)) return undefined;
  const { cluster, rotation } = secrets;
  const other = knownOr(rotationSecrets)?.os ?? rotation.os;
  const issuing = cluster.decoded.authority("os");
  const behind = cluster.decoded.ca("os").certificates.map(({ pem }) => pem);
  const trust = [
    issuing.certificate.pem,
    ...behind,
    ...cluster.acceptedCAs.os,
    ...(other === undefined ? [] : [other.certificate.pem]),
  ];
  return { trust: [...new Set(trust)], signers: other === undefined ? [issuing] : [issuing, other] };
}

/** What the state keeps of the credentials: of the cluster's secrets no more than a client's certificate needs. */
export function keptCredentials(
  inputs: CredentialInputs,
  names: readonly ("os" | "kubernetes")[] = ["os"],
): { readonly secrets?: Tree | typeof UNKNOWN; readonly rotationSecrets?: Tree } {
  const { secrets, rotationSecrets } = inputs;
  if (secrets === undefined) return {};
  if (!isKnown(secrets)) return { secrets: UNKNOWN };
  const { cluster, rotation } = secrets;
  const part = names.reduce((bundle, name) => {
    const authority = cluster.decoded.authority(name);
    return bundle.with(name, DecodedCA.of(authority));
  }, decodeBundle({}));
  const others = {
    ...rotation,
    ...knownOr(rotationSecrets),
  };
  const kept = names.flatMap((name) => {
    const other = others[name];
    if (other === undefined) return [];
    return [[name, { certificatePem: other.certificate.pem, privateKeyPem: other.key.pem }] as const];
  });
  // Certificates behind a CA are trusted as it is.
  const accepted = (name: "os" | "kubernetes"): string[] => {
    const behind = cluster.decoded.ca(name).certificates.slice(1);
    return [...new Set([...behind.map(({ pem }) => pem), ...cluster.acceptedCAs[name]])];
  };
  return {
    secrets: keepSecrets({ acceptedCAs: { os: accepted("os"), kubernetes: accepted("kubernetes") } }, part, names),
    ...(kept.length === 0 ? {} : { rotationSecrets: Object.fromEntries(kept) }),
  };
}
