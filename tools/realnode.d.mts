/** Absolute paths of what real nodes are made of. */
export interface RealNodeTools {
  readonly nodebox: string;
  /** The root file system of every node. */
  readonly rootfs: string;
  /** The images that the registry of the nodes serves. */
  readonly images: string;
  readonly talosctl: string;
}

/** What is built and current, or undefined if anything is missing. Builds nothing. */
export function findRealNodes(env?: NodeJS.ProcessEnv): Promise<RealNodeTools | undefined>;

/** The root file system of nodes of the next release of Talos, or undefined if it is not built. Builds nothing. */
export function findNextRoot(env?: NodeJS.ProcessEnv): string | undefined;

/** Builds what is missing or old, with progress on stderr. */
export function ensureRealNodes(env?: NodeJS.ProcessEnv): Promise<RealNodeTools>;

/** Why this machine cannot run real nodes, whatever is installed, or undefined if it can. */
export function whyNoNodes(): Promise<string | undefined>;

/** The versions of what runs on the nodes, such as "1.13.0". */
export function versions(): { readonly talos: string; readonly kubernetes: string; readonly etcd: string };

/** The config patch, in YAML, that a node needs whose set has this registry. */
export function machinePatch(registryAddress: string): string;

/** How to start a node. */
export interface StartOptions {
  /** The machine config to boot with. Without it a node begins in maintenance mode. */
  readonly userData?: string | undefined;
  /** A reset brings the node back empty, as a machine; else it ends, as a container. */
  readonly resetWipes?: boolean | undefined;
  /** Another root file system than that of the set: `findNextRoot`'s. */
  readonly rootfs?: string | undefined;
}

/** A node of a set, running or stopped. */
export interface NodeAddress {
  readonly name: string;
  readonly address: string;
  /** `address`, and what `addAddresses` has added. */
  readonly addresses: readonly string[];
}

/** How to make a set of nodes. */
export interface SetOptions {
  /** The set stays when this process ends; else it is removed then, whatever ends it. */
  readonly lasting?: boolean;
  /** A /24 such as "10.140.7.0/24"; any free one by default. */
  readonly subnet?: string;
}

/** Real Talos nodes of one owner, in a network of their own that this machine is in. */
export class NodeSet {
  static create(programs: RealNodeTools, options?: SetOptions): Promise<NodeSet>;
  static lasting(programs: RealNodeTools | undefined, wanted?: string): NodeSet[];
  static removeAbandoned(): Promise<void>;
  readonly folder: string;
  readonly registryAddress: string;
  logPath(name: string): string;
  nodes(): NodeAddress[];
  start(name: string, options?: StartOptions): Promise<NodeAddress>;
  isRunning(name: string): boolean;
  stop(name: string): Promise<void>;
  wipe(name: string): Promise<void>;
  cutOff(name: string): Promise<void>;
  restore(name: string): Promise<void>;
  addAddresses(name: string, count: number): Promise<string[]>;
  close(): Promise<void>;
}
