import { PkiError, type Problem } from "../errors";
import { encodeBase64, joinPem } from "../x509/pem";
import { checkClusterEndpoint } from "./clusterEndpoint";
import { credentialPemProblems } from "./credentialPem";
import { formatYamlDocuments } from "../yaml/emitter";

/** What a kubeconfig of one cluster and one user is written from. */
export interface KubeconfigOptions {
  /** Name of the cluster; not empty. */
  readonly clusterName: string;
  /** URL of the Kubernetes API, `https://10.0.0.1:6443`. */
  readonly clusterEndpoint: string;
  /** PEM, one text or several: the Kubernetes CAs that the client trusts, the issuing one last. */
  readonly caCertificatesPem: string | readonly string[];
  /** PEM of the user's certificate. */
  readonly clientCertificatePem: string;
  /** PEM of its private key; secret. */
  readonly clientKeyPem: string;
  /** User and context are `<userName>@<clusterName>`; default `admin`. */
  readonly userName?: string;
  /** Namespace of the context; default `default`. */
  readonly namespace?: string;
}

/**
 * Writes a kubeconfig as `talosctl kubeconfig` gets it from a control plane, byte for byte as client-go orders and
 * indents it. Source: siderolabs/talos pkg/kubeconfig/generate.go, v1.13; k8s.io/client-go v0.35.
 *
 * @throws PkiError ERR_INPUT_MISSING for an empty name, ERR_INPUT_INVALID for a namespace that is not a DNS label,
 *   ERR_ENDPOINT_INVALID, those of PEM and key, all at once
 * @example
 * const text = formatKubeconfig({ clusterName: "alpha", clusterEndpoint: "https://10.0.0.1:6443", caCertificatesPem, clientCertificatePem, clientKeyPem });
 */
export function formatKubeconfig(options: KubeconfigOptions): string {
  const { clusterName, userName = "admin", namespace = "default", caCertificatesPem } = options;
  const { endpoint, problems } = checkClusterEndpoint(options.clusterEndpoint);
  const missing = Object.entries({ clusterName, userName, namespace }).flatMap(([path, value]): Problem[] =>
    value === "" ? [{ code: "ERR_INPUT_MISSING", path, message: "is empty; must be a name" }] : [],
  );
  const wrong = [
    ...missing,
    ...namespaceProblems(namespace, "namespace"),
    ...problems,
    ...credentialPemProblems(options),
  ];
  if (endpoint === undefined || wrong.length > 0) throw PkiError.of(wrong);
  const user = scalar(`${userName}@${clusterName}`);
  return `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${encodeBase64(joinPem(caCertificatesPem))}
    server: ${scalar(endpoint.url)}
  name: ${scalar(clusterName)}
contexts:
- context:
    cluster: ${scalar(clusterName)}
    namespace: ${scalar(namespace)}
    user: ${user}
  name: ${user}
current-context: ${user}
kind: Config
users:
- name: ${user}
  user:
    client-certificate-data: ${encodeBase64(options.clientCertificatePem)}
    client-key-data: ${encodeBase64(options.clientKeyPem)}
`;
}

/** @returns ERR_INPUT_INVALID for what Kubernetes takes for no namespace: it must be a DNS label (RFC 1123) */
export function namespaceProblems(namespace: string, path: string): Problem[] {
  if (namespace === "" || /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) return [];
  const message = `${JSON.stringify(namespace)} is not a namespace; must be at most 63 of a-z, 0-9 and - (a DNS label), such as kube-system`;
  return [{ code: "ERR_INPUT_INVALID", path, message }];
}

function scalar(text: string): string {
  return /[\r\n]/.test(text) ? JSON.stringify(text) : formatYamlDocuments([text]).trimEnd();
}
