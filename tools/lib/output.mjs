import { capture } from "./run.mjs";
import { ToolError } from "./say.mjs";

/** What a command prints, trimmed; its last words are the error where it fails. */
export async function outputOf(command, args, options = {}) {
  const { code, stdout, stderr } = await capture(command, args, options);
  if (code !== 0) {
    throw new ToolError(`${command} ${args[0]} failed: ${stderr.trim().split("\n").slice(-5).join("\n")}`);
  }
  return stdout.trim();
}
