import { CliError, EXIT, type CliContext } from "./cliContext";
import { type Client } from "./client";
import { type AskingOptions, askedFor, loadClients, nodesOf } from "./rotation";
import { judgeRotations } from "./rotationQuestion";
import { type KnownRotations, readAllRotations, titleOf } from "./rotationState";
import { SETTLING_MS } from "../resources/live/rotation/nodes";
import { describeRotations } from "./rotationTable";
import { type AskedRotations, onlySettles, unfinishedNodes, waitingRotations } from "./rotationWaiting";
import { loadStack, type StackOptions } from "./stack";
import { safe, type Style, styleOf, table } from "./style";

export interface RunOptions extends StackOptions, AskingOptions {}

const PAUSE_MS = 5_000;

/**
 * `talos-pki rotation run -- pulumi up --yes`: runs the command again and again until every rotation of the stack is at
 * `finish`, or one stays twice for the same reason. Between the runs it asks the nodes and shows where each rotation is.
 *
 * @returns 0 when all are at `finish`, 1 when one waits, or is at `finish` and not on every node, 3 when the command
 * failed; its own exit code is reported
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
    const asked = await askSettled(options, clients, cli);
    cli.out(asked.map((one) => show(one, style)).join(""));
    const waiting = asked.flatMap((one) => waitingRotations(one, cli.environment.now()));
    if (waiting.length === 0) {
      const late = asked.flatMap(unfinishedNodes);
      if (late.length === 0) cli.out(style.good("every rotation is at finish\n"));
      else cli.out(late.map(({ key, reason }) => style.bad(`not done: ${safe(`${key}: ${reason}`)}\n`)).join(""));
      return late.length === 0 ? EXIT.ok : EXIT.refused;
    }
    const stuck = waiting.filter(({ key, reason }) => before.get(key) === reason);
    if (stuck.length > 0) {
      cli.out(stuck.map(({ key, reason }) => style.warn(`waits: ${safe(`${key}: ${reason}`)}\n`)).join(""));
      return EXIT.refused;
    }
    before = new Map(waiting.map(({ key, reason }) => [key, reason]));
  }
}

/** The rotations of every cluster of the stack. @throws CliError for a stack without TalosSecrets */
async function read(options: RunOptions, cli: CliContext): Promise<readonly KnownRotations[]> {
  const stack = await loadStack(undefined, { ...options, selected: true }, cli, true);
  const all = readAllRotations(stack, cli.environment.now());
  if (all.length === 0) throw new CliError("the stack holds no TalosSecrets");
  return all;
}

/** Asks the nodes where each rotation is. */
async function ask(
  all: readonly KnownRotations[],
  options: RunOptions,
  clients: readonly Client[],
  cli: CliContext,
): Promise<readonly AskedRotations[]> {
  const asked: AskedRotations[] = [];
  for (const known of all) {
    const nodes = nodesOf(options, clients, known);
    asked.push({
      known,
      judged: nodes.length === 0 ? [] : await judgeRotations(known, askedFor(known), nodes, clients, cli),
    });
  }
  return asked;
}

/** Asks again for as long as servers are not ready after their last restart, which no other run of the command mends. */
async function askSettled(
  options: RunOptions,
  clients: readonly Client[],
  cli: CliContext,
): Promise<readonly AskedRotations[]> {
  const all = await read(options, cli);
  let asked = await ask(all, options, clients, cli);
  if (!isSettling(asked, cli)) return asked;
  cli.out("waits until every server on the nodes is ready\n");
  const nodes = await cli.nodes();
  const deadline = nodes.uptime() + SETTLING_MS;
  while (isSettling(asked, cli) && nodes.uptime() < deadline) {
    await nodes.sleep(PAUSE_MS, new AbortController().signal);
    asked = await ask(all, options, clients, cli);
  }
  return asked;
}

const isSettling = (asked: readonly AskedRotations[], cli: CliContext): boolean =>
  asked.every((one) => waitingRotations(one, cli.environment.now()).length === 0) && asked.some(onlySettles);

const show = ({ known, judged }: AskedRotations, style: Style): string =>
  judged.length === 0 ? positions(known, style) : describeRotations(known, judged, style);

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
