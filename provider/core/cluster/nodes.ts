import type { Problem } from "../errors";
import { formatNodeAddress, nodeAddressProblems, readNodeAddress } from "../nodes/nodeAddress";

export const MACHINE_TYPES = ["controlplane", "worker"] as const;
type MachineType = (typeof MACHINE_TYPES)[number];

/** A node as the program configures it; what is no plain text in it may be an Output. */
export interface ConfiguredNode {
  readonly address: unknown;
  readonly maintenance?: unknown;
  readonly configPatches?: unknown;
  readonly installDisk?: unknown;
  readonly onDestroy?: unknown;
}

/** A node with the name that its resources bear. */
export interface NamedNode extends ConfiguredNode {
  readonly key: string;
  readonly machineType: MachineType;
}

/** What a list of nodes says, as far as it is right. */
export interface ReadNodes {
  readonly nodes: readonly NamedNode[];
  readonly problems: readonly Problem[];
}

interface Placed {
  readonly path: string;
  readonly node: NamedNode;
}

/** The members of a node. */
const MEMBERS: readonly string[] = ["address", "name", "maintenance", "configPatches", "installDisk", "onDestroy"];

/** The inputs that list nodes, and what kind of machine is in each. */
const LISTS = [
  { input: "controlPlaneNodes", machineType: "controlplane" },
  { input: "workerNodes", machineType: "worker" },
] as const;

/**
 * The nodes of both lists with the names that their resources bear: `name`, else a plain `address`. A position in a list
 * names nobody, because it changes when another node is taken away.
 *
 * @example
 * readNodes({ controlPlaneNodes: [{ address: "10.0.0.2" }], workerNodes: [] }).nodes[0]?.key; // "10.0.0.2"
 */
export function readNodes(inputs: Readonly<Record<string, unknown>>): ReadNodes {
  const problems: Problem[] = [];
  const placed = LISTS.flatMap(({ input, machineType }) => {
    const list = inputs[input];
    if (list === undefined || list === null) return [];
    if (!Array.isArray(list)) {
      const message = "is not a plain list; must be one, in which only the members of a node may be Outputs";
      problems.push({ code: "ERR_INPUT_INVALID", path: input, message });
      return [];
    }
    return list.flatMap((item, index) => readNode(item, `${input}[${index}]`, machineType, problems));
  });
  problems.push(...duplicates(placed));
  return { nodes: placed.map(({ node }) => node), problems };
}

function readNode(item: unknown, path: string, machineType: MachineType, problems: Problem[]): Placed[] {
  if (!isPlainObject(item)) {
    problems.push({ code: "ERR_INPUT_INVALID", path, message: "is not a node; must be an object with address" });
    return [];
  }
  const unknown = Object.keys(item).filter((member) => !MEMBERS.includes(member));
  problems.push(
    ...unknown.map((member): Problem => ({
      code: "ERR_INPUT_UNKNOWN",
      path: `${path}.${member}`,
      message: `does not exist; use one of ${MEMBERS.join(", ")}`,
    })),
  );
  const { address, name, ...rest } = item;
  const wrong = [...addressProblems(address, `${path}.address`), ...nameProblems(name, address, `${path}.name`)];
  problems.push(...wrong);
  if (wrong.length > 0) return [];
  return [{ path, node: { ...rest, address, machineType, key: String(name ?? address) } }];
}

function addressProblems(address: unknown, path: string): Problem[] {
  if (address === undefined || address === null)
    return [{ code: "ERR_INPUT_MISSING", path, message: "is required; must be an IP address or DNS name" }];
  // Any other value is an Output; the resource that takes it checks it.
  return typeof address === "string" ? nodeAddressProblems(address, path) : [];
}

function nameProblems(name: unknown, address: unknown, path: string): Problem[] {
  if (name === undefined || name === null) {
    if (typeof address !== "object" || address === null) return [];
    const message =
      "is required where address is an Output; must be a plain text that stays the same when the address changes";
    return [{ code: "ERR_INPUT_MISSING", path, message }];
  }
  if (typeof name === "string" && name !== "") return [];
  const message = "is not a plain text; must be one, because the resources of the node bear it";
  return [{ code: "ERR_INPUT_INVALID", path, message }];
}

/** Two nodes of one name would be one resource, and two of one address one machine. */
function duplicates(placed: readonly Placed[]): Problem[] {
  const names = new Map<string, string>();
  const addresses = new Map<string, string>();
  return placed.flatMap(({ path, node: { key, address } }): Problem[] => {
    const machine = typeof address === "string" ? readNodeAddress(address) : undefined;
    const sameName = keepFirst(names, key, path);
    const sameAddress = machine === undefined ? undefined : keepFirst(addresses, formatNodeAddress(machine), path);
    if (sameAddress !== undefined) {
      const message = `is the address of ${sameAddress} too; a machine is one node`;
      return [{ code: "ERR_INPUT_INVALID", path: `${path}.address`, message }];
    }
    if (sameName === undefined) return [];
    const message = `${JSON.stringify(key)} is the name of ${sameName} too; must be its own`;
    return [{ code: "ERR_INPUT_INVALID", path: `${path}.name`, message }];
  });
}

/** The place that had the key before, or nothing. */
function keepFirst(places: Map<string, string>, key: string, path: string): string | undefined {
  const first = places.get(key);
  if (first === undefined) places.set(key, path);
  return first;
}

/** Data of the program, and no Output, Promise or resource. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
