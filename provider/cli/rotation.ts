import { formatTime } from "../core/environment";
import {
  judgeRotation,
  partyName,
  type RotationParty,
  type RotationVerdict,
  type UnusableCAs,
} from "../core/lifecycle/rotationCheck";
import { isUnderWay, type RotationPosition } from "../core/lifecycle/rotation";
import { judgeAuthority } from "../core/inspect/tryAuthority";
import type { Certificate } from "../core/x509/certificate";
import { formatNodeAddress } from "../core/nodes/nodeAddress";
import { NodeAccess, type Target } from "../resources/live/nodeAccess";
import { apiCertificates } from "../resources/live/nodeState";
import { clientsOf, type NodeQuestion, observeNode } from "../resources/live/rotationNodes";
import { nodeIdentity } from "../resources/live/passingClient";
import { timeoutsOf } from "../resources/live/timeouts";
import { type Client, type ClientIdentity, loadClient } from "./client";
import { nodeAddresses } from "./nodeAddresses";
import { type KnownRotation, readRotation } from "./rotationState";
import { loadStack, type StackOptions } from "./stack";
import { formatJson, safe, type Style, styleOf, table } from "./style";
import { EXIT, type CliContext } from "./cliContext";

export interface RotationOptions extends StackOptions {
  /** Talosconfigs: the first names the nodes; each is a client to probe with. */
  readonly talosconfig: readonly string[];
  readonly context?: string;
  /** Addresses to ask instead of those of the talosconfig. */
  readonly nodes?: readonly string[];
  /** Name of the TalosSecrets, where the stack has several. */
  readonly resource?: string;
  readonly json?: boolean;
}

/**
 * `talos-pki rotation status [export]`: probes every node as a client of the old and of the new CA, and says
 * who trusts and serves what and whether the next stage is safe, by the code that `TalosSecrets` asks with. Where the
 * export shows secrets, it makes itself clients for that, which live an hour and never leave the process.
 *
 * @returns 0 when every node is through, 1 when not
 */
export async function rotationStatus(
  file: string | undefined,
  options: RotationOptions,
  cli: CliContext,
): Promise<number> {
  const stack = await loadStack(file, options, cli, true);
  const clients: Client[] = [];
  for (const talosconfig of options.talosconfig) {
    const client = await loadClient(
      { talosconfig, ...(options.context === undefined ? {} : { context: options.context }) },
      cli,
    );
    if (client !== undefined) clients.push(client);
  }
  const authorities = clients.flatMap((client) => client.authorities);
  const rotation = readRotation(stack, options.resource, authorities, cli.environment.now());
  const addresses = nodeAddresses(options.nodes, clients);
  const question = await questionOf(rotation, clients, cli);
  const observations = await Promise.all(
    addresses.map(async (node) => ({ ...(await observeNode({ node }, question)), node: formatNodeAddress(node) })),
  );
  const verdict = judgeRotation(rotation.position, observations, unusableCAs(rotation));
  cli.out(options.json === true ? toJson(rotation, verdict) : describe(rotation, verdict, styleOf(cli)));
  return verdict.safe ? EXIT.ok : EXIT.refused;
}

/** The CAs in play that verifiers reject, and why. */
function unusableCAs({ issuing, other }: KnownRotation): UnusableCAs {
  const parties = Object.entries({ issuing, other }).map(([party, certificate]) => {
    const findings = certificate === undefined ? [] : judgeAuthority("os", certificate);
    return [party, findings.map(({ what }) => what)] as const;
  });
  return Object.fromEntries(parties.filter(([, causes]) => causes.length > 0));
}

/**
 * With what the nodes are asked: clients of talosconfigs, and those that the keys in the export can make. Where one has
 * the role os:admin, apid is asked what it has in use, too.
 */
async function questionOf(rotation: KnownRotation, clients: readonly Client[], cli: CliContext): Promise<NodeQuestion> {
  const { issuing, other, retired, signers } = rotation;
  const authorities = clients.flatMap((client) => client.authorities);
  const retiredCertificates = authorities.filter(({ fingerprint }) => retired.includes(fingerprint));
  const now = cli.environment.now();
  const fresh = clients
    .flatMap(({ identity }) => identity ?? [])
    .filter(({ certificate }) => certificate.notAfter.getTime() > now.getTime());
  const ownClient = (authority: Certificate | undefined): ClientIdentity | undefined =>
    authority && fresh.find(({ certificate }) => certificate.isSignedBy(authority));
  const own = {
    issuing: ownClient(issuing),
    other: ownClient(other),
    retired: isUnderWay(rotation.position)
      ? undefined
      : retiredCertificates.map(ownClient).find((identity) => identity !== undefined),
  };
  const admin = fresh.find(({ certificate }) => certificate.organizations.includes("os:admin"));
  const given = admin === undefined ? {} : { given: nodeIdentity(admin) };
  const made = [signers.issuing, signers.other].filter((signer) => signer !== undefined);
  const trust = [issuing, ...(other === undefined ? [] : [other])].map(({ pem }) => pem);
  const context = { ...cli, nodes: () => cli.nodes(), progress: () => undefined, signal: new AbortController().signal };
  const credentials = { trust, signers: made, ...(made.length > 0 ? {} : given) };
  const access = await NodeAccess.of(credentials, context, timeoutsOf(undefined));
  const identities = Object.entries(own).flatMap(([party, identity]) =>
    identity === undefined ? [] : [[party, nodeIdentity(identity)] as const],
  );
  return {
    nodes: access.nodes,
    signal: access.signal,
    authorities: { issuing, ...(other === undefined ? {} : { other }), retired, retiredCertificates },
    clients: { ...(await clientsOf(signers, access)), ...Object.fromEntries(identities) },
    ...(made.length === 0 && admin === undefined
      ? {}
      : { read: (target: Target) => access.with(target, apiCertificates) }),
    mustRead: false,
  };
}

