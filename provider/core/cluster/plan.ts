import type { Problem } from "../errors";
import { readNodeAddress } from "../nodes/nodeAddress";
import { installDiskPatch } from "./installDisk";
import { isPlainObject, MACHINE_TYPES, type NamedNode, readNodes } from "./nodes";
import { child, given, output, type Value, type Values } from "./values";

/** The resources that a cluster consists of. */
export type ChildKind =
  | "TalosSecrets"
  | "MachineConfig"
  | "ClientConfiguration"
  | "Kubeconfig"
  | "ConfigurationApply"
  | "Bootstrap"
  | "ClusterHealth";

/** One resource of a cluster. */
export interface Child {
  /** What follows the name of the cluster in its own: `apply-10.0.0.2`. */
  readonly key: string;
  readonly kind: ChildKind;
  readonly inputs: Values;
  /** Children that must be done before. */
  readonly after: readonly string[];
  /** Name or URN of a resource that the stack had in its place. */
  readonly formerly?: string;
}

/** What a cluster consists of, as data. */
export interface ClusterPlan {
  /** In an order in which each comes after those that it names. */
  readonly children: readonly Child[];
  readonly outputs: Values;
  readonly problems: readonly Problem[];
}

/** Names of inputs that a resource of the cluster takes as they are. */
export interface PassedInputs {
  readonly TalosSecrets: readonly string[];
  readonly MachineConfig: readonly string[];
}

/** Inputs of the component itself. */
type ClusterInputs = Readonly<Record<string, unknown>>;

/** How many workers take a change at a time where the program does not say. */
export const DEFAULT_MAX_PARALLEL = 5;

const OWN_INPUTS: readonly string[] = [
  "controlPlaneNodes",
  "workerNodes",
  "clients",
  "healthLevel",
  "maxParallel",
  "onDestroy",
  "timeouts",
  "aliases",
];

const ADMIN = "admin";

/**
 * The resources of a cluster with what each is given and waits for.
 *
 * @param passed the inputs that go to a resource as they are
 * @example
 * planCluster({ clusterName: "prod", clusterEndpoint: "https://10.0.0.10:6443", controlPlaneNodes: [] }, passed).children;
 */
export function planCluster(inputs: ClusterInputs, passed: PassedInputs): ClusterPlan {
  const { nodes, problems } = readNodes(inputs);
  const clients = clientsOf(inputs["clients"]);
  const children = [
    secretsOf(inputs, passed, nodes),
    ...MACHINE_TYPES.map((machineType) => machineConfigOf(inputs, passed, machineType)),
    ...Object.entries(clients).map(([name, options]) => clientOf(inputs, name, options, nodes)),
    ...appliesOf(inputs, nodes),
    ...etcdOf(inputs, nodes),
  ];
  const after = children.filter(({ kind }) => kind === "ClusterHealth").map(({ key }) => key);
  children.push(kubeconfigOf(inputs, after));
  const known = children.map(({ key }) => key);
  return {
    children: children.map((made) => withFormer(made, inputs["aliases"])),
    outputs: outputsOf(Object.keys(clients), after),
    problems: [
      ...unknownInputs(inputs, passed),
      ...problems,
      ...parallelProblems(inputs["maxParallel"]),
      ...mapProblems(inputs["clients"], "clients"),
      ...aliasProblems(inputs["aliases"], known),
    ],
  };
}

const controlPlanes = (nodes: readonly NamedNode[]): NamedNode[] =>
  nodes.filter(({ machineType }) => machineType === "controlplane");

const addressesOf = (nodes: readonly NamedNode[]): unknown[] => nodes.map(({ address }) => address);

function pick(inputs: ClusterInputs, names: readonly string[]): Values {
  return Object.assign({}, ...names.map((name) => given(name, inputs[name]))) as Values;
}

const CLUSTER = ["clusterName", "clusterEndpoint"] as const;

function secretsOf(inputs: ClusterInputs, passed: PassedInputs, nodes: readonly NamedNode[]): Child {
  const asked = nodes.map(({ address, machineType }) => ({ address, machineType }));
  return {
    key: "secrets",
    kind: "TalosSecrets",
    inputs: { ...pick(inputs, passed.TalosSecrets), ...given("nodes", asked.length === 0 ? undefined : asked) },
    after: [],
  };
}

