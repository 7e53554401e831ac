import { collectProblems, PkiError } from "./errors";
import { TALOS_RELEASES, type TalosReleases } from "./talosReleases";

/** A Talos version contract: what a config, a bundle or a certificate of that version looks like. */
export interface TalosVersion {
  /** The contract, `v1.13`. */
  readonly contract: string;
  /** 13 for `v1.13`. */
  readonly minor: number;
  /** The very release, if one was named: `v1.13.2`, `v1.12.3-beta.1`. */
  readonly release?: string;
}

/** Contracts from `from` up to `until`, both included; minors of Talos 1. A missing bound is open. */
interface Range {
  readonly from?: number;
  readonly until?: number;
}

/**
 * What changed when: every difference between contracts that this package acts on. Sources: siderolabs/talos
 * pkg/machinery/config/contract.go and config/generate, v1.13.0 and v1.14.1; bundles of v1.6 to v1.14.
 */
const FEATURES = {
  /** The bundle and `cluster` hold an AES-CBC key; after it a secretbox key. */
  aescbcEncryption: { until: 2 },
  /** A registry mirror for k8s.gcr.io is written. */
  alternateImageRegistries: { from: 2, until: 2 },
  apidCheckExtKeyUsage: { from: 3, until: 11 },
  auditPolicy: { from: 3 },
  disableManifestsDirectory: { from: 3 },
  diskQuotaSupport: { from: 5 },
  kubePrism: { from: 6 },
  hostDNS: { from: 7 },
  /** RSA 4096; before it EC P-256. */
  rsaServiceAccountKey: { from: 7 },
  /** Nodes read `acceptedCAs`, so a CA can be rotated. */
  acceptedCAs: { from: 7 },
  /**
   * The keys of the API server are the files service-account.key and .pub below /system/secrets/kubernetes/kube-apiserver, the
   * first written as the config has it, so that a mount makes it accept several. Measured with v1.13.0; read in the
   * sources of release-1.7 to release-1.13 (render_secrets_static_pod.go, control_plane_static_pod.go), which agree.
   */
  serviceAccountKeyMount: { from: 7, until: 13 },
  clusterNameForWorkers: { from: 8 },
  hostDNSForwardKubeDNS: { from: 8 },
  excludeFromExternalLoadBalancers: { from: 8 },
  /** Subject key identifiers of CAs are random; before it SHA-1 of the public key. */
  randomSubjectKeyIdentifier: { from: 11 },
  /** Workers ask trustd for a key of the type of the OS CA; before it always Ed25519. */
  anyOsAuthorityAlgorithm: { from: 11 },
  /** HostnameConfig and RegistryMirrorConfig documents; before it `machine.features` and `machine.registries`. */
  networkDocuments: { from: 12 },
  grubUseUKICmdline: { from: 12 },
  rbac: { until: 11 },
  disablePodSecurityPolicy: { until: 11 },
  apiServerSANsFromEndpoint: { until: 11 },
  /** A node tells which config it starts with next. */
  persistentConfig: { from: 10 },
  /** A node reboots to take a config: in mode `reboot`, and in `auto` where it must. */
  appliesWithReboot: { until: 13 },
  /** KubeSpanConfig document; before it `machine.network`. */
  kubeSpanDocument: { from: 13 },
  /** `cluster.id` in the standard base64 alphabet; before it in the URL alphabet. */
  standardBase64ClusterId: { from: 14 },
  /** Kubernetes, discovery, install, resolver and security settings are documents of their own. */
  kubernetesDocuments: { from: 14 },
} as const satisfies Record<string, Range>;

/** A row of the table of differences between contracts. */
export type TalosFeature = keyof typeof FEATURES;

/** The contracts that this package writes, oldest first. */
export const SUPPORTED_TALOS_VERSIONS: readonly string[] = [...TALOS_RELEASES.keys()].map((minor) => `v1.${minor}`);

/** The contract of a new cluster that names none. */
export const NEWEST_TALOS_VERSION = SUPPORTED_TALOS_VERSIONS[SUPPORTED_TALOS_VERSIONS.length - 1]!;

