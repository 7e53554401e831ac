import { readFileSync } from "node:fs";

import { systemHost } from "../../../provider/adapters/systemHost";
import { PkiError } from "../../../provider/core/errors";
import { Incomplete } from "../../../provider/engine/incomplete";
import type { Values } from "../../../provider/engine/values";
import { ConfigurationApply } from "../../../provider/resources/configurationApply";
import { Managed, type TestHost } from "../../unit/support/engine";
import { type ClientOptions, Cluster, issueClient, now } from "./cluster";
import { FaultyProxy } from "./faultyProxy";
import { type Node, type NodeOptions, startNode } from "./judge";

/** The real machine, with a clock that goes. */
export const liveHost: TestHost = { ...systemHost, environment: systemHost.environment, folders: {}, now: "" };

/** The same with a clock that is off by so many hours. */
export const hostAt = (hours: number): TestHost => ({
  ...liveHost,
  environment: {
    ...systemHost.environment,
    now: () => new Date(systemHost.environment.now().getTime() + hours * 3_600_000),
  },
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** More than a Version, a Get and what HTTP/2 and TLS put around them; less than a config with `PADDING`. */
export const BEFORE_CONFIG = 9000;
/** In the middle of such a config. */
export const IN_CONFIG = 24_000;
/** A file in the config, so that sending it takes many pieces. All of it fits into the first window of HTTP/2. */
const PADDING = "x".repeat(28_000);

let generation = 0;

/** A patch that makes the config another one, and long. */
export function nextPatch(): string {
  generation += 1;
  const file = { path: "/var/pad", op: "create", permissions: 0o600, content: `${generation}${PADDING}` };
  return JSON.stringify({ machine: { files: [file] } });
}

/** A real control plane of our cluster, behind a network that fails as a test wishes. */
export class LiveStack {
  private constructor(
    readonly cluster: Cluster,
    readonly node: Node,
    readonly proxy: FaultyProxy,
  ) {}

  static async start(options: Partial<NodeOptions> = {}): Promise<LiveStack> {
    const cluster = await Cluster.make();
    const node = await startNode({ config: cluster.config("controlplane"), type: "controlplane", ...options });
    return new LiveStack(cluster, node, await FaultyProxy.start(node.endpoint));
  }

  get secrets(): string {
    return readFileSync(this.cluster.secretsYaml, "utf8");
  }

  get config(): string {
    return readFileSync(this.cluster.config("controlplane"), "utf8");
  }

  /** A client of ours, or of another CA, as the input `clientConfiguration`. */
  async client(options: ClientOptions = {}, environment = now, issuer = this.cluster.bundle.certs.os): Promise<Values> {
    const { crt, key } = await issueClient(issuer, options, environment);
    const clientConfiguration = {
      caCertificate: base64(this.cluster.bundle.certs.os.crt),
      clientCertificate: base64(crt),
      clientKey: base64(key),
    };
    return { secrets: undefined, clientConfiguration };
  }

  /** Inputs of a ConfigurationApply whose config the node does not have yet, through the proxy. */
  inputs(more: Values = {}): Values {
    const inputs: Values = {
      node: this.proxy.endpoint,
      secrets: this.secrets,
      machineConfig: this.config,
      configPatches: [nextPatch()],
      // The stub of machined has no MachineStatus, which tells a reboot.
      applyMode: "no_reboot",
      timeouts: { connect: "2s", create: "20s", update: "20s" },
      ...more,
    };
    return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined));
  }
}

/** A resource that gives nodes their config. */
export const anApply = (host = liveHost): Managed => new Managed(ConfigurationApply, host);

/** How an operation failed: code and message. @throws Error when it did not */
export async function failureOf(run: () => Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof PkiError) && !(error instanceof Incomplete)) throw error;
    const [problem] = error.problems;
    return { code: problem?.code ?? "", message: problem?.message ?? error.message };
  }
  throw new Error("it has succeeded");
}
