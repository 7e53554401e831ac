import { formatTime } from "../core/environment";
import {
  judgeRotation,
  type NodeObservation,
  partyName,
  type RotationParty,
  type RotationVerdict,
  type UnusableCAs,
} from "../core/lifecycle/rotationCheck";
import { isUnderWay, type RotationPosition } from "../core/lifecycle/rotation";
import { judgeAuthority } from "../core/inspect/tryAuthority";
import type { Certificate } from "../core/x509/certificate";
import { issueClientCertificate } from "../core/x509/clientCertificate";
import { type Address, formatAddress, readNodeAddress } from "./address";
import { type Client, loadClient, omniIdentity } from "./client";
import { type ClientIdentity, probeNode } from "./probe";
import { type KnownRotation, readRotation } from "./rotationState";
import { loadStack, type StackOptions } from "./stack";
import { formatJson, safe, type Style, styleOf, table } from "./style";
import { CliError, EXIT, type CliContext } from "./cliContext";

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
 * who trusts and serves what and whether the next stage is safe. Where the export shows secrets, it makes itself
 * clients for that, which live an hour and never leave the process.
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
  const addresses = nodesOf(options, clients);
  const probers = await makeProbers(rotation, clients, cli);
  const observations = await Promise.all(addresses.map((address) => observe(address, rotation, authorities, probers)));
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

function nodesOf(options: RotationOptions, clients: readonly Client[]): Address[] {
  const omni = clients.find(({ context }) => omniIdentity(context) !== undefined);
  if (omni !== undefined && options.nodes === undefined) {
    throw new CliError(
      `context ${JSON.stringify(omni.contextName)} goes through Omni, whose endpoint shows no certificate of a node; give --nodes with addresses of their own`,
    );
  }
  const given = options.nodes ?? [...(clients[0]?.context.endpoints ?? []), ...(clients[0]?.context.nodes ?? [])];
  const addresses = given.map(readNodeAddress);
  if (addresses.length === 0)
    throw new CliError("no node is known; use --nodes, or endpoints and nodes in the talosconfig");
  return [...new Map(addresses.map((address) => [formatAddress(address), address])).values()];
}

type Probers = { readonly [Party in RotationParty]?: ClientIdentity };

const PROBE_HOURS = 1;

/** A client of each party: from a talosconfig, else made with the CA's key. */
async function makeProbers(rotation: KnownRotation, clients: readonly Client[], cli: CliContext): Promise<Probers> {
  const identities = clients.flatMap(({ identity }) => (identity === undefined ? [] : [identity]));
  const now = cli.environment.now();
  const fresh = identities.filter(({ certificate }) => certificate.notAfter.getTime() > now.getTime());
  const signedBy = (authority: Certificate | undefined): ClientIdentity | undefined =>
    authority && fresh.find(({ certificate }) => certificate.isSignedBy(authority));
  const retired = clients
    .flatMap((client) => client.authorities)
    .filter(({ fingerprint }) => rotation.retired.includes(fingerprint));
  const made = async (party: "issuing" | "other"): Promise<ClientIdentity | undefined> => {
    const authority = rotation.signers[party];
    if (authority === undefined) return undefined;
    const options = {
      certificateAuthority: authority,
      roles: ["os:reader"],
      validityPeriodHours: PROBE_HOURS,
      commonName: "talos-pki rotation status",
    };
    return issueClientCertificate(options, cli.environment);
  };
  const parties = {
    issuing: signedBy(rotation.issuing) ?? (await made("issuing")),
    other: signedBy(rotation.other) ?? (await made("other")),
    retired: isUnderWay(rotation.position)
      ? undefined
      : retired.map(signedBy).find((identity) => identity !== undefined),
  };
  return Object.fromEntries(Object.entries(parties).filter(([, identity]) => identity !== undefined));
}

async function observe(
  address: Address,
  rotation: KnownRotation,
  authorities: readonly Certificate[],
  probers: Probers,
): Promise<NodeObservation> {
  const node = formatAddress(address);
  const parties = Object.keys(probers) as RotationParty[];
  const results = await Promise.all(parties.map((party) => probeNode(address, probers[party])));
  const served = results.length > 0 ? results : [await probeNode(address)];
  const leaf = served.find(({ chain }) => chain.length > 0)?.chain[0];
  const reason = served.find((result) => !result.accepted)?.reason;
  return {
    node,
    ...(leaf === undefined ? {} : { serves: serverOf(leaf, rotation, authorities) }),
    trusts: Object.fromEntries(parties.map((party, index) => [party, results[index]!.accepted])),
    ...(reason === undefined ? {} : { reason }),
  };
}

function serverOf(
  leaf: Certificate,
  rotation: KnownRotation,
  authorities: readonly Certificate[],
): RotationParty | "stranger" {
  if (leaf.isSignedBy(rotation.issuing)) return "issuing";
  if (rotation.other !== undefined && leaf.isSignedBy(rotation.other)) return "other";
  const retired = authorities.filter(({ fingerprint }) => rotation.retired.includes(fingerprint));
  return retired.some((authority) => leaf.isSignedBy(authority)) ? "retired" : "stranger";
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
