import { judgeAuthority } from "../core/inspect/tryAuthority";
import { isUnderWay } from "../core/lifecycle/rotation";
import { judgeRotation, type RotationVerdict, type UnusableCAs } from "../core/lifecycle/rotationCheck";
import type { Certificate } from "../core/x509/certificate";
import { NodeAccess } from "../resources/live/nodeAccess";
import { nodeIdentity } from "../resources/live/passingClient";
import { observeNode } from "../resources/live/rotation/nodes";
import { type RotationMaterial, RotationQuestion } from "../resources/live/rotation/question";
import { timeoutsOf } from "../resources/live/timeouts";
import type { Client, ClientIdentity } from "./client";
import type { CliContext } from "./cliContext";
import type { KnownNode, KnownRotation, KnownRotations } from "./rotationState";

/** A rotation, and what the nodes showed of it. */
export interface JudgedRotation extends KnownRotation {
  readonly verdict: RotationVerdict;
}

/** Asks every node about these rotations, by the code that TalosSecrets asks with. */
export async function judgeRotations(
  known: KnownRotations,
  asked: readonly KnownRotation[],
  nodes: readonly KnownNode[],
  clients: readonly Client[],
  cli: CliContext,
): Promise<readonly JudgedRotation[]> {
  const question = await questionOf(known, clients, cli);
  const names = asked.map(({ authority }) => authority);
  const observed = await Promise.all(nodes.map((node) => observeNode(node, names, question)));
  return asked.map((rotation, index) => {
    const { authority, position } = rotation;
    const observations = observed.map((ofNode) => ofNode[index]!);
    return { ...rotation, verdict: judgeRotation(authority, position, observations, unusableCAs(rotation)) };
  });
}

/** The CAs in play that verifiers reject, and why. Talos's programs alone were measured, and only as its API uses them. */
function unusableCAs({ authority, keys }: KnownRotation): UnusableCAs {
  if (authority !== "os") return {};
  const parties = Object.entries({ issuing: keys?.issuing, other: keys?.other }).map(([party, key]) => {
    const findings = key?.certificate === undefined ? [] : judgeAuthority("os", key.certificate);
    return [party, findings.map(({ what }) => what)] as const;
  });
  return Object.fromEntries(parties.filter(([, causes]) => causes.length > 0));
}

/**
 * With what the nodes are asked: clients of talosconfigs, and those that the keys in the export can make. Where one has
 * the role os:admin, Talos is asked what it has in use, too.
 */
async function questionOf(
  { rotations }: KnownRotations,
  clients: readonly Client[],
  cli: CliContext,
): Promise<RotationQuestion> {
  const authorities = clients.flatMap((client) => client.authorities);
  const now = cli.environment.now();
  const fresh = clients
    .flatMap(({ identity }) => identity ?? [])
    .filter(({ certificate }) => certificate.notAfter.getTime() > now.getTime());
  const ownClient = (authority: Certificate | undefined): ClientIdentity | undefined =>
    authority && fresh.find(({ certificate }) => certificate.isSignedBy(authority));
  const material: RotationMaterial = Object.fromEntries(
    rotations.flatMap(({ authority, keys }) => {
      if (keys === undefined) return [];
      const retiredCertificates = authorities.filter(({ fingerprint }) => keys.retired.includes(fingerprint));
      return [[authority, { ...keys, retiredCertificates }] as const];
    }),
  );
  const { issuing, other, retiredCertificates = [] } = material.os ?? {};
  const isOver = !rotations.some(({ authority, position }) => authority === "os" && isUnderWay(position));
  const own = {
    issuing: ownClient(issuing?.certificate),
    other: ownClient(other?.certificate),
    retired: isOver ? retiredCertificates.map(ownClient).find((identity) => identity !== undefined) : undefined,
  };
  const admin = fresh.find(({ certificate }) => certificate.organizations.includes("os:admin"));
  const made = [issuing, other].flatMap((key) => (key?.signer === undefined ? [] : [key.signer]));
  const trust = [issuing, other].flatMap((key) => (key?.certificate === undefined ? [] : [key.certificate.pem]));
  const context = { ...cli, nodes: () => cli.nodes(), progress: () => undefined, signal: new AbortController().signal };
  const given = made.length > 0 || admin === undefined ? {} : { given: nodeIdentity(admin) };
  const access = await NodeAccess.of({ trust, signers: made, ...given }, context, timeoutsOf(undefined));
  const identities = Object.entries(own).flatMap(([party, identity]) =>
    identity === undefined ? [] : [[party, nodeIdentity(identity)] as const],
  );
  return new RotationQuestion({
    access,
    environment: cli.environment,
    material,
    clients: Object.fromEntries(identities),
    mayRead: made.length > 0 || admin !== undefined,
    mustRead: false,
  });
}
