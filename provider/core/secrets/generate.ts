import type { Environment } from "../environment";
import { NEWEST_TALOS_VERSION, parseTalosVersion, type TalosVersion } from "../talosVersion";
import type { KeyAlgorithm } from "../x509/algorithms";
import { generatePrivateKey } from "../x509/privateKey";
import { type AuthorityOptions, generateAuthority } from "./authority";
import { type DecodedBundle, decodeBundle } from "./decodedBundle";
import { DecodedCA, DecodedPem } from "./decodedPem";
import { CA_NAMES, ENCRYPTION_NAMES, encryptionOf, INVENTORY, isEncryption, KEY_NAMES, TEXT_NAMES } from "./inventory";
import type { PartialSecretsBundle } from "./read";
import { TEXT_FORMS } from "./tokens";
import type { AuthorityName, SecretsBundle } from "./types";

/** What a new bundle is made with; everything has the default of Talos. */
export interface GenerateOptions {
  /** Version contract, `"v1.13"`; default: the newest supported. */
  readonly talosVersion?: string;
  /** Algorithm and lifetime of the CAs that are made. */
  readonly certificateAuthorities?: { readonly [Name in AuthorityName]?: AuthorityOptions };
  /** Kind of the service account key; default RSA 4096, up to contract v1.6 ECDSA P-256. */
  readonly serviceAccount?: { readonly algorithm?: KeyAlgorithm };
  /** Values to keep; what is missing is made. */
  readonly given?: PartialSecretsBundle;
}

/**
 * Makes a cluster's secrets: four CAs, the service account key, tokens and encryption secret, each of the
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
  const { given, ...others } = options;
  const supplied = given === undefined ? {} : { supplied: decodeBundle(given) };
  return (await generateDecodedBundle({ ...others, ...supplied }, environment)).wholeBundle;
}

/** The same with parsed certificates and keys; what is supplied is kept. */
export async function generateDecodedBundle(
  options: Omit<GenerateOptions, "given"> & { readonly supplied?: DecodedBundle },
  environment: Environment,
): Promise<DecodedBundle> {
  const version = parseTalosVersion(options.talosVersion ?? NEWEST_TALOS_VERSION);
  const { certificateAuthorities = {}, serviceAccount = {} } = options;
  const supplied = options.supplied ?? decodeBundle({});
  const cas = CA_NAMES.filter((name) => !supplied.ca(name).isPair).map(async (name) => ({
    name,
    ca: DecodedCA.of(await generateAuthority(name, version, certificateAuthorities[name] ?? {}, environment)),
  }));
  const keys = KEY_NAMES.filter((name) => supplied.key(name) === undefined).map(async (name) => {
    const algorithm = serviceAccount.algorithm ?? INVENTORY[name].algorithm(version);
    const key = await generatePrivateKey(algorithm, environment);
    return { name, key: DecodedPem.of(key.pem, "", key) };
  });
  const [madeCAs, madeKeys] = await Promise.all([Promise.all(cas), Promise.all(keys)]);
  let bundle = supplied;
  for (const { name, ca } of madeCAs) bundle = bundle.with(name, ca);
  for (const { name, key } of madeKeys) bundle = bundle.with(name, key);
  return withTexts(bundle, version, environment);
}

/** Adds the texts that are missing. A cluster has one key that encrypts Secrets: what is supplied comes before what the version uses. */
function withTexts(supplied: DecodedBundle, version: TalosVersion, environment: Environment): DecodedBundle {
  const encryption =
    ENCRYPTION_NAMES.findLast((name) => supplied.text(name) !== undefined) ??
    ENCRYPTION_NAMES.find((name) => encryptionOf(name)?.isDefault(version));
  return TEXT_NAMES.reduce((bundle, name) => {
    if (isEncryption(name) && name !== encryption) return bundle.without(name);
    if (bundle.text(name) !== undefined) return bundle;
    return bundle.with(name, TEXT_FORMS[INVENTORY[name].form].generate(version, environment));
  }, supplied);
}
