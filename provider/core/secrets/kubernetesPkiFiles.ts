import { formatPem } from "../x509/pem";
import { parsePrivateKey } from "../x509/privateKey";
import { SECRET_FIELDS, valueAt } from "./fields";
import { isCAName } from "./inventory";
import type { KubernetesPkiFile } from "./kubernetesPki";
import type { SecretsBundle } from "./types";

/**
 * The Kubernetes part of a bundle as kubeadm lays it out under /etc/kubernetes/pki; the way back of
 * bundleFromKubernetesPki. An Ed25519 key gets the label that Kubernetes reads instead of Talos's own.
 *
 * @returns texts by path within the folder, `sa.pub` too
 * @throws PkiError as parsePrivateKey
 * @example
 * kubernetesPkiFiles(bundle)["front-proxy-ca.crt"];
 */
export function kubernetesPkiFiles(bundle: SecretsBundle): Readonly<Record<KubernetesPkiFile | "sa.pub", string>> {
  const files: Record<string, string> = {};
  for (const { secret, half, kubeadm, ...field } of SECRET_FIELDS) {
    const pem = valueAt(bundle, field.bundle);
    if (kubeadm === undefined || typeof pem !== "string") continue;
    files[kubeadm] = half === "crt" ? pem : kubernetesKey(pem);
    if (isCAName(secret)) continue;
    const { publicKeyDer } = parsePrivateKey(pem, field.talosctl.join("."));
    files[kubeadm.replace(/key$/, "pub")] = formatPem("PUBLIC KEY", publicKeyDer);
  }
  return files as Record<KubernetesPkiFile | "sa.pub", string>;
}

/** Talos's own label is over ordinary PKCS#8; every other key stays as it is, byte for byte. */
function kubernetesKey(pem: string): string {
  if (!pem.includes("ED25519 PRIVATE KEY")) return pem;
  const { keyObject } = parsePrivateKey(pem, "");
  return formatPem("PRIVATE KEY", keyObject.export({ format: "der", type: "pkcs8" }));
}
