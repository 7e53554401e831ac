import type { Environment } from "../environment";
import { collectProblems, PkiError, type Problem } from "../errors";
import { parseAuthority } from "../x509/authority";
import { assertGoReads } from "../x509/goPem";
import { parsePrivateKey } from "../x509/privateKey";
import { type GenerateOptions, generateSecretsBundle } from "./generate";
import type { PartialSecretsBundle } from "./read";
import type { SecretsBundle } from "./types";

/** The files of a kubeadm `/etc/kubernetes/pki` that Talos takes over. */
export const KUBERNETES_PKI_FILES = [
  "ca.crt",
  "ca.key",
  "etcd/ca.crt",
  "etcd/ca.key",
  "front-proxy-ca.crt",
  "front-proxy-ca.key",
  "sa.key",
] as const;

/** A file of kubeadm's `/etc/kubernetes/pki`, by its path in that folder. */
export type KubernetesPkiFile = (typeof KUBERNETES_PKI_FILES)[number];

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
export function readKubernetesPki(files: KubernetesPkiFiles, path = "kubernetesPkiDirectory"): PartialSecretsBundle {
  const problems: Problem[] = KUBERNETES_PKI_FILES.filter((file) => files[file] === undefined).map((file) => ({
    code: "ERR_INPUT_MISSING",
    path: `${path}/${file}`,
    message: "the file is missing; expected the layout of kubeadm's /etc/kubernetes/pki",
  }));
  const pair = (name: string): { crt: string; key: string } => {
    const [crt, key] = [`${name}.crt`, `${name}.key`] as [KubernetesPkiFile, KubernetesPkiFile];
    const texts = { crt: files[crt] ?? "", key: files[key] ?? "" };
    if (files[crt] !== undefined && files[key] !== undefined) {
      collectProblems(problems, () => {
        parseAuthority(texts, { crt: `${path}/${crt}`, key: `${path}/${key}` });
        assertGoReads(texts.crt, `${path}/${crt}`);
        assertGoReads(texts.key, `${path}/${key}`);
      });
    }
    return texts;
  };
  const certs = { k8s: pair("ca"), etcd: pair("etcd/ca"), k8sAggregator: pair("front-proxy-ca") };
  const serviceAccountKey = files["sa.key"];
  if (serviceAccountKey !== undefined)
    collectProblems(problems, () => {
      parsePrivateKey(serviceAccountKey, `${path}/sa.key`);
      assertGoReads(serviceAccountKey, `${path}/sa.key`);
    });
  if (problems.length > 0 || serviceAccountKey === undefined) throw PkiError.of(problems);
  return { certs: { ...certs, k8sServiceAccount: { key: serviceAccountKey } } };
}

/**
 * Makes a bundle around a kubeadm PKI, as `talosctl gen secrets --from-kubernetes-pki` does: its authorities and
 * service account key are kept, the rest is generated.
 *
 * @param options.bootstrapToken the cluster's bootstrap token, if it shall stay
 * @throws PkiError as readKubernetesPki
 * @example
 * const bundle = await bundleFromKubernetesPki(files, { talosVersion: "v1.13" }, environment);
 */
export async function bundleFromKubernetesPki(
  files: KubernetesPkiFiles,
  options: Omit<GenerateOptions, "given"> & { readonly bootstrapToken?: string },
  environment: Environment,
): Promise<SecretsBundle> {
  const { bootstrapToken, ...generate } = options;
  const given: PartialSecretsBundle = {
    ...readKubernetesPki(files),
    ...(bootstrapToken === undefined ? {} : { secrets: { bootstrapToken } }),
  };
  return generateSecretsBundle({ ...generate, given }, environment);
}
