import type { StagedName } from "../secrets/inventory";
import type { MachineType } from "../secrets/types";
import type { RotationPosition } from "./rotation";

/** CAs (or keys) that are in play in a rotation, seen from the state: the issuing one, the other that is accepted, and the old ones. */
export const ROTATION_PARTIES = ["issuing", "other", "retired"] as const;
export type RotationParty = (typeof ROTATION_PARTIES)[number];

/** How gaps of a place are said; a name is that of a CA or key, such as `the old CA`. */
interface PlaceRow {
  /** Where a person finds it; empty where an authority has this place only. */
  readonly title: string;
  /** Which nodes have it. */
  readonly on: "all" | "controlplane";
  /** How it shows who issues; absent where it does not show that. */
  readonly shows?: readonly [verb: string, preposition: string];
  readonly rejects: (name: string) => string;
  readonly admits: (name: string) => string;
  readonly untried: (name: string) => string;
}

const CLIENTS = {
  rejects: (name: string) => `does not let clients of ${name} in`,
  admits: (name: string) => `still lets clients of ${name} in`,
  untried: (name: string) => `nobody could knock as a client of ${name}`,
};
const SERVES = { shows: ["serves a certificate", "of"] } as const;

/** Where a node shows which CAs it has in use. */
export const PLACES = {
  talosAPI: { title: "", on: "all", ...SERVES, ...CLIENTS },
  etcdClients: { title: "etcd (2379)", on: "controlplane", ...SERVES, ...CLIENTS },
  etcdPeers: { title: "etcd's peers (2380)", on: "controlplane", ...SERVES, ...CLIENTS },
  apiServer: { title: "API server", on: "controlplane", ...SERVES, ...CLIENTS },
  kubelet: { title: "kubelet", on: "all", ...CLIENTS },
  frontProxy: {
    title: "",
    on: "controlplane",
    shows: ["calls extension API servers with a certificate", "of"],
    rejects: (name) => `does not let front-proxy clients of ${name} in`,
    admits: (name) => `still lets front-proxy clients of ${name} in`,
    untried: (name) => `nobody could knock as a front-proxy client of ${name}`,
  },
  tokens: {
    title: "",
    on: "controlplane",
    shows: ["signs tokens", "with"],
    rejects: (name) => `does not accept tokens of ${name}`,
    admits: (name) => `still accepts tokens of ${name}`,
    untried: (name) => `cannot be asked whether it accepts tokens of ${name}`,
  },
} as const satisfies Readonly<Record<string, PlaceRow>>;
export type Place = keyof typeof PLACES;

/** Any row; what only some rows have is optional. */
export const placeRow = (place: Place): PlaceRow => PLACES[place];

/** A program of a control plane that loads certificates and keys once, when it starts. */
export type Component = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler";

/** What proves on a node that a rotation has come through a stage. */
interface ProofRow {
  readonly places: readonly Place[];
  /** Programs that must have started with the files of the stage: what they show by themselves is not the whole truth, or comes too early. */
  readonly restarts: { readonly [Position in RotationPosition]?: readonly Component[] };
  /** What proves that the old CA is out: a client of it that is rejected, the restart, or a list of what is accepted. */
  readonly removal: "client" | "restart" | "list";
}

const always = (...components: readonly Component[]): ProofRow["restarts"] => ({
  accept: components,
  swap: components,
  finish: components,
});

/**
 * What each authority must show. Measured on real nodes of Talos 1.13.0.
 *
 * - etcd: three clients load the CA once (etcd, the API server's client, machined's health client), so `accept` needs a
 *   whole start of the service; `swap` is served without one; after `finish` the old CA is trusted until a start.
 * - aggregator, service account: the API server reloads files at once, and its pod restarts up to 20 s later.
 * - Kubernetes: the controller manager and the scheduler listen on loopback only, so their pods must tell.
 */
