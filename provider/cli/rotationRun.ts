import { isUnderWay } from "../core/lifecycle/rotation";
import { tokenGrace } from "../core/lifecycle/rotationProofs";
import { formatTime } from "../core/environment";
import { HOUR, parseHours } from "../core/duration";
import { CliError, EXIT, type CliContext } from "./cliContext";
import { type Client } from "./client";
import { type AskingOptions, askedFor, loadClients, nodesOf } from "./rotation";
import { type JudgedRotation, judgeRotations } from "./rotationQuestion";
import { type KnownRotation, type KnownRotations, readAllRotations, titleOf } from "./rotationState";
import { describeRotations } from "./rotationTable";
import { loadStack, type StackOptions } from "./stack";
import { safe, type Style, styleOf, table } from "./style";

export interface RunOptions extends StackOptions, AskingOptions {}

/** What one rotation waits for, and where: the same text twice means that another run would change nothing. */
interface Waiting {
  readonly key: string;
  readonly reason: string;
}

/**
 * `talos-pki rotation run -- pulumi up --yes`: runs the command again and again until every rotation of the stack is at
 * `finish`, or one stays twice for the same reason. Between the runs it asks the nodes and shows where each rotation is.
 *
 * @returns 0 when all are at `finish`, 1 when one waits, 3 when the command failed; its own exit code is reported
 */
export async function rotationRun(command: readonly string[], options: RunOptions, cli: CliContext): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined)
    throw new CliError("no command is given; end the line with -- and the command, such as -- pulumi up --yes");
  const clients = await loadClients(options, cli);
  const place = options.cwd === undefined ? {} : { cwd: options.cwd };
  const style = styleOf(cli);
  let before: ReadonlyMap<string, string> = new Map();
  for (;;) {
    const code = await cli.runHere(program, args, place);
    if (code !== 0) {
      cli.err(`talos-pki: ${safe(program)} failed with exit code ${code}; the rotations stay where they are\n`);
      return EXIT.commandFailed;
    }
    const waiting = await look(options, clients, cli, style);
    if (waiting.length === 0) {
      cli.out(style.good("every rotation is at finish\n"));
      return EXIT.ok;
    }
    const stuck = waiting.filter(({ key, reason }) => before.get(key) === reason);
    if (stuck.length > 0) {
      cli.out(stuck.map(({ key, reason }) => style.warn(`waits: ${safe(`${key}: ${reason}`)}\n`)).join(""));
      return EXIT.refused;
    }
    before = new Map(waiting.map(({ key, reason }) => [key, reason]));
  }
}

/** Shows where every rotation of the stack is. @returns those that are not at `finish`, and why */
async function look(
  options: RunOptions,
  clients: readonly Client[],
  cli: CliContext,
  style: Style,
): Promise<readonly Waiting[]> {
  const stack = await loadStack(undefined, { ...options, selected: true }, cli, true);
  const all = readAllRotations(stack, cli.environment.now());
  if (all.length === 0) throw new CliError("the stack holds no TalosSecrets");
  const waiting: Waiting[] = [];
  for (const known of all) {
    const pending = known.rotations.filter(isPending);
    const nodes = nodesOf(options, clients, known);
    if (nodes.length === 0) {
      cli.out(positions(known, style));
      waiting.push(...pending.map((rotation) => waitingFor(known, rotation, rotation.todo ?? "")));
      continue;
    }
    const judged = await judgeRotations(known, askedFor(known), nodes, clients, cli);
    cli.out(describeRotations(known, judged, style));
    waiting.push(
      ...judged.filter(isPending).map((rotation) => waitingFor(known, rotation, reasonOf(rotation, known, cli))),
    );
  }
  return waiting;
}

const waitingFor = ({ resource }: KnownRotations, { authority, position }: KnownRotation, why: string): Waiting => ({
  key: `${resource}, ${titleOf(authority)}`,
  reason: `stays at ${position}; ${why}`,
});

/** A rotation under way, or one that the program asks for and that has not begun. */
function isPending({ position, id, requested }: KnownRotation): boolean {
  return isUnderWay(position) || (requested?.stage === "auto" && requested.id !== id);
}

/** Why a rotation is where it is; the same text for the same reason. */
function reasonOf(
  { authority, position, verdict, todo, requested }: JudgedRotation,
  { tokenGracePeriod }: KnownRotations,
  cli: CliContext,
): string {
  const late = verdict.nodes.filter(({ through }) => !through);
  if (late.length > 0) return late.map(({ node, gaps }) => `${node} ${gaps.join(", and ")}`).join("; ");
  if (authority === "serviceAccount" && position === "swap") {
    const period =
      parseHours(tokenGracePeriod ?? TOKEN_GRACE_PERIOD, "rotation.serviceAccount.tokenGracePeriod") * HOUR;
    const { until } = tokenGrace(verdict.nodes, period);
    if (until !== undefined && until > cli.environment.now())
      return `tokens of the old key may be in use until ${formatTime(until)}`;
  }
  return requested?.stage === "auto" ? "every node is through" : (todo ?? "every node is through");
}

/** Kubelets renew projected tokens at 80 % of an hour. */
const TOKEN_GRACE_PERIOD = "70m";

/** Where the rotations are, of a stack that does not say which nodes there are. */
function positions({ resource, rotations }: KnownRotations, style: Style): string {
  const begun = rotations.filter(({ position, requested }) => position !== "none" || requested !== undefined);
  const rows = begun.map(({ authority, id = "", position, todo = "" }) => [
    titleOf(authority),
    safe(id),
    position,
    safe(todo),
  ]);
  const lines = table([["OF", "ROTATION", "STAGE", "NEXT"], ...rows], (cell, row) =>
    row === 0 ? style.dim(cell) : cell,
  );
  return `${style.strong(safe(resource))}\n${begun.length === 0 ? "no rotation yet\n" : lines}`;
}
