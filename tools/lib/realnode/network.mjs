import { randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";

import { capture } from "../run.mjs";
import { ToolError } from "../say.mjs";

async function ip(...args) {
  const { code, stderr } = await capture("ip", args);
  if (code !== 0) {
    throw new ToolError(`ip ${args.join(" ")}: ${stderr.trim()}`);
  }
}

/** Like `ip`, for what may be gone already. */
const ipIfThere = (...args) => capture("ip", args);

/** The path of a network namespace, for nsenter. */
export const namespacePath = (name) => `/run/netns/${name}`;

const hub = (id) => `talos-pki-${id}-hub`;
const nodeNamespace = (id, name) => `talos-pki-${id}-${name}`;
const uplink = (id) => `talos-${id}`;
const port = (number) => `node${number}`;

/** A node keeps its hardware address when it is started again, or nobody would reach it for half a minute. */
const hardwareAddress = (number) => `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`;

/** The address in a /24 such as "10.140.7.0/24". */
export const addressIn = (subnet, number) => subnet.replace(/\d+\/24$/, String(number));

/** What has a fixed number in each subnet; nodes begin at 11. */
const numbers = { hub: 1, machine: 2 };

/** Any /24 that this machine is not in, away from the defaults of Kubernetes, 10.96.0.0/12 and 10.244.0.0/16. */
export function freeSubnet() {
  const taken = Object.values(networkInterfaces())
    .flat()
    .map(({ address }) => address.replace(/\d+$/, "0/24"));
  let subnet;
  do {
    subnet = `10.${randomInt(128, 224)}.${randomInt(256)}.0/24`;
  } while (taken.includes(subnet));
  return subnet;
}

/**
 * The network of a set of nodes: a namespace with a bridge, to which each node and this machine have a link. What the
 * machine's firewall says about forwarding does not matter, and all links vanish with the namespace.
 */
export class Network {
  constructor({ id, subnet }) {
    this.id = id;
    this.subnet = subnet;
  }

  /** The namespace that the registry is to run in. */
  get namespace() {
    return namespacePath(hub(this.id));
  }

  get hubAddress() {
    return addressIn(this.subnet, numbers.hub);
  }

  async create() {
    const inHub = (...args) => ip("-n", hub(this.id), ...args);
    await ip("netns", "add", hub(this.id));
    await inHub("link", "set", "lo", "up");
    await inHub("link", "add", "bridge", "type", "bridge");
    await inHub("address", "add", `${this.hubAddress}/24`, "dev", "bridge");
    await inHub("link", "set", "bridge", "up");
    await ip("link", "add", uplink(this.id), "type", "veth", "peer", "name", "machine", "netns", hub(this.id));
    await inHub("link", "set", "machine", "master", "bridge", "up");
    await ip("address", "add", `${addressIn(this.subnet, numbers.machine)}/24`, "dev", uplink(this.id));
    await ip("link", "set", uplink(this.id), "up");
  }

  /** Makes the namespace of a node, which has all its addresses; answers the path. */
  async connect(name, addressNumbers) {
    const [first] = addressNumbers;
    const namespace = nodeNamespace(this.id, name);
    await ip("netns", "add", namespace);
    await ip("-n", namespace, "link", "set", "lo", "up");
    const peer = ["peer", "name", "eth0", "address", hardwareAddress(first), "netns", namespace];
    await ip("-n", hub(this.id), "link", "add", port(first), "type", "veth", ...peer);
    await ip("-n", hub(this.id), "link", "set", port(first), "master", "bridge", "up");
    await this.addAddresses(name, addressNumbers);
    await ip("-n", namespace, "link", "set", "eth0", "up");
    await ip("-n", namespace, "route", "add", "default", "via", this.hubAddress);
    return namespacePath(namespace);
  }

  async addAddresses(name, addressNumbers) {
    for (const number of addressNumbers) {
      const address = `${addressIn(this.subnet, number)}/24`;
      await ip("-n", nodeNamespace(this.id, name), "address", "add", address, "dev", "eth0");
    }
  }

  /** Pulls the node's plug, or puts it in again. */
  async setConnected(number, connected) {
    await ip("-n", hub(this.id), "link", "set", port(number), connected ? "up" : "down");
  }

  async disconnect(name) {
    await ipIfThere("netns", "delete", nodeNamespace(this.id, name));
  }

  async remove() {
    // The namespace lives on as long as a process is in it; the machine's link must not.
    await ipIfThere("-n", hub(this.id), "link", "delete", "machine");
    await ipIfThere("netns", "delete", hub(this.id));
  }
}
