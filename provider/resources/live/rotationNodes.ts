import {
  type NodeObservation,
  type PlaceObservation,
  ROTATION_PARTIES,
  type RotationParty,
} from "../../core/lifecycle/rotationProofs";
import { PkiError } from "../../core/errors";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { ApiCertificates } from "../../core/nodes/osTrust";
import type { Authority } from "../../core/x509/authority";
import type { Certificate } from "../../core/x509/certificate";
import type { HandshakeResult, NodeIdentity, Nodes } from "../../engine/nodes";
import type { NodeAccess, Target } from "./nodeAccess";

/** The OS CAs of a rotation. */
export interface RotationCAs {
  readonly issuing: Certificate;
  /** The accepted CA while a rotation is under way. */
  readonly other?: Certificate;
  /** Fingerprints of CAs that have issued before. */
  readonly retired: readonly string[];
  /** Those of them whose certificates are at hand. */
  readonly retiredCertificates?: readonly Certificate[];
}

/** With what nodes are asked where they are in a rotation. */
export interface NodeQuestion {
  readonly nodes: Nodes;
  readonly signal: AbortSignal;
  readonly authorities: RotationCAs;
  /** A client of each CA, as far as there is one. */
  readonly clients: { readonly [Party in RotationParty]?: NodeIdentity };
  /** Reads what apid has in use; absent where no client may. @throws PkiError */
  readonly read?: (target: Target) => Promise<ApiCertificates>;
  /** A node whose certificates cannot be read has not completed a stage; otherwise handshakes alone must do. */
  readonly mustRead: boolean;
}

/** Clients of CAs whose keys are at hand. One that can sign no more, such as an expired one, has none. */
export async function clientsOf(
  signers: { readonly [Party in RotationParty]?: Authority },
  access: Pick<NodeAccess, "identityOf">,
): Promise<NodeQuestion["clients"]> {
  const clients = await Promise.all(
    ROTATION_PARTIES.map(async (party) => {
      const signer = signers[party];
      if (signer === undefined) return [];
      try {
        return [[party, await access.identityOf(signer)] as const];
      } catch (error) {
        if (error instanceof PkiError) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(clients.flat());
}

/**
 * Looks whom a node serves and accepts, on fresh connections: by a handshake as a client of each CA, and by what apid says
 * that it has in use. A call through an endpoint shows whom that one accepts, so there what apid says must do.
 */
export async function observeNode(target: Target, question: NodeQuestion): Promise<NodeObservation> {
  const [shakes, reading] = await Promise.all([shakeHandsWith(target, question), readingOf(target, question)]);
  const { authorities, mustRead } = question;
  const seen = reading instanceof PkiError ? undefined : reading;
  const results = Object.values(shakes);
  const leaf = target.endpoint === undefined ? results.find(({ chain }) => chain.length > 0)?.chain[0] : seen?.server;
  const failed = results.find(({ accepted }) => !accepted)?.failure?.reason;
  const unread = reading instanceof PkiError && mustRead ? reading.message : undefined;
  const reason = failed ?? (target.endpoint === undefined ? undefined : unread);
  const shown: PlaceObservation = {
    place: "talosAPI",
    ...(leaf === undefined ? {} : { serves: partyOf(leaf, authorities) }),
    trusts: trustsOf(target, shakes, seen, authorities),
    ...(reason === undefined ? {} : { reason }),
    ...(unread === undefined ? {} : { unread }),
  };
  return { node: shortNodeAddress(target.node), places: [shown], components: [] };
}

/** What the handshakes showed, by party; that of nobody in particular where there is no client. */
type Handshakes = { readonly [Party in RotationParty | "nobody"]?: HandshakeResult };

async function shakeHandsWith({ node, endpoint }: Target, question: NodeQuestion): Promise<Handshakes> {
  if (endpoint !== undefined) return {};
  const { nodes, signal, clients } = question;
  const shakes = await Promise.all(
    ROTATION_PARTIES.flatMap((party) => {
      const identity = clients[party];
      return identity === undefined
        ? []
        : [nodes.shakeHands(node, { signal, identity }).then((result) => [party, result] as const)];
    }),
  );
  return shakes.length > 0 ? Object.fromEntries(shakes) : { nobody: await nodes.shakeHands(node, { signal }) };
}

async function readingOf(target: Target, { read }: NodeQuestion): Promise<ApiCertificates | PkiError | undefined> {
  try {
    return await read?.(target);
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
}

/**
 * A client is let in where the handshake shows it and apid's list has its CA, as far as each is known. That apid's list
 * has it proves nothing by itself, but through an endpoint there is nothing else.
 */
function trustsOf(
  { endpoint }: Target,
  shakes: Handshakes,
  seen: ApiCertificates | undefined,
  cas: RotationCAs,
): PlaceObservation["trusts"] {
  const listed = seen?.accepted.map(({ fingerprint }) => fingerprint);
  const isListed = {
    issuing: listed?.includes(cas.issuing.fingerprint),
    other: cas.other === undefined ? undefined : listed?.includes(cas.other.fingerprint),
    retired: listed?.some((fingerprint) => isRetired(fingerprint, cas)),
  };
  return Object.fromEntries(
    ROTATION_PARTIES.flatMap((party) => {
      const facts = [shakes[party]?.accepted, isListed[party]].filter((fact) => fact !== undefined);
      // Whom it still lets in, one way or the other, shows that an old CA is not out.
      const isIn = party === "retired" ? facts.includes(true) : !facts.includes(false);
      const isProved = party === "retired" || !isIn || endpoint !== undefined || shakes[party] !== undefined;
      return facts.length === 0 || !isProved ? [] : [[party, isIn] as const];
    }),
  );
}

const isRetired = (fingerprint: string, { issuing, other, retired }: RotationCAs): boolean =>
  retired.includes(fingerprint) && fingerprint !== issuing.fingerprint && fingerprint !== other?.fingerprint;

function partyOf(
  leaf: Certificate,
  { issuing, other, retiredCertificates = [] }: RotationCAs,
): RotationParty | "stranger" {
  if (leaf.isSignedBy(issuing)) return "issuing";
  if (other !== undefined && leaf.isSignedBy(other)) return "other";
  return retiredCertificates.some((authority) => leaf.isSignedBy(authority)) ? "retired" : "stranger";
}
