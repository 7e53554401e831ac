import { blocks, commandsOf } from "./markdown";

/** A command of the documentation: what is called, and with which options. */
export interface ShownCommand {
  readonly where: string;
  /** Words before the first option or argument that is no command, such as `["config", "set"]`. */
  readonly words: readonly string[];
  readonly options: readonly string[];
}

/** Commands of one program in all shell blocks. */
export function shownCommands(program: string): readonly ShownCommand[] {
  return blocks("sh").flatMap((block) =>
    commandsOf(block)
      .filter(([command]) => command === program)
      .map(([, ...words]) => ({
        where: `${block.where}: ${program} ${words.join(" ")}`,
        words: words.filter((word) => /^[a-z][a-z-]*$/.test(word)),
        options: words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/=.*$/, "")),
      })),
  );
}

/**
 * The longest run of words that the program knows as a command, and the options that its help does not name.
 *
 * @param help text of `program words… --help`, or `undefined` where there is no such command
 */
export async function unknownOptions(
  command: ShownCommand,
  depth: (words: readonly string[]) => number,
  help: (words: readonly string[]) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const words = command.words.slice(0, depth(command.words));
  const text = await help(words);
  if (text === undefined) return [`${command.where}: no such command`];
  return command.options
    .filter((option) => !new RegExp(`(^|[\\s,])${option}(?=[\\s,=]|$)`, "m").test(text))
    .map((option) => `${command.where}: no option ${option}`);
}
