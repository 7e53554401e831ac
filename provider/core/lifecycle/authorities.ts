import { INVENTORY, type StagedName } from "../secrets/inventory";
import { hasFeature, type TalosFeature, type TalosVersion } from "../talosVersion";

/** What has to start anew on a control plane before a stage is in force there. */
export type Restart =
  /** Nothing: what changes is read again by itself. */
  | "nothing"
  /** The kubelet, right after the apply: it then restarts the API server at once instead of within 20 s. */
  | "kubelet"
  /** The machine, one at a time: etcd, the API server and machined read the etcd CA once. */
  | "reboot";

/** What a rotation needs to know of a CA or key. */
export interface AuthorityRow {
  /** What it is. */
  readonly noun: "CA" | "key";
  /** Which nodes have it, and are asked for it. */
  readonly asked: "all" | "controlplane";
  /** The oldest nodes that accept two, by the features that do it: one of them is enough. */
  readonly needs: readonly TalosFeature[];
  /** What every node shows that has completed a stage. */
  readonly shows: Readonly<Record<"accept" | "swap", string>>;
  /** What has to start anew when a control plane gets the config of a stage. */
  readonly restarts: Readonly<Record<"accept" | "swap" | "finish", Restart>>;
  /** Control planes without which a stage stops the cluster for a while. */
  readonly quorum?: number;
}

const RESTARTS_NOTHING = { accept: "nothing", swap: "nothing", finish: "nothing" } as const;
const RESTARTS_KUBELET = { accept: "kubelet", swap: "kubelet", finish: "kubelet" } as const;
const SHOWS_CA = { accept: "trusts both CAs", swap: "serves a certificate of the new CA" } as const;

/**
 * What rotates in stages, one row each. Where configs have it is in the inventory (`config`, `accepted`); how a stage was
 * measured on real nodes is in docs/rotate.md.
 */
export const AUTHORITIES: Readonly<Record<StagedName, AuthorityRow>> = {
  os: {
    noun: "CA",
    asked: "all",
    needs: ["acceptedCAs"],
    shows: SHOWS_CA,
    restarts: RESTARTS_NOTHING,
  },
  kubernetes: {
    noun: "CA",
    asked: "all",
    needs: ["acceptedCAs"],
    shows: SHOWS_CA,
    // The API server and the kubelet start anew by themselves.
    restarts: RESTARTS_NOTHING,
  },
  etcd: {
    noun: "CA",
    asked: "controlplane",
    needs: ["acceptedCAs"],
    shows: SHOWS_CA,
    restarts: { accept: "reboot", swap: "nothing", finish: "reboot" },
    quorum: 3,
  },
  aggregator: {
    noun: "CA",
    asked: "controlplane",
    needs: ["acceptedCAs"],
    shows: { accept: "trusts both CAs", swap: "calls aggregated APIs with a certificate of the new CA" },
    restarts: RESTARTS_KUBELET,
  },
  serviceAccount: {
    noun: "key",
    asked: "controlplane",
    needs: ["serviceAccountKeyMount", "kubernetesDocuments"],
    shows: { accept: "accepts tokens of both keys", swap: "signs tokens with the new key" },
    restarts: RESTARTS_KUBELET,
  },
};

/**
 * Why nodes of a version cannot rotate a CA or key in stages; `undefined` where they can.
 *
 * @example
 * unsupportedReason("etcd", parseTalosVersion("v1.6")); // "Talos v1.6 knows no accepted CAs, …"
 */
export function unsupportedReason(name: StagedName, version: TalosVersion): string | undefined {
  const { needs, noun } = AUTHORITIES[name];
  if (needs.some((feature) => hasFeature(version, feature))) return undefined;
  return noun === "CA"
    ? `Talos ${version.contract} knows no accepted CAs, so its CAs cannot be rotated in stages; upgrade to v1.7 or later first`
    : `the API servers of Talos ${version.contract} accept tokens of one key only, so that it cannot be rotated in stages; upgrade to v1.7 or later first`;
}

/** `the etcd CA`, `the service account key`. */
export const authorityTitle = (name: StagedName): string => `the ${INVENTORY[name].title} ${AUTHORITIES[name].noun}`;

const RESTART_TEXTS: Readonly<Record<Restart, string | undefined>> = {
  nothing: undefined,
  kubelet: "restart the kubelet of each right after its apply",
  reboot: "reboot each after its apply, one at a time, when etcd is healthy everywhere",
};

/**
 * How a stage gets to the nodes, in a sentence.
 *
 * @example
 * describeApply("etcd", "swap"); // "apply the machine configs to every control plane"
 */
export function describeApply(name: StagedName, position: "accept" | "swap" | "finish" | "abort"): string {
  const { asked, restarts } = AUTHORITIES[name];
  const nodes =
    asked === "all"
      ? "apply the machine configs to every control plane, then to every worker"
      : "apply the machine configs to every control plane, one after the other";
  // To be rid of the next one again takes what it took to accept it.
  const restart = RESTART_TEXTS[restarts[position === "abort" ? "accept" : position]];
  return restart === undefined ? nodes : `${nodes}, and ${restart}`;
}
