import type { Environment } from "../environment";
import { PkiError, type Problem } from "../errors";
import { type DecodedBundle, decodeValues, talosctlPaths } from "./decodedBundle";
import { SECRET_FIELDS } from "./fields";
import { type GenerateOptions, generateDecodedBundle } from "./generate";
import type { KubeadmFile } from "./inventory";
import type { SecretsBundle } from "./types";
import { pemProblems } from "./validate";

/** A file of kubeadm's `/etc/kubernetes/pki`, by its path in that folder: `ca.crt`, `etcd/ca.key`, `sa.key` … */
export type KubernetesPkiFile = KubeadmFile;

/** The files of a kubeadm `/etc/kubernetes/pki` that Talos takes over. */
export const KUBERNETES_PKI_FILES = SECRET_FIELDS.flatMap(({ kubeadm }) =>
  kubeadm === undefined ? [] : [kubeadm],
) as readonly KubernetesPkiFile[];

/** Texts by file name; a missing file is absent. */
export type KubernetesPkiFiles = { readonly [File in KubernetesPkiFile]?: string };

/**
 * Reads a kubeadm PKI; every byte of it is kept as it is.
 *
 * Source: siderolabs/talos config/generate/secrets/bundle.go, NewBundleFromKubernetesPKI, v1.13.
 *
 * @param path prefix of error paths, such as `kubernetesPkiDirectory`
 * @throws PkiError ERR_INPUT_MISSING per missing file, those of parseAuthority and parsePrivateKey
 */
export function decodeKubernetesPki(files: KubernetesPkiFiles, path = "kubernetesPkiDirectory"): DecodedBundle {
  const missing = KUBERNETES_PKI_FILES.filter((file) => files[file] === undefined).map((file): Problem => ({
    code: "ERR_INPUT_MISSING",
    path: `${path}/${file}`,
    message: "the file is missing; must be the layout of kubeadm's /etc/kubernetes/pki",
  }));
  const decoded = decodeValues(({ kubeadm }) => {
    const value = files[kubeadm as KubernetesPkiFile];
    return value === undefined ? undefined : { value, path: `${path}/${kubeadm ?? ""}` };
  }, talosctlPaths(path));
  const problems = [...missing, ...pemProblems(decoded)];
  if (problems.length > 0) throw PkiError.of(problems);
  return decoded;
}

/**
 * Makes a bundle around a kubeadm PKI, as `talosctl gen secrets --from-kubernetes-pki` does: its CAs and
 * service account key are kept, the rest is generated.
 *
 * @param options.bootstrapToken the cluster's bootstrap token, if it shall stay
 * @throws PkiError ERR_INPUT_MISSING per missing file, those of parseAuthority and parsePrivateKey
 * @example
 * const bundle = await bundleFromKubernetesPki(files, { talosVersion: "v1.13" }, environment);
 */
export async function bundleFromKubernetesPki(
  files: KubernetesPkiFiles,
  options: Omit<GenerateOptions, "given"> & { readonly bootstrapToken?: string },
  environment: Environment,
): Promise<SecretsBundle> {
  const { bootstrapToken, ...generate } = options;
  const adopted = decodeKubernetesPki(files);
  const supplied = bootstrapToken === undefined ? adopted : adopted.with("bootstrapToken", bootstrapToken);
  return (await generateDecodedBundle({ ...generate, supplied }, environment)).wholeBundle;
}
