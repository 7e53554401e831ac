// npm test: installs and compiles what is missing, then runs the tests. Arguments are passed on to mocha; names of suites
// (fast, e2e, interop, slow, backends, nodes, nodes-long) choose among them. With TALOS_PKI_REQUIRE_TOOLS=1 a tool that is missing is a failure.
import { makeReady } from "./lib/ready.mjs";
import { runMain, say } from "./lib/say.mjs";
import { findTools, runSuite, suites } from "./lib/suites.mjs";

function choose(args) {
  const named = suites.filter(({ name }) => args.includes(name));
  return named.length > 0 ? named : suites.filter(({ onlyWhenNamed }) => onlyWhenNamed !== true);
}

const firstLine = (text) => text.split("\n")[0].replace(". Looked at:", "");

function report(total, missing, required) {
  const lines = [];
  for (const [tool, why] of Object.entries(missing)) {
    lines.push(`${required ? "FAILED" : "SKIPPED"}: what needs ${tool} (${firstLine(why)})`);
  }
  if (total.skipped.length > 0) {
    lines.push(
      `${required ? "FAILED" : "SKIPPED"}: ${total.skipped.length} tests did not run`,
      ...total.skipped.slice(0, 20).map((title) => `  - ${title}`),
    );
  }
  if (total.excused.length > 0) {
    lines.push(
      `SKIPPED: ${total.excused.length} tests of what not every machine need have`,
      ...total.excused.map((title) => `  - ${title}`),
    );
  }
  if (Object.keys(missing).length > 0 && !required) {
    lines.push(
      "`.ci/run` gets every tool and skips nothing; `npm start` gets Pulumi, `node tools/judge.mjs` the judge and talosctl, `node tools/realnode.mjs` real nodes",
    );
  }
  lines.push(...total.failures.map((title) => `FAILED: ${title}`));
  return lines.map((line) => `${line}\n`).join("");
}

await runMain(async () => {
  const args = process.argv.slice(2);
  await makeReady();
  const chosen = choose(args);
  const rest = args.filter((arg) => !suites.some(({ name }) => name === arg));
  const required = process.env.TALOS_PKI_REQUIRE_TOOLS === "1";
  const { env, missing } = await findTools(new Set(chosen.flatMap(({ needs }) => needs)));

  const total = { passed: 0, failed: 0, failures: [], skipped: [], excused: [] };
  for (const suite of chosen) {
    say(`tests: ${suite.name}`);
    const result = await runSuite(suite, env, rest);
    if (result !== undefined) {
      total.passed += result.passed;
      total.failed += result.failed;
      total.failures.push(...result.failures);
      total.skipped.push(...result.skipped);
      total.excused.push(...result.excused);
    }
  }
  if (required) {
    // Where nothing may be missing, what did not run is as bad as what failed.
    total.failed += Object.keys(missing).length + total.skipped.length;
  }
  process.stdout.write(`\n${report(total, missing, required)}`);
  const skipped = total.skipped.length + total.excused.length;
  const tail = skipped > 0 ? `, ${skipped} skipped` : "";
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${tail}\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
});
