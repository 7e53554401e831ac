import { valueAt } from "../secrets/fields";
import { type CAName, INVENTORY } from "../secrets/inventory";
import { type Certificate, parseCACertificates } from "../x509/certificate";
import { configTrust } from "./nodeConfig";
import { shortFingerprint } from "./osTrust";

/** The ConfigMap, as a path of the Kubernetes API. */
export const AUTHENTICATION_CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

/**
 * By which CAs extension API servers know clients and front proxies. API servers write theirs into the ConfigMap and only
 * ever add to it. Source: kubernetes pkg/controlplane/controller/clusterauthenticationtrust, v1.35.
 */
const ROWS: readonly { readonly key: string; readonly name: CAName }[] = [
  { key: "client-ca-file", name: "kubernetes" },
  { key: "requestheader-client-ca-file", name: "aggregator" },
];

/**
 * CAs that the ConfigMap has and the config of a control plane has not, as a message names them; empty where there is
 * none.
 *
 * @param configMap the ConfigMap as the Kubernetes API gives it
 * @param config the machine config of a control plane
 * @throws PkiError ERR_YAML_INVALID, ERR_PEM_INVALID
 * @example
 * surplusAuthorities(configMap, config); // ["aggregator CA 0123456789ab"]
 */
export function surplusAuthorities(configMap: unknown, config: string): string[] {
  return ROWS.flatMap(({ key, name }) => {
    const text = valueAt(configMap, ["data", key]);
    const listed = typeof text === "string" && text.trim() !== "" ? parseCACertificates(text, `data.${key}`) : [];
    return beyond(listed, config, name);
  });
}

/**
 * CAs that a control plane trusts with one config and does not with the other, as far as the ConfigMap has them.
 *
 * @throws PkiError ERR_YAML_INVALID, ERR_PEM_INVALID
 * @example
 * droppedAuthorities(before, after); // ["Kubernetes CA 0123456789ab"], after the finish of a rotation
 */
export function droppedAuthorities(before: string, after: string): string[] {
  return ROWS.flatMap(({ name }) => beyond(trusted(before, name) ?? [], after, name));
}

/** Those that the config does not trust; none where it has no such CA at all, and so says nothing of them. */
function beyond(certificates: readonly Certificate[], config: string, name: CAName): string[] {
  const wanted = trusted(config, name)?.map(({ fingerprint }) => fingerprint);
  if (wanted === undefined) return [];
  return certificates
    .filter(({ fingerprint }) => !wanted.includes(fingerprint))
    .map((certificate) => `${INVENTORY[name].title} CA ${shortFingerprint(certificate)}`);
}

function trusted(config: string, name: CAName): readonly Certificate[] | undefined {
  const { issuing, accepted } = configTrust(config, name, "machineConfig");
  return issuing === undefined ? undefined : [issuing, ...accepted];
}
