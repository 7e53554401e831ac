import type { Environment } from "../environment";
import { hasFeature, NEWEST_TALOS_VERSION, parseTalosVersion, type TalosVersion } from "../talosVersion";
import type { KeyAlgorithm } from "../x509/algorithms";
import { generatePrivateKey } from "../x509/privateKey";
import { type AuthorityOptions, authorityPem, generateAuthority } from "./authority";
import type { PartialSecretsBundle } from "./read";
import { generateSecret, generateToken } from "./tokens";
import type { AuthorityName, CertificateAndKey, SecretsBundle } from "./types";

/** What a new bundle is made with; everything has the default of Talos. */
export interface GenerateOptions {
  /** Version contract, `"v1.13"`; default: the newest supported. */
  readonly talosVersion?: string;
  /** Algorithm and lifetime of the authorities that are made. */
  readonly certificateAuthorities?: { readonly [Name in AuthorityName]?: AuthorityOptions };
  /** Kind of the service account key; default RSA 4096, up to contract v1.6 ECDSA P-256. */
  readonly serviceAccount?: { readonly algorithm?: KeyAlgorithm };
  /** Values to keep; what is missing is made. */
  readonly given?: PartialSecretsBundle;
}

/**
 * Makes a cluster's secrets: four authorities, the service account key, tokens and encryption secret, each of the
 * kind that `talosctl gen secrets` of that version makes. Keys are made side by side.
 *
 * @throws PkiError ERR_VERSION_UNKNOWN
 * @example
 * const bundle = await generateSecretsBundle(
 *   { talosVersion: "v1.13" },
 *   createEnvironment(globalThis.crypto, () => new Date()),
 * );
 */
export async function generateSecretsBundle(
  options: GenerateOptions,
  environment: Environment,
): Promise<SecretsBundle> {
  const version = parseTalosVersion(options.talosVersion ?? NEWEST_TALOS_VERSION);
  const { given = {}, certificateAuthorities = {} } = options;
  const authority = (
    name: AuthorityName,
    pair: Partial<CertificateAndKey> | undefined,
  ): Promise<CertificateAndKey> | CertificateAndKey =>
    pair?.crt !== undefined && pair.key !== undefined
      ? { crt: pair.crt, key: pair.key }
      : generateAuthority(name, version, certificateAuthorities[name] ?? {}, environment).then(authorityPem);
  const [etcd, k8s, k8sAggregator, os, serviceAccountKey] = await Promise.all([
    authority("etcd", given.certs?.etcd),
    authority("kubernetes", given.certs?.k8s),
    authority("aggregator", given.certs?.k8sAggregator),
    authority("os", given.certs?.os),
    given.certs?.k8sServiceAccount?.key ??
      generateServiceAccountKey(version, options.serviceAccount?.algorithm, environment),
  ]);
  return {
    cluster: {
      id:
        given.cluster?.id ??
        generateSecret(environment, hasFeature(version, "standardBase64ClusterId") ? "standard" : "url"),
      secret: given.cluster?.secret ?? generateSecret(environment),
    },
    secrets: {
      bootstrapToken: given.secrets?.bootstrapToken ?? generateToken(environment),
      ...encryptionSecret(given, version, environment),
    },
    trustdInfo: { token: given.trustdInfo?.token ?? generateToken(environment) },
    certs: { etcd, k8s, k8sAggregator, k8sServiceAccount: { key: serviceAccountKey }, os },
  };
}

/** RSA 4096 from contract v1.7, EC P-256 before; siderolabs/talos config/generate/secrets/bundle.go, v1.13. */
export async function generateServiceAccountKey(
  version: TalosVersion,
  algorithm: KeyAlgorithm | undefined,
  environment: Environment,
): Promise<string> {
  const kind = algorithm ?? (hasFeature(version, "rsaServiceAccountKey") ? "rsa-4096" : "ecdsa-p256");
  return (await generatePrivateKey(kind, environment)).pem;
}

function encryptionSecret(
  given: PartialSecretsBundle,
  version: TalosVersion,
  environment: Environment,
): Pick<SecretsBundle["secrets"], "aescbcEncryptionSecret" | "secretboxEncryptionSecret"> {
  const { aescbcEncryptionSecret, secretboxEncryptionSecret } = given.secrets ?? {};
  if (aescbcEncryptionSecret !== undefined) return { aescbcEncryptionSecret };
  if (secretboxEncryptionSecret !== undefined) return { secretboxEncryptionSecret };
  const secret = generateSecret(environment);
  return hasFeature(version, "aescbcEncryption")
    ? { aescbcEncryptionSecret: secret }
    : { secretboxEncryptionSecret: secret };
}