function toJson(rotation: KnownRotation, verdict: RotationVerdict): string {
  const { resource, position, id, issuing, other, retired, todo, kubernetes } = rotation;
  const authority = ({ subject, fingerprint, notAfter }: Certificate): object => ({
    subject,
    fingerprint,
    notAfter: formatTime(notAfter),
  });
  const state = {
    resource,
    stage: position,
    id,
    issuing: authority(issuing),
    other: other && authority(other),
    retired,
    todo,
    kubernetes,
  };
  return formatJson({ ...state, ...verdict });
}

function describe(rotation: KnownRotation, verdict: RotationVerdict, style: Style): string {
  const { position, resource, id, issuing, other } = rotation;
  const stage = id === undefined ? "no rotation yet" : `rotation ${safe(JSON.stringify(id))} at stage ${position}`;
  const short = (authority: Certificate): string =>
    `${safe(authority.subject) || "(no name)"}, SHA-256 ${authority.fingerprint}`;
  const name = (party: RotationParty): string => partyName(position, party).replace(/^the /, "");
  const parties: RotationParty[] =
    other === undefined ? ["issuing"] : position === "accept" ? ["issuing", "other"] : ["other", "issuing"];
  const shown = verdict.nodes.some(({ trusts }) => trusts.retired !== undefined)
    ? [...parties, "retired" as const]
    : parties;
  const yesNo = (trusts: boolean | undefined): string => (trusts === undefined ? "?" : trusts ? "yes" : "no");
  const rows = verdict.nodes.map(({ node, serves, trusts, through, gaps }) => [
    node,
    serves === undefined ? "?" : partyName(position, serves).replace(/^the /, ""),
    ...shown.map((party) => yesNo(trusts[party])),
    through ? "through" : safe(gaps.join("; ")),
  ]);
  const header = ["NODE", "SERVES", ...shown.map((party) => `TRUSTS ${name(party).toUpperCase()}`), "VERDICT"];
  const painted = table([header, ...rows], (cell, row, column) => {
    if (row === 0) return style.dim(cell);
    return column < header.length - 1 ? cell : verdict.nodes[row - 1]!.through ? style.good(cell) : style.bad(cell);
  });
  return [
    style.strong(`${safe(resource)}: OS CA, ${stage}\n`),
    `  issuing   ${short(issuing)}\n`,
    other === undefined ? "" : `  accepted  ${short(other)}\n`,
    painted,
    unusableLines(rotation, verdict, style),
    conclusion(verdict, style),
    aside(rotation, style),
  ].join("");
}

/** A CA is the reason where nodes reject its clients whatever their config, and the remedy is another CA. */
function unusableLines({ position }: KnownRotation, { unusable = {} }: RotationVerdict, style: Style): string {
  const remedies: Partial<Record<RotationPosition, string>> = {
    accept: 'set stage "abort", then rotate to another CA',
    swap: 'set stage "accept", then "abort", and rotate to another CA',
  };
  return Object.entries(unusable)
    .map(([party, causes]) => {
      const name = partyName(position, party as RotationParty).replace("authority", "CA");
      return style.bad(
        `${name} ${causes.join(" and ")}, so nodes reject it whatever their config; ${remedies[position] ?? "rotate to another CA"}\n`,
      );
    })
    .join("");
}

/** What these probes cannot see. */
function aside({ kubernetes }: KnownRotation, style: Style): string {
  if (kubernetes === undefined) return "";
  const { id, stage, todo } = kubernetes;
  return style.warn(
    `not looked at: rotation ${safe(JSON.stringify(id))} of the Kubernetes CA at stage ${stage}; ${safe(todo)}\n`,
  );
}

function conclusion({ safe: isSafe, untried, nodes, next, back, unusable }: RotationVerdict, style: Style): string {
  const behind = nodes.filter(({ through }) => !through).length;
  if (behind === 0 && unusable !== undefined) {
    return style.bad(next === undefined ? "not done\n" : `not safe: do not set stage "${next}"\n`);
  }
  if (isSafe && untried) {
    return style.warn(
      "every node serves the new CA; whether the old one is out could not be tried: give an old talosconfig too, or see that every node has its config\n",
    );
  }
  if (isSafe)
    return style.good(
      next === undefined
        ? "every node is through; nothing is left to do\n"
        : `safe: every node is through; go on with stage "${next}"\n`,
    );
  const not = `${behind} of ${nodes.length} nodes ${behind === 1 ? "is" : "are"} not through`;
  const cure = "apply the machine config of this stage there (control planes first, then workers) and ask again";
  if (next === undefined) return style.bad(`not done: ${not}; ${cure}\n`);
  return style.bad(
    `not safe: ${not}; ${cure}; do not set stage "${next}"${back === undefined ? "" : ` ("${back}" leads back)`}\n`,
  );
}
