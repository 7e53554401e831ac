// Many clusters, each a stack of its own: npm start -- --count 50 --parallel 4
import { parseArgs } from "node:util";

import { pool } from "./pool";
import { type Operation, runStack, type StackResult } from "./stack";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "3" },
    parallel: { type: "string", default: "4" },
    operation: { type: "string", default: "up" },
  },
});

/** Names on the command line, or as many as asked for: `site-001`, `site-002` … */
function namesOf(): string[] {
  if (positionals.length > 0) return positionals;
  return Array.from({ length: Number(values.count) }, (_, index) => `site-${String(index + 1).padStart(3, "0")}`);
}

function describe({ changes, error, seconds }: StackResult): string {
  if (error !== undefined) return `FAILED after ${seconds} s: ${error}`;
  const parts = Object.entries(changes).map(([operation, count]) => `${operation} ${count}`);
  return `${parts.join(", ") || "nothing"} in ${seconds} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const operation = values.operation as Operation;
  const names = namesOf();
  let done = 0;
  const results = await pool(names, Number(values.parallel), async (name) => {
    const result = await runStack(name, operation);
    done += 1;
    say(`[${done}/${names.length}] ${name}: ${describe(result)}`);
    return result;
  });
  const failed = results.filter(({ error }) => error !== undefined);
  const changed = results.filter(({ changes }) => Object.keys(changes).some((kind) => kind !== "same"));
  const [soonest] = results.flatMap(({ expires }) => expires ?? []).sort();
  say(`${names.length} stacks: ${changed.length} changed, ${failed.length} failed`);
  if (soonest !== undefined) say(`the first talosconfig ends ${soonest}`);
  failed.forEach((result) => {
    say(`${result.name}: ${describe(result)}`);
  });
  return failed.length === 0 ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
