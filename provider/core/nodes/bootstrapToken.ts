import { isTree, valueAt } from "../secrets/fields";
import { readPlainDocuments } from "../yaml/plain";

const TOKEN = /^([a-z0-9]{6})\.[a-z0-9]{16}$/;

/**
 * The Secret by which Kubernetes knows a bootstrap token that one config of a control plane has and the other has not.
 * Talos makes one for the token of its config, and leaves that of an earlier token where it is: whoever has the token can
 * still have a machine join. Source: Talos pkg/machinery, manifest of the bootstrapping token, measured with v1.13.0.
 *
 * @returns its path in the Kubernetes API; `undefined` where both configs have the same token, or none
 * @throws PkiError ERR_YAML_INVALID
 * @example
 * droppedBootstrapToken(before, after); // "/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef"
 */
export function droppedBootstrapToken(before: string, after: string): string | undefined {
  const [old, current] = [tokenId(before), tokenId(after)];
  return old === undefined || current === undefined || old === current
    ? undefined
    : `/api/v1/namespaces/kube-system/secrets/bootstrap-token-${old}`;
}

/** The part of the token that is no secret. */
function tokenId(config: string): string | undefined {
  const tokens = readPlainDocuments(config, "machineConfig")
    .filter(isTree)
    .map((document) => valueAt(document, ["cluster", "token"]));
  const token = tokens.find((text) => typeof text === "string");
  return typeof token === "string" ? TOKEN.exec(token)?.[1] : undefined;
}