const SPELLING = /^v?(\d+)\.(\d+)(?:$|\.(.*)$)/s;
const PATCH_AND_SUFFIX = /^\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * Reads a Talos version as `talosctl --talos-version` does: `v1.13`, `1.13`, `v1.13.2`, `v1.12.3-beta.1`.
 * Source: siderolabs/talos pkg/machinery/config/contract.go, v1.14.1.
 *
 * @param path Property path for the error.
 * @param oldest Lowest minor that is taken; below v1.6 only to read and compare old files.
 * @throws PkiError ERR_VERSION_UNKNOWN, naming the supported versions.
 * @example
 * parseTalosVersion("1.13.2"); // { contract: "v1.13", minor: 13, release: "v1.13.2" }
 */
export function parseTalosVersion(text: string, path = "talosVersion", oldest = 6): TalosVersion {
  const match = SPELLING.exec(text);
  const minor = Number(match?.[2]);
  const newest = SUPPORTED_TALOS_VERSIONS.length + 5;
  if (match === null || match[1] !== "1" || !(minor >= oldest && minor <= newest)) {
    const problem = match === null ? "not a Talos version" : "not a supported Talos version";
    throw new PkiError(
      "ERR_VERSION_UNKNOWN",
      `${JSON.stringify(text.slice(0, 40))} is ${problem}; supported are ${SUPPORTED_TALOS_VERSIONS.join(", ")}`,
      { path },
    );
  }
  const contract = `v1.${minor}`;
  const rest = match[3];
  return rest !== undefined && PATCH_AND_SUFFIX.test(rest)
    ? { contract, minor, release: `${contract}.${rest}` }
    : { contract, minor };
}

/**
 * Whether a contract has a feature of the table.
 *
 * @example
 * hasFeature(parseTalosVersion("v1.13"), "kubernetesDocuments"); // false
 */
export function hasFeature(version: Pick<TalosVersion, "minor">, feature: TalosFeature): boolean {
  const { from, until }: Range = FEATURES[feature];
  return version.minor >= (from ?? 0) && version.minor <= (until ?? Infinity);
}

/**
 * The same of the release that a node says it runs. One that says none, or none that is known, counts as an old one.
 *
 * @example
 * releaseHasFeature("v1.14.1", "appliesWithReboot"); // false
 */
export function releaseHasFeature(release: string | undefined, feature: TalosFeature): boolean {
  const version = release === undefined ? undefined : collectProblems([], () => parseTalosVersion(release));
  return hasFeature(version ?? { minor: 0 }, feature);
}

/** The release whose defaults a version takes: the one it names, else the newest known of its minor. */
function releaseOf(version: TalosVersion): string {
  return version.release ?? `${version.contract}.${releasesOf(version).newestPatch}`;
}

/**
 * The Kubernetes version that `talosctl gen config` of a release writes, without `v`. A release that this package
 * does not know takes that of the nearest older one of its minor.
 *
 * @example
 * defaultKubernetesVersion(parseTalosVersion("v1.13.2")); // "1.36.0"
 */
export function defaultKubernetesVersion(version: TalosVersion): string {
  const patch = Number(/^v1\.\d+\.(\d+)/.exec(releaseOf(version))?.[1]);
  const rows = releasesOf(version).kubernetes;
  const row = rows.findLast(([since]) => since <= patch) ?? rows[0]!;
  return row[1];
}

/**
 * The installer image that `talosctl gen config` of a release writes.
 *
 * @example
 * defaultInstallImage(parseTalosVersion("v1.13.2")); // "ghcr.io/siderolabs/installer:v1.13.2"
 */
export function defaultInstallImage(version: TalosVersion): string {
  return `${releasesOf(version).installer}:${releaseOf(version)}`;
}

function releasesOf(version: TalosVersion): TalosReleases {
  return TALOS_RELEASES.get(version.minor) ?? TALOS_RELEASES.get(6)!;
}
