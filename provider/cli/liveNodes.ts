import { formatTime } from "../core/environment";
import { verifyChain } from "../core/inspect/verifyChain";
import { formatNodeAddress, type NodeAddress } from "../core/nodes/nodeAddress";
import { type Client, loadClient } from "./client";
import { CliError, type CliContext } from "./cliContext";
import { meetNode } from "./handshake";
import { nodeAddresses } from "./nodeAddresses";

export interface LiveNodeOptions {
  /** The client to meet nodes as; its CAs are those that a node may serve a certificate of. */
  readonly talosconfig?: string;
  readonly context?: string;
  /** Addresses to ask instead of those of the talosconfig. */
  readonly nodes?: readonly string[];
}

/** What a node serves, seen in one TLS handshake. */
export interface ServedCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  readonly fingerprint: string;
  /** RFC 3339 UTC. */
  readonly notAfter: string;
  /** A CA that the talosconfig trusts has issued it. */
  readonly isExpected: boolean;
}

/** How a node met the client of a talosconfig. */
export interface LiveNode {
  readonly node: string;
  /** Whether it answered at all. */
  readonly reached: boolean;
  readonly serves?: ServedCertificate;
  /** It let the client in; absent where it was not asked: no answer, or a certificate of a CA that is not trusted. */
  readonly accepted?: boolean;
  /** What is wrong; empty when all is well. */
  readonly problems: readonly string[];
  /** An unreachable node is a warning: nothing is known of it. */
  readonly state: "ok" | "warning" | "critical";
}

/**
 * Meets every node of a talosconfig once, all at the same time, and asks it nothing.
 *
 * @returns `undefined` when no talosconfig is named
 * @throws CliError
 */
export async function meetLiveNodes(
  options: LiveNodeOptions,
  cli: CliContext,
): Promise<readonly LiveNode[] | undefined> {
  const client = await loadClient(
    {
      ...(options.talosconfig === undefined ? {} : { talosconfig: options.talosconfig }),
      ...(options.context === undefined ? {} : { context: options.context }),
    },
    cli,
  );
  if (client === undefined) {
    if (options.nodes !== undefined)
      throw new CliError("--nodes: are met as the client of --talosconfig; set that too");
    return undefined;
  }
  const addresses = nodeAddresses(options.nodes, [client]);
  if (addresses.length === 0) {
    throw new CliError("no node is known; use --nodes, or endpoints and nodes in the talosconfig");
  }
  return Promise.all(addresses.map((address) => meet(address, client, cli)));
}

/** No CA that is trusted has issued it, or one that only has the same name. */
const FOREIGN: ReadonlySet<string> = new Set(["ERR_AUTHORITY_UNKNOWN", "ERR_AUTHORITY_WRONG"]);

async function meet(address: NodeAddress, client: Client, cli: CliContext): Promise<LiveNode> {
  const node = formatNodeAddress(address);
  const { identity, authorities } = client;
  const {
    chain,
    accepted,
    reached,
    isStranger,
    reason = "no reason given",
  } = await meetNode(address, { identity, authorities }, cli);
  const [leaf] = chain;
  if (!reached || leaf === undefined) {
    return { node, reached: false, problems: [`cannot be asked: ${reason}`], state: "warning" };
  }
  const now = cli.environment.now();
  const { findings } = verifyChain({ certificates: chain, trust: authorities, purpose: "server", now });
  const problems = [
    ...findings.map(({ what }) => what),
    ...(accepted || isStranger ? [] : [`does not let the client of the talosconfig in: ${reason}`]),
  ];
  const { subject, issuer, fingerprint, notAfter } = leaf;
  const isExpected = !findings.some(({ code }) => FOREIGN.has(code));
  return {
    node,
    reached,
    ...(isStranger ? {} : { accepted }),
    serves: { subject, issuer, fingerprint, notAfter: formatTime(notAfter), isExpected },
    problems,
    state: problems.length === 0 ? "ok" : "critical",
  };
}
