import { collectProblems, PkiError, type Problem } from "../core/errors";
import { isTree, type Tree } from "../core/secrets/fields";
import { assertNoSopsValues, assertPlaintext } from "../core/secrets/adopt/encrypted";
import { type DecodedBundle, decodeBundle, talosctlPaths } from "../core/secrets/decodedBundle";
import { bundleTree, readBundleTree } from "../core/secrets/read";
import { isCAName, type StagedName } from "../core/secrets/inventory";
import type { AcceptedAuthorities } from "../core/secrets/types";
import { parseKeys, publicKeyPem } from "../core/x509/publicKey";
import { readPlainYaml } from "../core/yaml/plain";
import type { DecodeContext } from "../engine/decode";
import { ANY, customOf, type Row, row } from "../engine/rows";
import { byStagedCA } from "./talosSecrets/names";

/** What a `secrets` input holds, decoded. */
export interface ClusterSecrets {
  readonly decoded: DecodedBundle;
  readonly talosVersion?: string;
  /** By CA, PEM; of the service account public keys. */
  readonly acceptedCAs: AcceptedAuthorities;
  /** Private keys of the accepted service account keys, which nodes up to v1.13 need; PEM. */
  readonly acceptedServiceAccountKeys: readonly string[];
  /** Whether a TalosSecrets supplies it, which itself warns of every CA that comes near its end. */
  readonly isFromTalosSecrets: boolean;
}

/** The input `secrets` of the resources that a cluster's secrets make. */
export function clusterSecrets(): Row<ClusterSecrets> {
  return row(
    customOf(ANY, decodeClusterSecrets, {
      input: "SecretsInput",
      takes: { resource: "TalosSecrets", output: "secrets", as: "value" },
    }),
    "The cluster's secrets: a TalosSecrets, its output `secrets`, or a plain bundle (the text or the parsed form of a `talosctl gen secrets` file). Only the part that this resource needs is kept in its state.",
  ).asSecret();
}

/**
 * Decodes a `secrets` input, in any of the forms of the contract.
 *
 * @throws PkiError
 */
export function decodeClusterSecrets(value: unknown, path: string, { pems }: DecodeContext): ClusterSecrets {
  if (typeof value === "string") assertPlaintext(value, path);
  const tree = typeof value === "string" ? readPlainYaml(value, path) : value;
  if (!isTree(tree)) {
    throw new PkiError(
      "ERR_INPUT_INVALID",
      "holds no secrets bundle; must be a TalosSecrets, its output `secrets`, or the content of a talosctl gen secrets file",
      { path },
    );
  }
  // A whole resource, as YAML and Python programs may pass it.
  const { secrets } = tree;
  if (isTree(secrets) && "secretsYaml" in tree) {
    return { ...decodeClusterSecrets(secrets, path, { pems }), isFromTalosSecrets: true };
  }
  assertNoSopsValues(tree, path);
  const { bundle, problems } = readBundleTree(tree, path, true);
  const all: Problem[] = [...problems];
  const acceptedCAs = byStagedCA((name) => acceptedParts(tree, name, path, all, { pems }));
  const acceptedServiceAccountKeys = acceptedPrivateKeys(tree, path, all, { pems });
  if (all.length > 0) throw PkiError.of(all);
  const { talosVersion } = tree;
  return {
    decoded: decodeBundle(bundle, talosctlPaths(path), pems),
    acceptedCAs,
    acceptedServiceAccountKeys,
    isFromTalosSecrets: "acceptedCAs" in tree,
    ...(typeof talosVersion === "string" ? { talosVersion } : {}),
  };
}

/** PEM of what is accepted beside a CA, or of public keys; a state of before has no list of some. */
function acceptedParts(
  tree: Tree,
  name: StagedName,
  path: string,
  problems: Problem[],
  { pems }: DecodeContext,
): string[] {
  const { acceptedCAs } = tree;
  const list = isTree(acceptedCAs) ? acceptedCAs[name] : undefined;
  if (!Array.isArray(list)) return [];
  const isCA = isCAName(name);
  return list.flatMap((pem, index) => {
    const at = `${path}.acceptedCAs.${name}[${index}]`;
    if (typeof pem !== "string") {
      const expected = isCA ? "a certificate, PEM" : "a public key, PEM";
      problems.push({ code: "ERR_INPUT_INVALID", path: at, message: `is not text; must be ${expected}` });
      return [];
    }
    const read = (): string[] =>
      isCA
        ? pems.certificates(pem, at).map((certificate) => certificate.pem)
        : parseKeys(pem, at).map(({ publicKeyDer }) => publicKeyPem(publicKeyDer));
    return collectProblems(problems, read) ?? [];
  });
}

/** The place of accepted private keys in the output `secrets` of TalosSecrets, while a rotation of that key lasts. */
export const ACCEPTED_KEYS = "acceptedServiceAccountKeys";

function acceptedPrivateKeys(tree: Tree, path: string, problems: Problem[], { pems }: DecodeContext): string[] {
  const list = tree[ACCEPTED_KEYS];
  if (!Array.isArray(list)) return [];
  return list.flatMap((pem, index) => {
    const at = `${path}.${ACCEPTED_KEYS}[${index}]`;
    if (typeof pem === "string") return collectProblems(problems, () => pems.privateKey(pem, at))?.pem ?? [];
    problems.push({ code: "ERR_INPUT_INVALID", path: at, message: "is not text; must be a private key, PEM" });
    return [];
  });
}

/** What a resource keeps of `secrets`. */
type KeptSecrets = Pick<ClusterSecrets, "talosVersion"> &
  Partial<Pick<ClusterSecrets, "acceptedServiceAccountKeys">> & {
    readonly acceptedCAs: Partial<AcceptedAuthorities>;
  };

/** The `secrets` value that a resource keeps: a part of the bundle, in talosctl's form. */
export function keepSecrets(secrets: KeptSecrets, part: DecodedBundle, accepted: readonly StagedName[]): Tree {
  const { talosVersion, acceptedServiceAccountKeys: keys = [] } = secrets;
  return {
    // Plain PEM: base64 of it, encrypted and in base64 again, would make every state a third larger.
    ...bundleTree(part.bundle, "talosctl", (pem) => pem),
    ...(talosVersion === undefined ? {} : { talosVersion }),
    acceptedCAs: Object.fromEntries(accepted.map((name) => [name, [...(secrets.acceptedCAs[name] ?? [])]])),
    ...(keys.length === 0 ? {} : { [ACCEPTED_KEYS]: [...keys] }),
  };
}
