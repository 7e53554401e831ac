import { PkiError, type Problem } from "../core/errors";
import { type NodeAddress, shortNodeAddress } from "../core/nodes/nodeAddress";
import { defineResource, info, type Report } from "../engine/definition";
import type { EtcdMember, NodeService, NodeSession } from "../engine/nodes";
import type { Context } from "../engine/ports";
import { factsOf, listOf, row, STRING, text } from "../engine/rows";
import {
  CREDENTIAL_INPUTS,
  credentialProblems,
  keptCredentials,
  type OsCredentials,
  osCredentials,
} from "./live/credentials";
import { NodeAccess, type Target, targetOf } from "./live/nodeAccess";
import { etcdService } from "./live/nodeState";
import { ADDRESS, TARGET_INPUTS } from "./live/rows";
import { TIMEOUTS, timeoutsOf } from "./live/timeouts";
import { type Attempt, Overdue, waitFor } from "./live/waiting";

const MEMBER = factsOf(
  "EtcdMember",
  {
    id: text("Id of the member, hexadecimal."),
    hostname: text("Host name of the node."),
    peerUrls: row(listOf(STRING), "URLs at which the other members call it."),
  },
  "A member of etcd.",
);

/** Starts etcd on the first control plane of a cluster, once. */
export const Bootstrap = defineResource({
  name: "Bootstrap",
  description:
    "Starts etcd on the first control plane of a cluster. It happens once: no change of an input repeats it, and deleting the resource undoes nothing.",
  inputs: {
    ...TARGET_INPUTS,
    ...CREDENTIAL_INPUTS,
    controlPlaneNodes: row(
      listOf(ADDRESS),
      "Addresses of all control planes. They are asked first: if one runs etcd already, or cannot be asked, nothing is started, so that a replaced machine never begins a second cluster.",
    ),
    timeouts: TIMEOUTS,
  },
  outputs: {
    members: row(listOf(MEMBER), "The members of etcd, as the node listed them when it had started."),
  },
  decidesFrom: "state",

  plan({ inputs, previous }) {
    const problems: Problem[] = [...credentialProblems(inputs)];
    const keep = keptCredentials(inputs);
    const decision = problems.length > 0 ? undefined : osCredentials(inputs);
    const reports: Report[] =
      previous === undefined ? [] : [info("etcd is bootstrapped once: a change of the inputs starts nothing")];
    return {
      problems,
      reports: previous?.outputs === undefined ? [] : reports,
      keep,
      ...(decision === undefined ? {} : { decision }),
    };
  },

  async apply({ inputs, decision, previous }, context) {
    const id = shortNodeAddress(inputs.node);
    if (previous?.members !== undefined) return { id, outputs: { members: previous.members } };
    const start: Start = {
      credentials: decision,
      target: targetOf(inputs),
      controlPlaneNodes: inputs.controlPlaneNodes ?? [],
      timeouts: timeoutsOf(inputs.timeouts),
    };
    const { members, isStarted } = await bootstrap(start, context);
    return {
      id,
      outputs: { members: members.map(({ id: member, hostname, peerUrls }) => ({ id: member, hostname, peerUrls })) },
      reports: [info(isStarted ? `node ${id} has started etcd` : `node ${id} has etcd already: nothing was started`)],
    };
  },
});

/** Event of the service etcd when a bootstrap was asked for (siderolabs/talos internal/app/machined/pkg/system, v1.13). */
const BOOTSTRAP_REQUESTED = "Bootstrap requested";
/** A request whose answer was lost may still be under way for so long. */
const LOST_REQUEST_MS = 60_000;

/** Bootstrapped before, by an update that did not hear of it, or by somebody else, is as well. @throws PkiError */
async function request(session: NodeSession): Promise<void> {
  await session.bootstrap().catch((error: unknown) => {
    if (!(error instanceof PkiError) || error.code !== "ERR_ALREADY_BOOTSTRAPPED") throw error;
  });
}

function describeService(service: NodeService | undefined): string {
  if (service === undefined) return "absent";
  const last = service.events.at(-1)?.message ?? "";
  return last === "" ? service.state : `${service.state} (${last})`;
}

interface Start {
  readonly credentials: OsCredentials;
  readonly target: Target;
  readonly controlPlaneNodes: readonly NodeAddress[];
  readonly timeouts: ReturnType<typeof timeoutsOf>;
}

interface Started {
  readonly members: readonly EtcdMember[];
  /** Whether it was started here, and not before or by somebody else. */
  readonly isStarted: boolean;
}

