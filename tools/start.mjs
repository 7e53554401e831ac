// npm start: `pulumi up` on this project, and what to do next. Arguments are passed on to `pulumi up`.

import { prepareBackend } from "./lib/backend.mjs";
import { findPulumi } from "./lib/findPulumi.mjs";
import { root } from "./lib/paths.mjs";
import { makeReady } from "./lib/ready.mjs";
import { capture, run } from "./lib/run.mjs";
import { runMain, say, ToolError } from "./lib/say.mjs";
import { summary } from "./lib/summary.mjs";

/** The value of `--stack x`, `--stack=x` or `-s x`. */
function stackArgument(args) {
  const at = args.findIndex((arg) => /^(--stack|-s)(=|$)/.test(arg));
  return at < 0 ? undefined : args[at].includes("=") ? args[at].slice(args[at].indexOf("=") + 1) : args[at + 1];
}

async function ask(cli, env, args) {
  const { code, stdout, stderr } = await capture(cli.path, [...args, "--non-interactive"], { cwd: root, env });
  if (code !== 0) {
    throw new ToolError(`pulumi ${args.join(" ")} failed: ${stderr.trim()}`);
  }
  return JSON.parse(stdout);
}

async function makeStack(cli, env, stack) {
  const stacks = await ask(cli, env, ["stack", "ls", "--json"]);
  if (!stacks.some(({ name }) => name === stack || name.endsWith(`/${stack}`))) {
    const code = await run(cli.path, ["stack", "init", stack, "--no-select"], {
      cwd: root,
      env,
      stdio: ["inherit", "ignore", "inherit"],
    });
    if (code !== 0) {
      throw new ToolError(`the stack ${stack} could not be made; see above`);
    }
    say(`made the stack ${stack}`);
  }
}

await runMain(async () => {
  const args = process.argv.slice(2);
  await makeReady();
  const cli = await findPulumi();
  const backend = prepareBackend(cli);
  const stack = stackArgument(args) ?? backend.stack;
  const env = { ...backend.env, PULUMI_STACK: stack };
  say(`Pulumi ${cli.version}, stack ${stack}, state in ${backend.where}`);
  await makeStack(cli, env, stack);

  const begin = Math.floor(Date.now() / 1000);
  const code = await run(cli.path, ["up", "--yes", ...args], { cwd: root, env });
  if (code !== 0) {
    say("pulumi up failed; what it says above is the reason. `npm start` again goes on from where it stopped");
    return code;
  }
  const [last] = await ask(cli, env, ["stack", "history", "--json", "--page-size", "1"]);
  if (last === undefined || Date.parse(last.startTime) / 1000 < begin) {
    return 0;
  }
  const outputs = await ask(cli, env, ["stack", "output", "--json"]);
  process.stdout.write(
    summary({ changes: last.resourceChanges ?? {}, outputs, embedded: backend.embedded, now: Date.now() }),
  );
  return 0;
});
