import { AUTHORITIES } from "../core/lifecycle/authorities";
import { isUnderWay, type RotationPosition } from "../core/lifecycle/rotation";
import { type NodeVerdict, partyName, settlingParts, someOfNodes } from "../core/lifecycle/rotationCheck";
import type { RotationParty } from "../core/lifecycle/rotationProofs";
import type { JudgedRotation } from "./rotationQuestion";
import { type KnownRotation, type KnownRotations, titleOf } from "./rotationState";
import { safe, type Style, table } from "./style";
import type { StagedName } from "../core/secrets/inventory";

/** What the nodes showed of every rotation, in one table. */
export function describeRotations(
  { resource, rotations }: KnownRotations,
  judged: readonly JudgedRotation[],
  style: Style,
): string {
  const names = judged.map(({ authority }) => authority);
  const others = rotations.filter(({ authority }) => !names.includes(authority));
  return [
    ...judged.map((rotation) => heading(resource, rotation, style)),
    ...(others.length === 0
      ? []
      : [style.dim(`no rotation yet: ${others.map(({ authority }) => titleOf(authority)).join(", ")}\n`)]),
    tableOf(judged, style),
    ...judged.flatMap((rotation) => [unusableLines(rotation, style), conclusion(rotation, judged.length > 1, style)]),
  ].join("");
}

function heading(resource: string, { authority, id, position, keys }: KnownRotation, style: Style): string {
  const stage = id === undefined ? "no rotation yet" : `rotation ${safe(JSON.stringify(id))} at stage ${position}`;
  const line = (what: string, key: NonNullable<KnownRotation["keys"]>["issuing"] | undefined): string => {
    if (key === undefined) return "";
    const name = key.certificate === undefined ? "" : `${safe(key.certificate.subject) || "(no name)"}, `;
    return `  ${what} ${name}SHA-256 ${key.fingerprint}\n`;
  };
  return [
    style.strong(`${safe(resource)}: ${titleOf(authority)}, ${stage}\n`),
    line("issuing  ", keys?.issuing),
    line("accepted ", keys?.other),
  ].join("");
}

/** What stands in a column of trust: the party by its age. */
type Age = "old" | "new" | "only";

function partyOfAge(position: RotationPosition, age: Age): RotationParty | undefined {
  if (isUnderWay(position)) {
    if (age === "only") return undefined;
    return (position === "accept") === (age === "old") ? "issuing" : "other";
  }
  return age === "old" ? "retired" : "issuing";
}

function tableOf(judged: readonly JudgedRotation[], style: Style): string {
  const isOne = judged.length === 1;
  const positions = judged.map(({ position }) => position);
  const hasRetired = judged.some(({ verdict: { nodes } }) =>
    nodes.some(({ places }) => places.some(({ trusts }) => trusts.retired !== undefined)),
  );
  // At rest, and without a sign of an old CA, there is one that is neither old nor new.
  const ages: readonly Age[] = positions.some(isUnderWay) ? ["old", "new"] : hasRetired ? ["only", "old"] : ["only"];

  const rows = judged.flatMap(({ authority, position, verdict }) =>
    verdict.nodes
      .filter(({ concerned }) => concerned)
      .map((node) => ({
        isThrough: node.through,
        cells: [
          node.node,
          ...(isOne ? [] : [titleOf(authority)]),
          servedBy(authority, position, node),
          ...ages.map((age) => trusted(partyOfAge(position, age), node)),
          node.through ? "through" : safe(node.gaps.join("; ")),
        ],
      })),
  );
  const columns = ages.map((age) =>
    age === "only" ? `TRUSTS ${isOne ? AUTHORITIES[judged[0]!.authority].noun : "CA"}` : `TRUSTS ${age} CA`,
  );
  const header = ["NODE", ...(isOne ? [] : ["OF"]), "SERVES", ...columns.map((text) => text.toUpperCase()), "VERDICT"];
  return table([header, ...rows.map(({ cells }) => cells)], (cell, row, column) => {
    if (row === 0) return style.dim(cell);
    return column < header.length - 1 ? cell : rows[row - 1]!.isThrough ? style.good(cell) : style.bad(cell);
  });
}

/** Whose certificates a node serves, over all its places. */
function servedBy(authority: StagedName, position: RotationPosition, { places }: NodeVerdict): string {
  const names = places
    .flatMap(({ serves }) => (serves === undefined ? [] : [partyName(position, serves, authority)]))
    .map((name) => name.replace(/^the /, ""));
  return [...new Set(names)].join(" and ") || "?";
}

/** Whether all places of a node trust a party. */
function trusted(party: RotationParty | undefined, { places }: NodeVerdict): string {
  if (party === undefined) return "";
  const shown = places.map(({ trusts }) => trusts[party]);
  if (shown.includes(false)) return "no";
  return shown.length === 0 || shown.includes(undefined) ? "?" : "yes";
}

/** A CA is the reason where nodes reject its clients whatever their config, and the remedy is another CA. */
function unusableLines({ position, verdict: { unusable = {} } }: JudgedRotation, style: Style): string {
  const remedies: Partial<Record<RotationPosition, string>> = {
    accept: 'set stage "abort", then rotate to another CA',
    swap: 'set stage "accept", then "abort", and rotate to another CA',
  };
  return Object.entries(unusable)
    .map(([party, causes]) => {
      const name = partyName(position, party as RotationParty);
      return style.bad(
        `${name} ${causes.join(" and ")}, so nodes reject it whatever their config; ${remedies[position] ?? "rotate to another CA"}\n`,
      );
    })
    .join("");
}

/** What to do about one rotation. */
function conclusion({ authority, verdict }: JudgedRotation, isNamed: boolean, style: Style): string {
  const { safe: isSafe, untried, nodes, next, back, unusable } = verdict;
  const name = isNamed ? `${titleOf(authority)}: ` : "";
  const concerned = nodes.filter((node) => node.concerned);
  const behind = concerned.filter(({ through }) => !through).length;
  if (concerned.length === 0) return style.bad(`${name}no node that was asked has it; ask the control planes\n`);
  if (behind === 0 && unusable !== undefined) {
    return style.bad(`${name}${next === undefined ? "not done" : `not safe: do not set stage "${next}"`}\n`);
  }
  if (isSafe && untried) {
    // A talosconfig has a client of the OS CA; for the others there is nobody to knock.
    const trial =
      authority === "os"
        ? "could not be tried: give an old talosconfig too, or see that every node has its config"
        : "could not be tried everywhere: see that every node has its config";
    return style.warn(`${name}every node serves the new CA; whether the old one is out ${trial}\n`);
  }
  if (isSafe)
    return style.good(
      next === undefined
        ? `${name}every node is through; nothing is left to do\n`
        : `${name}safe: every node is through; go on with stage "${next}", or where it is "auto" with the next update\n`,
    );
  const not = `${someOfNodes(behind, concerned.length)} ${behind === 1 ? "is" : "are"} not through`;
  const isSettling = nodes.some((node) => settlingParts(node).length > 0);
  const cure = isSettling
    ? "wait a minute until every server there is ready, and ask again"
    : "apply the machine config of this stage there (control planes first, then workers) and ask again";
  if (next === undefined) return style.bad(`${name}not done: ${not}; ${cure}\n`);
  return style.bad(
    `${name}not safe: ${not}; ${cure}; do not set stage "${next}"${back === undefined ? "" : ` ("${back}" leads back)`}\n`,
  );
}
