import { collectProblems, PkiError, type Problem } from "../core/errors";
import { readPlainYaml } from "../core/yaml/plain";
import { isTree, type Tree } from "../core/secrets/fields";
import { bundleTree, type PartialSecretsBundle, readBundleTree } from "../core/secrets/read";
import type { AcceptedAuthorities, CertificateAndKey } from "../core/secrets/types";
import { type Authority, parseAuthority } from "../core/x509/authority";
import { parseCertificates } from "../core/x509/certificate";
import { memoize } from "./memo";
import { ANY, type Property } from "./schema";

/** What a `secrets` input holds, parsed. */
export interface ClusterSecrets {
  readonly bundle: PartialSecretsBundle;
  readonly talosVersion?: string;
  readonly acceptedCAs: AcceptedAuthorities;
}

export const SECRETS_INPUT: Property = {
  type: ANY,
  description:
    "The cluster's secrets: a TalosSecrets, its output `secrets`, or a plain bundle (the text or the parsed form of a `talosctl gen secrets` file). Only the part that this resource needs is kept in its state.",
  required: true,
  secret: true,
};

/**
 * Reads a `secrets` input, in any of the forms that the contract takes.
 *
 * @throws PkiError
 */
export function readSecretsInput(value: unknown, path: string): ClusterSecrets {
  const tree = typeof value === "string" ? readPlainYaml(value, path) : value;
  if (!isTree(tree)) {
    throw new PkiError(
      "ERR_INPUT_INVALID",
      "holds no secrets bundle; expected a TalosSecrets, its output `secrets`, or the content of a talosctl gen secrets file",
      { path },
    );
  }
  // A whole resource, as YAML and Python programs may pass it.
  if (isTree(tree["secrets"]) && "secretsYaml" in tree) return readSecretsInput(tree["secrets"], path);
  if (isTree(tree["sops"])) {
    throw new PkiError(
      "ERR_BUNDLE_ENCRYPTED",
      "the bundle is encrypted with SOPS; decrypt it first (sops --decrypt secrets.yaml)",
      { path },
    );
  }
  const { bundle, problems } = readBundleTree(tree, path, true);
  const all: Problem[] = [...problems];
  const acceptedCAs = {
    os: acceptedCertificates(tree, "os", path, all),
    kubernetes: acceptedCertificates(tree, "kubernetes", path, all),
  };
  if (all.length > 0) throw PkiError.of(all);
  const talosVersion = tree["talosVersion"];
  return { bundle, acceptedCAs, ...(typeof talosVersion === "string" ? { talosVersion } : {}) };
}

function acceptedCertificates(tree: Tree, name: "os" | "kubernetes", path: string, problems: Problem[]): string[] {
  const accepted = tree["acceptedCAs"];
  const list = isTree(accepted) ? accepted[name] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((pem, index) => {
    const at = `${path}.acceptedCAs.${name}[${index}]`;
    if (typeof pem !== "string") {
      problems.push({ code: "ERR_INPUT_INVALID", path: at, message: "is no text; expected a certificate, PEM" });
      return [];
    }
    return (collectProblems(problems, () => parseCertificates(pem, at)) ?? []).map((certificate) => certificate.pem);
  });
}

/** The `secrets` value that a resource keeps: the parts named, in talosctl's form. */
export function keepSecrets(
  secrets: ClusterSecrets,
  parts: PartialSecretsBundle,
  accepted: readonly ("os" | "kubernetes")[],
  keepVersion = false,
): Tree {
  return {
    // Plain PEM: base64 of it, encrypted and in base64 again, would make every state a third larger.
    ...bundleTree(parts, "talosctl", (pem) => pem),
    ...(keepVersion && secrets.talosVersion !== undefined ? { talosVersion: secrets.talosVersion } : {}),
    acceptedCAs: Object.fromEntries(accepted.map((name) => [name, [...secrets.acceptedCAs[name]]])),
  };
}

/**
 * The authority of a `secrets` input that signs.
 *
 * @throws PkiError ERR_INPUT_MISSING when the bundle holds none, those of parseAuthority
 */
export function readSigner(secrets: ClusterSecrets, name: "os" | "k8s", path: string): Authority {
  const pair = secrets.bundle.certs?.[name];
  const at = `${path}.certs.${name}`;
  if (pair?.crt === undefined || pair.key === undefined || pair.key === "") {
    const what = name === "os" ? "OS" : "Kubernetes";
    throw new PkiError(
      "ERR_INPUT_MISSING",
      `holds no ${what} authority with its private key; expected the bundle of a cluster`,
      { path: at },
    );
  }
  return parseSigner({ pem: { crt: pair.crt, key: pair.key }, paths: { crt: `${at}.crt`, key: `${at}.key` } });
}

/** Every certificate of a cluster asks for the same few authorities, several times each. */
const parseSigner = memoize(
  ({ pem, paths }: { pem: CertificateAndKey; paths: CertificateAndKey }) => parseAuthority(pem, paths),
  128,
);
