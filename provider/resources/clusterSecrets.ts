import { collectProblems, PkiError, type Problem } from "../core/errors";
import { isTree, type Tree } from "../core/secrets/fields";
import { assertPlaintext, encryptedError } from "../core/secrets/adopt/encrypted";
import { type DecodedBundle, decodeBundle, talosctlPaths } from "../core/secrets/decodedBundle";
import { bundleTree, readBundleTree } from "../core/secrets/read";
import type { AcceptedAuthorities } from "../core/secrets/types";
import { readPlainYaml } from "../core/yaml/plain";
import type { DecodeContext } from "../engine/decode";
import { ANY, customOf, type Row, row } from "../engine/rows";

/** What a `secrets` input holds, decoded. */
export interface ClusterSecrets {
  readonly decoded: DecodedBundle;
  readonly talosVersion?: string;
  readonly acceptedCAs: AcceptedAuthorities;
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
  const { secrets, sops } = tree;
  if (isTree(secrets) && "secretsYaml" in tree) {
    return { ...decodeClusterSecrets(secrets, path, { pems }), isFromTalosSecrets: true };
  }
  if (isTree(sops)) {
    throw encryptedError("SOPS", "sops --decrypt FILE", path);
  }
  const { bundle, problems } = readBundleTree(tree, path, true);
  const all: Problem[] = [...problems];
  const accepted = (name: "os" | "kubernetes"): string[] => acceptedCertificates(tree, name, path, all, { pems });
  const acceptedCAs = { os: accepted("os"), kubernetes: accepted("kubernetes") };
  if (all.length > 0) throw PkiError.of(all);
  const { talosVersion } = tree;
  return {
    decoded: decodeBundle(bundle, talosctlPaths(path), pems),
    acceptedCAs,
    isFromTalosSecrets: "acceptedCAs" in tree,
    ...(typeof talosVersion === "string" ? { talosVersion } : {}),
  };
}

function acceptedCertificates(
  tree: Tree,
  name: "os" | "kubernetes",
  path: string,
  problems: Problem[],
  { pems }: DecodeContext,
): string[] {
  const { acceptedCAs } = tree;
  const list = isTree(acceptedCAs) ? acceptedCAs[name] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((pem, index) => {
    const at = `${path}.acceptedCAs.${name}[${index}]`;
    if (typeof pem !== "string") {
      problems.push({ code: "ERR_INPUT_INVALID", path: at, message: "is not text; must be a certificate, PEM" });
      return [];
    }
    return (collectProblems(problems, () => pems.certificates(pem, at)) ?? []).map((certificate) => certificate.pem);
  });
}

/** The `secrets` value that a resource keeps: a part of the bundle, in talosctl's form. */
export function keepSecrets(
  secrets: Pick<ClusterSecrets, "acceptedCAs" | "talosVersion">,
  part: DecodedBundle,
  accepted: readonly ("os" | "kubernetes")[],
): Tree {
  const { talosVersion } = secrets;
  return {
    // Plain PEM: base64 of it, encrypted and in base64 again, would make every state a third larger.
    ...bundleTree(part.bundle, "talosctl", (pem) => pem),
    ...(talosVersion === undefined ? {} : { talosVersion }),
    acceptedCAs: Object.fromEntries(accepted.map((name) => [name, [...secrets.acceptedCAs[name]]])),
  };
}