/** @throws PkiError */
async function bootstrap(
  { credentials, target, controlPlaneNodes, timeouts }: Start,
  context: Context,
): Promise<Started> {
  const access = await NodeAccess.of(credentials, context, timeouts);
  const node = shortNodeAddress(target.node);
  const before = await membersOn(access, target, timeouts.connect, "own");
  if (before.length > 0) return { members: before, isStarted: false };
  await assertNowhereElse(access, target, controlPlaneNodes, timeouts.connect);
  const patience = access.patience(timeouts.create);
  let asked: number | undefined;
  try {
    return await waitFor(`etcd on node ${node} to start`, patience, async (): Promise<Attempt<Started>> => {
      const session = await access.connect(target, {}, patience.deadline - access.nodes.uptime());
      try {
        const etcd = await etcdService(session);
        const members = await membersOf(session, etcd, "own");
        if (members.length > 0) return { found: { members, isStarted: asked !== undefined } };
        const now = access.nodes.uptime();
        // Asked a second time while it starts, Talos stops etcd and never starts it again.
        const isUnderWay = etcd?.events.some(({ message }) => message === BOOTSTRAP_REQUESTED) === true;
        if (!isUnderWay && (asked === undefined || now - asked > LOST_REQUEST_MS)) {
          asked = now;
          await request(session).catch((error: unknown) => {
            if (error instanceof PkiError && error.code === "ERR_NODE_BUSY") asked = undefined;
            throw error;
          });
        }
        return { missing: `etcd is ${describeService(etcd)}` };
      } finally {
        session.close();
      }
    });
  } catch (error) {
    if (!(error instanceof Overdue)) throw error;
    const message = `node ${node}: etcd has not started: ${error.missing}; look at the node's log of etcd, and run the update again (ERR_NODE_TIMEOUT)`;
    throw new PkiError("ERR_NODE_TIMEOUT", message);
  }
}

/** A node that is about to start etcd may not serve it yet; of any other one nothing may stay open. */
type Whose = "own" | { readonly other: string };

async function membersOn(
  access: NodeAccess,
  target: Target,
  patience: number,
  whose: Whose,
): Promise<readonly EtcdMember[]> {
  const session = await access.reach(target, {}, patience);
  try {
    return await membersOf(session, await etcdService(session), whose);
  } finally {
    session.close();
  }
}

/** States of etcd on a control plane that is not a member yet (siderolabs/talos pkg/machinery/api/machine, v1.13). */
const NOT_STARTED = ["Initialized", "Waiting", "Preparing", "Starting"];

/** The members that a node knows; none where it runs no etcd. @throws PkiError where it cannot be asked */
async function membersOf(
  session: NodeSession,
  etcd: NodeService | undefined,
  whose: Whose,
): Promise<readonly EtcdMember[]> {
  if (etcd?.state !== "Running") {
    if (whose === "own" || etcd === undefined || NOT_STARTED.includes(etcd.state)) return [];
    const message = `node ${whose.other}: its etcd is ${describeService(etcd)} and cannot be asked for its members; mend it, or take the node out of controlPlaneNodes (ERR_NODE_BUSY)`;
    throw new PkiError("ERR_NODE_BUSY", message, { path: "controlPlaneNodes" });
  }
  return session.etcdMembers().catch((error: unknown) => {
    if (whose === "own" && error instanceof PkiError) return [];
    throw error;
  });
}

/** A second cluster beside one that runs would be lost work for somebody. @throws PkiError ERR_ALREADY_BOOTSTRAPPED */
async function assertNowhereElse(
  access: NodeAccess,
  target: Target,
  controlPlaneNodes: readonly NodeAddress[],
  patience: number,
): Promise<void> {
  const own = shortNodeAddress(target.node);
  const others = controlPlaneNodes.filter((address) => shortNodeAddress(address) !== own);
  const found = await Promise.all(
    others.map(async (address) => ({
      address,
      members: await membersOn(access, { node: address }, patience, { other: shortNodeAddress(address) }),
    })),
  );
  const running = found.find(({ members }) => members.length > 0);
  if (running === undefined) return;
  const other = shortNodeAddress(running.address);
  const names = running.members.map(({ hostname }) => hostname).join(", ");
  const message = `node ${own}: is not bootstrapped, because etcd runs already on ${other} with the members ${names}; a new control plane joins by itself once it has its config (ERR_ALREADY_BOOTSTRAPPED)`;
  throw new PkiError("ERR_ALREADY_BOOTSTRAPPED", message, { path: "controlPlaneNodes" });
}
