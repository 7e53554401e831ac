import { PkiError, type Problem } from "../errors";
import { valueAt } from "../secrets/fields";
import { INVENTORY } from "../secrets/inventory";
import { hasFeature, type TalosVersion } from "../talosVersion";
import { keyFingerprint, type KeyInPem, parseKeys } from "../x509/publicKey";
import { readPlainDocuments } from "../yaml/plain";
import type { MachineConfigInput, MachineConfigOptions } from "./machineConfigOptions";
import { REDACTED } from "./secretLeaf";

const { bundle, acceptedOption } = INVENTORY.serviceAccount;
const [DIRECTORY, NAME] = ["/system/secrets/kubernetes/kube-apiserver", "service-account"];

/**
 * Up to v1.13 the API server accepts the keys of a file that Talos makes of the first key only. The other file has the
 * keys as the config has them; mounted in the place of the first, it makes the API server accept them all.
 */
export const KEY_MOUNT = {
  hostPath: `${DIRECTORY}/${NAME}.key`,
  mountPath: `${DIRECTORY}/${NAME}.pub`,
  readonly: true,
} as const;

/**
 * Keys whose service account tokens a control plane accepts, each once, the signing one first; none of a bundle without a
 * key that can be read.
 *
 * @throws PkiError ERR_PEM_INVALID; ERR_INPUT_INVALID where a version needs the private key of one that it accepts
 */
export function serviceAccountKeysOf(
  options: MachineConfigOptions,
  version: TalosVersion | undefined,
): readonly KeyInPem[] {
  if (options.machineType !== "controlplane") return [];
  const own = valueAt(options.secrets, bundle.split("."));
  if (typeof own !== "string" || own === REDACTED || !own.includes("-----BEGIN ")) return [];
  const keys = parseKeys(own, "secrets");
  const seen = new Set(keys.map(({ publicKeyDer }) => keyFingerprint(publicKeyDer)));
  const others = (options[acceptedOption] ?? []).flatMap((pem, index) => {
    const path = `${acceptedOption}[${index}]`;
    return parseKeys(pem, path).flatMap((key) => {
      const fingerprint = keyFingerprint(key.publicKeyDer);
      if (seen.has(fingerprint)) return [];
      seen.add(fingerprint);
      return [{ key, path }];
    });
  });
  const problems = others.flatMap(({ key, path }): Problem[] => {
    if (key.isPrivate || version === undefined || hasFeature(version, "kubernetesDocuments")) return [];
    const message = `is a public key, but the config of Talos ${version.contract} holds accepted keys as private ones; must be the private key`;
    return [{ code: "ERR_INPUT_INVALID", path, message }];
  });
  if (problems.length > 0) throw PkiError.of(problems);
  return [...keys, ...others.map(({ key }) => key)];
}

/**
 * What patches have made of the mount: it must be there as it is, and nothing else at its place.
 *
 * @param config with its patches, YAML
 * @param path of the patches
 * @returns problems ERR_CONFIG_INVALID
 */
export function mountProblems({ serviceAccountKeys, version }: MountInput, config: string, path: string): Problem[] {
  if (serviceAccountKeys.length < 2 || !hasFeature(version, "serviceAccountKeyMount")) return [];
  const volumes = readPlainDocuments(config, path).flatMap((document) => {
    const list = valueAt(document, ["cluster", "apiServer", "extraVolumes"]);
    return Array.isArray(list) ? (list as unknown[]) : [];
  });
  const at = (volume: unknown): string => {
    const path = valueAt(volume, ["mountPath"]);
    return cleanPath(typeof path === "string" ? path : "");
  };
  const clashing = volumes.filter((volume) => covers(at(volume), KEY_MOUNT.mountPath));
  const isOurs = (volume: unknown): boolean =>
    at(volume) === KEY_MOUNT.mountPath && valueAt(volume, ["hostPath"]) === KEY_MOUNT.hostPath;
  if (clashing.length === 1 && clashing.every(isOurs)) return [];
  const what =
    clashing.length === 0
      ? `leave out of cluster.apiServer.extraVolumes the mount at ${KEY_MOUNT.mountPath}`
      : `have in cluster.apiServer.extraVolumes a mount of their own that hides ${KEY_MOUNT.mountPath}`;
  const message = `${what}, by which the API server of Talos ${version.contract} accepts two service account keys; leave that path alone until rotation.serviceAccount is at finish`;
  return [{ code: "ERR_CONFIG_INVALID", path, message }];
}

type MountInput = Pick<MachineConfigInput, "serviceAccountKeys" | "version">;

/** An absolute path without empty, `.` and `..` steps. */
function cleanPath(path: string): string {
  const steps: string[] = [];
  for (const step of path.split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  }
  return `/${steps.join("/")}`;
}

/** Whether a mount hides a file. */
const covers = (mount: string, file: string): boolean => file === mount || file.startsWith(`${mount}/`);