export const PROOFS: Readonly<Record<StagedName, ProofRow>> = {
  os: { places: ["talosAPI"], restarts: {}, removal: "client" },
  kubernetes: {
    places: ["apiServer", "kubelet"],
    restarts: always("kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    removal: "client",
  },
  etcd: {
    places: ["etcdClients", "etcdPeers"],
    restarts: { accept: ["etcd", "kube-apiserver"], finish: ["etcd", "kube-apiserver"] },
    removal: "restart",
  },
  aggregator: { places: ["frontProxy"], restarts: always("kube-apiserver"), removal: "restart" },
  serviceAccount: {
    places: ["tokens"],
    restarts: always("kube-apiserver", "kube-controller-manager"),
    removal: "list",
  },
};

/** What a place of a node showed to those who knocked. */
export interface PlaceObservation {
  readonly place: Place;
  /** Whose certificate it serves, or which key it signs with; `undefined` when it could not be reached, or does not show it. */
  readonly serves?: RotationParty | "stranger";
  /** Whether it let in a client of each party; a party that nobody could speak for is absent. */
  readonly trusts: { readonly [Party in RotationParty]?: boolean };
  /** Why it could not be reached, or did not let somebody in. */
  readonly reason?: string;
  /** Why it could not be asked what it has in use, where that must be known. */
  readonly unread?: string;
  /** It answers that it cannot tell yet: after a restart a kubelet needs a minute to reach its API server. */
  readonly isSettling?: true;
}

/** Whether a program runs with the files of the config. */
export interface ComponentObservation {
  readonly component: Component;
  /** It has started after they were written, and is Ready; `undefined` when nobody could tell. */
  readonly isCurrent?: boolean;
  /** When it started. */
  readonly since?: Date;
  /** Why it is not current, or why nobody could tell. */
  readonly reason?: string;
  /** It is on its way: only time is needed until it runs with the files, and is Ready. */
  readonly isSettling?: true;
}

/** What a node showed of one authority. */
export interface NodeObservation {
  /** Its address. */
  readonly node: string;
  /** `undefined` when nobody could tell. */
  readonly machineType?: MachineType;
  readonly places: readonly PlaceObservation[];
  readonly components: readonly ComponentObservation[];
}

/**
 * Whether a node has anything to show of an authority: a worker has no etcd. A node of unknown type counts as a control
 * plane.
 *
 * @example
 * isConcerned("etcd", "worker"); // false
 */
export function isConcerned(authority: StagedName, machineType: MachineType | undefined): boolean {
  return machineType !== "worker" || PROOFS[authority].places.some((place) => PLACES[place].on === "all");
}

/**
 * The places that a node of this type has.
 *
 * @example
 * placesOf("kubernetes", "worker"); // ["kubelet"]
 */
export function placesOf(authority: StagedName, machineType: MachineType | undefined): readonly Place[] {
  return PROOFS[authority].places.filter((place) => machineType !== "worker" || PLACES[place].on === "all");
}

/** How long a token may live without renewal unless configured otherwise: kubelets renew at 80 % of an hour, milliseconds. */
export const TOKEN_GRACE_MS = 70 * 60_000;

/** How long old service account tokens may still be in use. */
export interface TokenGrace {
  /** When the last API server that signs with the new key will have run for the whole period; absent when no API server is known. */
  readonly until?: Date;
  /** Control planes whose API server's start is not known; while there are any, nobody can say. */
  readonly unknown: readonly string[];
}

/**
 * When the tokens of the old service account key can have been renewed everywhere.
 *
 * @param observations what the nodes showed of the service account key
 * @param periodMs how long a token may live without renewal, milliseconds
 * @example
 * tokenGrace(observations, 70 * 60_000).until; // 70 minutes after the start of the API server that started last
 */
export function tokenGrace(observations: readonly NodeObservation[], periodMs: number): TokenGrace {
  const servers = observations
    .filter(({ machineType }) => isConcerned("serviceAccount", machineType))
    .map(({ node, components }) => ({
      node,
      since: components.find(({ component }) => component === "kube-apiserver")?.since,
    }));
  const starts = servers.flatMap(({ since }) => (since === undefined ? [] : [since.getTime()]));
  return {
    unknown: servers.filter(({ since }) => since === undefined).map(({ node }) => node),
    ...(starts.length === 0 ? {} : { until: new Date(Math.max(...starts) + periodMs) }),
  };
}
