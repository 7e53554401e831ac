// npm run pulumi -- ARGUMENTS: the Pulumi CLI with the backend and the stack that `npm start` uses.
import { prepareBackend } from "./lib/backend.mjs";
import { findPulumi } from "./lib/findPulumi.mjs";
import { root } from "./lib/paths.mjs";
import { makeReady } from "./lib/ready.mjs";
import { run } from "./lib/run.mjs";
import { runMain } from "./lib/say.mjs";

await runMain(async () => {
  await makeReady();
  const cli = await findPulumi();
  const { env, stack } = prepareBackend(cli);
  return run(cli.path, process.argv.slice(2), {
    cwd: process.env.INIT_CWD ?? root,
    env: { ...env, PULUMI_STACK: stack },
  });
});
