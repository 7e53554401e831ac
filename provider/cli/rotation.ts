import { formatTime } from "../core/environment";
import type { NodeVerdict } from "../core/lifecycle/rotationCheck";
import { formatNodeAddress } from "../core/nodes/nodeAddress";
import { type Client, loadClient } from "./client";
import { CliError, EXIT, type CliContext } from "./cliContext";
import { nodeAddresses } from "./nodeAddresses";
import { type JudgedRotation, judgeRotations } from "./rotationQuestion";
import { type KnownNode, type KnownRotation, type KnownRotations, readRotations } from "./rotationState";
import { describeRotations } from "./rotationTable";
import { loadStack, type StackOptions } from "./stack";
import { formatJson, styleOf } from "./style";

/** Which nodes are asked, and as whom. */
export interface AskingOptions {
  /** Talosconfigs: the first names the nodes where nothing else does; each is a client to probe with. */
  readonly talosconfig?: readonly string[];
  readonly context?: string;
  /** Addresses to ask instead of those of the stack and of the talosconfig. */
  readonly nodes?: readonly string[];
}

export interface RotationOptions extends StackOptions, AskingOptions {
  /** Name of the TalosSecrets, where the stack has several. */
  readonly resource?: string;
  readonly json?: boolean;
}

/**
 * `talos-pki rotation status [export]`: probes every node as a client of the old and of the new CA of every rotation, and
 * says who trusts and serves what and whether the next stages are safe, by the code that `TalosSecrets` asks with. Where
 * the export shows secrets, it makes itself clients for that, which live an hour and never leave the process.
 *
 * @returns 0 when every node is through with every rotation, 1 when not
 */
export async function rotationStatus(
  file: string | undefined,
  options: RotationOptions,
  cli: CliContext,
): Promise<number> {
  const stack = await loadStack(file, options, cli, true);
  const clients = await loadClients(options, cli);
  const authorities = clients.flatMap((client) => client.authorities);
  const known = readRotations(stack, options.resource, authorities, cli.environment.now());
  const nodes = nodesOf(options, clients, known);
  if (nodes.length === 0)
    throw new CliError(
      "no node is known; use --nodes, endpoints and nodes in a talosconfig, or the input nodes of the TalosSecrets",
    );
  const judged = await judgeRotations(known, askedFor(known), nodes, clients, cli);
  cli.out(options.json === true ? toJson(known, judged) : describeRotations(known, judged, styleOf(cli)));
  return judged.every(({ verdict }) => verdict.safe) ? EXIT.ok : EXIT.refused;
}

/** The rotations to ask about: that of the OS CA, and those that have begun or are to begin. */
export const askedFor = ({ rotations }: KnownRotations): readonly KnownRotation[] =>
  rotations.filter(
    ({ authority, position, requested }) => authority === "os" || position !== "none" || requested?.stage !== undefined,
  );

/** The clients of the talosconfigs. @throws CliError, PkiError */
export async function loadClients({ talosconfig = [], context }: AskingOptions, cli: CliContext): Promise<Client[]> {
  const clients: Client[] = [];
  for (const file of talosconfig) {
    const client = await loadClient({ talosconfig: file, ...(context === undefined ? {} : { context }) }, cli);
    if (client !== undefined) clients.push(client);
  }
  return clients;
}

/** The nodes to ask: those that are named, else those of the talosconfig, else those that the stack lists. @throws CliError */
export function nodesOf(
  options: AskingOptions,
  clients: readonly Client[],
  known: KnownRotations,
): readonly KnownNode[] {
  if (options.nodes === undefined && clients.length === 0) return known.nodes;
  // What the stack knows of a node it knows of that address, too.
  const ofStack = new Map(known.nodes.map((item) => [formatNodeAddress(item.node), item]));
  return nodeAddresses(options.nodes, clients).map(
    (node): KnownNode => ofStack.get(formatNodeAddress(node)) ?? { node },
  );
}

function toJson({ resource }: KnownRotations, judged: readonly JudgedRotation[]): string {
  const facts = judged.map(({ authority, position, id, todo, keys, verdict }) => ({
    authority,
    stage: position,
    id,
    issuing: keyFacts(keys?.issuing),
    other: keyFacts(keys?.other),
    retired: keys?.retired ?? [],
    todo,
    ...verdict,
    nodes: verdict.nodes.map(nodeFacts),
  }));
  const os = facts.find(({ authority }) => authority === "os");
  const safe = judged.every(({ verdict }) => verdict.safe);
  return formatJson({ resource, ...(os === undefined ? {} : asAlone(os)), safe, rotations: facts });
}

/** What release 0.1 wrote of the OS CA, which was all that it asked about: scripts read it. */
function asAlone({
  authority: _,
  nodes,
  ...facts
}: {
  readonly authority: string;
  readonly nodes: readonly NodeFacts[];
}): object {
  const shown = nodes.map(({ node, places, through, gaps }) => {
    const { serves, trusts, reason } = places.find(({ place }) => place === "talosAPI") ?? {};
    return { node, serves, trusts, reason, through, gaps };
  });
  return { ...facts, nodes: shown };
}

function keyFacts(key: NonNullable<KnownRotation["keys"]>["issuing"] | undefined): object | undefined {
  if (key === undefined) return undefined;
  const { fingerprint, certificate } = key;
  return certificate === undefined
    ? { fingerprint }
    : { subject: certificate.subject, fingerprint, notAfter: formatTime(certificate.notAfter) };
}

type NodeFacts = Pick<NodeVerdict, "node" | "machineType" | "concerned" | "places" | "through" | "gaps"> & {
  readonly components: readonly object[];
};

const nodeFacts = ({ node, machineType, concerned, places, components, through, gaps }: NodeVerdict): NodeFacts => ({
  node,
  ...(machineType === undefined ? {} : { machineType }),
  concerned,
  places,
  components: components.map(({ since, ...rest }) => ({
    ...rest,
    ...(since === undefined ? {} : { since: formatTime(since) }),
  })),
  through,
  gaps,
});