function machineConfigOf(inputs: ClusterInputs, passed: PassedInputs, machineType: string): Child {
  return {
    key: machineType,
    kind: "MachineConfig",
    inputs: {
      ...pick(inputs, [...CLUSTER, ...passed.MachineConfig]),
      secrets: child("secrets"),
      machineType: { value: machineType },
    },
    after: [],
  };
}

/** The clients that the program configures, and the administrator. */
function clientsOf(clients: unknown): Readonly<Record<string, ClusterInputs>> {
  const own = Object.entries(isPlainObject(clients) ? clients : {});
  const options = own.map(([name, value]) => [name, isPlainObject(value) ? value : {}] as const);
  return { [ADMIN]: {}, ...Object.fromEntries(options) };
}

function clientOf(inputs: ClusterInputs, name: string, options: ClusterInputs, nodes: readonly NamedNode[]): Child {
  const targets = addressesOf(controlPlanes(nodes));
  const isReachable = targets.length > 0;
  return {
    key: `client-${name}`,
    kind: "ClientConfiguration",
    inputs: {
      ...(isReachable ? { endpoints: { value: targets }, nodes: hostsOf(targets) } : {}),
      ...pick(options, Object.keys(options)),
      ...pick(inputs, ["clusterName"]),
      secrets: child("secrets"),
    },
    after: [],
  };
}

/** The same without ports: an endpoint calls the nodes behind it at apid's own. */
const hostsOf = (addresses: readonly unknown[]): Value =>
  addresses.every((address) => typeof address === "string")
    ? { value: addresses.map(hostOf) }
    : { from: addresses.map((value) => ({ value })), make: (known) => known.map(hostOf) };

/** What is no address is rejected where it is configured. */
const hostOf = (address: unknown): unknown =>
  typeof address === "string" ? (readNodeAddress(address)?.host ?? address) : address;

/** The key of the resource that gives a node its config. */
const applyOf = ({ key }: NamedNode): string => `apply-${key}`;

/**
 * Control planes in a chain: the next is not begun before the one before it is proved. Workers come after the last
 * control plane, each after the one that stands `maxParallel` places before it. Nothing here is an input of a resource,
 * so a chain that closes around a node that was taken away changes none of the others.
 */
function appliesOf(inputs: ClusterInputs, nodes: readonly NamedNode[]): Child[] {
  const first = controlPlanes(nodes).map(applyOf);
  const workers = nodes.filter(({ machineType }) => machineType === "worker");
  const others = workers.map(applyOf);
  const lanes = maxParallelOf(inputs);
  const chained = controlPlanes(nodes).map((node, index) => nodeOf(inputs, node, first.slice(0, index).slice(-1)));
  const laned = workers.map((node, index) => {
    const before = index < lanes ? [] : [others[index - lanes]!];
    return nodeOf(inputs, node, [...first.slice(-1), ...before]);
  });
  return [...chained, ...laned];
}

function nodeOf(inputs: ClusterInputs, node: NamedNode, after: readonly string[]): Child {
  return {
    key: applyOf(node),
    kind: "ConfigurationApply",
    inputs: {
      node: { value: node.address },
      secrets: child("secrets"),
      machineConfig: child(node.machineType),
      ...patchesOf(node),
      ...given("maintenance", node.maintenance),
      ...given("onDestroy", node.onDestroy ?? inputs["onDestroy"]),
      ...given("timeouts", inputs["timeouts"]),
    },
    after,
  };
}

/** A disk of its own is a patch, whose form depends on the version of Talos; the node's patches come after it. */
function patchesOf({ machineType, installDisk, configPatches }: NamedNode): Values {
  if (installDisk === undefined) return given("configPatches", configPatches);
  const from: Value[] = [output(machineType, "talosVersion"), { value: installDisk }, { value: configPatches ?? [] }];
  return {
    configPatches: {
      from,
      make: ([talosVersion, disk, patches]) => [
        installDiskPatch(String(talosVersion), String(disk)),
        ...(patches as unknown[]),
      ],
    },
  };
}

