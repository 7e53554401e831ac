import { PkiError } from "../errors";
import { isTree, valueAt } from "../secrets/fields";
import { decodeBase64 } from "../x509/pem";
import { parseCACertificates } from "../x509/certificate";
import { parsePrivateKey, pkcs8Pem } from "../x509/privateKey";
import { readPlainYaml } from "../yaml/plain";

/** The first client of a kubeconfig, and whom it trusts. */
export interface KubeconfigClient {
  /** PEM. */
  readonly authorities: readonly string[];
  readonly identity: { readonly certificatePem: string; readonly privateKeyPem: string };
}

/**
 * Reads the client of a kubeconfig that `talosctl kubeconfig` writes: one cluster, one user, all in base64.
 *
 * @returns PEM; the key as PKCS#8
 * @throws PkiError ERR_YAML_INVALID, ERR_INPUT_INVALID
 */
export function parseKubeconfigClient(text: string): KubeconfigClient {
  const tree = readPlainYaml(text, "kubeconfig");
  const pem = (list: string, path: readonly string[]): string => {
    const items = isTree(tree) ? tree[list] : undefined;
    const value = valueAt(Array.isArray(items) ? (items as readonly unknown[])[0] : undefined, path);
    const bytes = typeof value === "string" ? decodeBase64(value) : undefined;
    if (bytes === undefined) {
      const message = `holds no ${path.join(".")}; must be a kubeconfig with certificates inside`;
      throw new PkiError("ERR_INPUT_INVALID", message, { path: "kubeconfig" });
    }
    return Buffer.from(bytes).toString("utf8");
  };
  const authorities = parseCACertificates(pem("clusters", ["cluster", "certificate-authority-data"]), "kubeconfig");
  const key = parsePrivateKey(pem("users", ["user", "client-key-data"]), "kubeconfig");
  return {
    authorities: authorities.map((authority) => authority.pem),
    identity: {
      certificatePem: pem("users", ["user", "client-certificate-data"]),
      privateKeyPem: pkcs8Pem(key),
    },
  };
}
