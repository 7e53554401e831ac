import { formatPem } from "../x509/pem";
import { parsePrivateKey } from "../x509/privateKey";
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
  const { k8s, etcd, k8sAggregator, k8sServiceAccount } = bundle.certs;
  const { publicKeyDer } = parsePrivateKey(k8sServiceAccount.key, "certs.k8sserviceaccount.key");
  return {
    "ca.crt": k8s.crt,
    "ca.key": kubernetesKey(k8s.key),
    "etcd/ca.crt": etcd.crt,
    "etcd/ca.key": kubernetesKey(etcd.key),
    "front-proxy-ca.crt": k8sAggregator.crt,
    "front-proxy-ca.key": kubernetesKey(k8sAggregator.key),
    "sa.key": kubernetesKey(k8sServiceAccount.key),
    "sa.pub": formatPem("PUBLIC KEY", publicKeyDer),
  };
}

/** Talos's own label stands over ordinary PKCS#8; every other key stays as it is, byte for byte. */
function kubernetesKey(pem: string): string {
  if (!pem.includes("ED25519 PRIVATE KEY")) return pem;
  const { keyObject } = parsePrivateKey(pem, "");
  return formatPem("PRIVATE KEY", keyObject.export({ format: "der", type: "pkcs8" }));
}