function etcdOf(inputs: ClusterInputs, nodes: readonly NamedNode[]): Child[] {
  const members = controlPlanes(nodes);
  const [first] = members;
  if (first === undefined) return [];
  const workers = nodes.filter((node) => !members.includes(node));
  const common = {
    secrets: child("secrets"),
    controlPlaneNodes: { value: addressesOf(members) },
    ...given("timeouts", inputs["timeouts"]),
  };
  return [
    {
      key: "bootstrap",
      kind: "Bootstrap",
      inputs: { ...common, node: { value: first.address } },
      // The others are asked first, so they must have their configs.
      after: members.map(applyOf),
    },
    {
      key: "health",
      kind: "ClusterHealth",
      inputs: {
        ...common,
        ...given("workerNodes", workers.length === 0 ? undefined : addressesOf(workers)),
        ...pick(inputs, ["clusterEndpoint"]),
        ...given("level", inputs["healthLevel"]),
      },
      after: ["bootstrap", ...nodes.map(applyOf)],
    },
  ];
}

/** Whoever takes the kubeconfig finds a cluster that works, so it is issued after that has been seen. */
function kubeconfigOf(inputs: ClusterInputs, after: readonly string[]): Child {
  return {
    key: "kubeconfig",
    kind: "Kubeconfig",
    inputs: { ...pick(inputs, CLUSTER), secrets: child("secrets") },
    after,
  };
}

function outputsOf(clients: readonly string[], health: readonly string[]): Values {
  return {
    secrets: output("secrets", "secrets"),
    talosconfig: output(`client-${ADMIN}`, "talosconfig"),
    talosconfigs: {
      from: clients.map((name) => output(`client-${name}`, "talosconfig")),
      make: (texts) => Object.fromEntries(clients.map((name, index) => [name, texts[index]])),
    },
    kubeconfig: output("kubeconfig", "kubeconfig"),
    controlPlaneConfig: output("controlplane", "machineConfig"),
    workerConfig: output("worker", "machineConfig"),
    rotationStatus: output("secrets", "rotationStatus"),
    health: health[0] === undefined ? { value: [] } : output(health[0], "checks"),
  };
}

function withFormer(made: Child, aliases: unknown): Child {
  const former = isPlainObject(aliases) ? aliases[made.key] : undefined;
  return typeof former === "string" ? { ...made, formerly: former } : made;
}

function unknownInputs(inputs: ClusterInputs, passed: PassedInputs): Problem[] {
  const known = [...CLUSTER, ...OWN_INPUTS, ...passed.TalosSecrets, ...passed.MachineConfig];
  const missing = CLUSTER.filter((name) => inputs[name] === undefined);
  return [
    ...Object.entries(inputs).flatMap(([path, value]): Problem[] =>
      known.includes(path) || value === undefined
        ? []
        : [{ code: "ERR_INPUT_UNKNOWN", path, message: "does not exist; look at the inputs of TalosCluster" }],
    ),
    ...missing.map((path): Problem => ({
      code: "ERR_INPUT_MISSING",
      path,
      message: "is required; must be a string",
    })),
  ];
}

function maxParallelOf(inputs: ClusterInputs): number {
  const configured = inputs["maxParallel"];
  return isCount(configured) ? configured : DEFAULT_MAX_PARALLEL;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

function parallelProblems(value: unknown): Problem[] {
  if (value === undefined || isCount(value)) return [];
  return [{ code: "ERR_INPUT_INVALID", path: "maxParallel", message: "must be a plain whole number from 1 up" }];
}

function mapProblems(value: unknown, path: string): Problem[] {
  if (value === undefined) return [];
  if (!isPlainObject(value)) return [{ code: "ERR_INPUT_INVALID", path, message: "must be a plain map" }];
  return Object.entries(value).flatMap(([name, member]): Problem[] =>
    isPlainObject(member) && name !== ""
      ? []
      : [{ code: "ERR_INPUT_INVALID", path: `${path}.${name}`, message: "must be a plain object of options" }],
  );
}

function aliasProblems(value: unknown, known: readonly string[]): Problem[] {
  if (value === undefined) return [];
  if (!isPlainObject(value)) return [{ code: "ERR_INPUT_INVALID", path: "aliases", message: "must be a plain map" }];
  return Object.entries(value).flatMap(([key, former]): Problem[] => {
    const path = `aliases.${key}`;
    if (!known.includes(key)) {
      const message = `is no resource of this cluster; use one of ${known.join(", ")}`;
      return [{ code: "ERR_INPUT_UNKNOWN", path, message }];
    }
    if (typeof former === "string" && former !== "") return [];
    return [{ code: "ERR_INPUT_INVALID", path, message: "must be the name or the URN of a resource, as plain text" }];
  });
}
