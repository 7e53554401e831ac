// What the tools say goes to stderr: stdout belongs to the command that was asked for.
const interactive = process.stderr.isTTY === true;

/** A line about what a tool does, e.g. `say("building …")`. */
export const say = (line) => {
  process.stderr.write(`talos-pki: ${line}\n`);
};

/** An error whose message alone is for the user: no stack is shown. */
export class ToolError extends Error {}

/** A wrong command line. */
export class UsageError extends ToolError {}

/** Nobody is asked to have this tool: what needs it is skipped even where tools are required. */
export class OptionalToolError extends ToolError {}

const elapsedSince = (start) => {
  const seconds = Math.round((Date.now() - start) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/**
 * Runs `work(update)` and shows that it is alive: one rewritten line on a terminal, a line per
 * half minute in a log. `update(detail)` says what it is at.
 */
export async function progress(label, work) {
  const start = Date.now();
  let detail = "";
  const tick = () => {
    const text = `talos-pki: ${label}${detail === "" ? "" : ` (${detail})`} … ${elapsedSince(start)}`;
    if (interactive) {
      process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 100) - 1)}`);
    } else {
      process.stderr.write(`${text}\n`);
    }
  };
  tick();
  const timer = setInterval(tick, interactive ? 1000 : 30_000);
  try {
    const result = await work((text) => (detail = text));
    clearInterval(timer);
    if (interactive) {
      process.stderr.write("\r\u001b[2K");
    }
    say(`${label}: done in ${elapsedSince(start)}`);
    return result;
  } catch (error) {
    clearInterval(timer);
    if (interactive) {
      process.stderr.write("\r\u001b[2K");
    }
    throw error;
  }
}

/** Runs a tool's `main` and turns its outcome into an exit code. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.stderr.write(`talos-pki: ${error instanceof ToolError ? error.message : error.stack}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
