/**
 * Freezes states of this version for the tests of the next ones: `npm run freeze` writes those of both entry points into
 * test/frozen/v<version>, and never one that is there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  ENTRY_POINTS,
  FROZEN_AT,
  FROZEN_STACK,
  frozenFolder,
  frozenVersions,
  PROGRAM,
} from "../test/e2e/support/frozen";
import { Project, type PulumiCli, pulumiCli, repository } from "../test/e2e/support";

const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };

/** The program of this version, to be edited beforehand; a new version begins with that of the one before. */
function programFor(folder: string): string {
  const own = join(folder, PROGRAM);
  const newest = frozenVersions().at(-1);
  if (existsSync(own)) return own;
  if (newest === undefined) throw new Error(`write ${own} first`);
  return join(frozenFolder, newest, PROGRAM);
}

async function freeze(): Promise<void> {
  const cli = pulumiCli();
  if (cli === undefined) throw new Error("there is no Pulumi CLI; `npm start` gets one");
  const folder = join(frozenFolder, `v${version}`);
  const program = readFileSync(programFor(folder), "utf8");
  // A rotation begins in a second up.
  const atRest = program.replace(/^const rotation = .*$/m, "const rotation = undefined;");
  if (atRest === program) throw new Error("the program has no line `const rotation = …`");
  mkdirSync(folder, { recursive: true });
  for (const entry of ENTRY_POINTS) {
    const target = join(folder, entry.state);
    if (existsSync(target)) continue;
    writeFileSync(target, await stateOf(cli, [atRest, program].map(entry.program)));
    process.stdout.write(`frozen in ${target}\n`);
  }
  writeFileSync(join(folder, PROGRAM), program);
}

/** The state of a stack after an up of each program. */
async function stateOf(cli: PulumiCli, programs: readonly string[]): Promise<string> {
  const [program = ""] = programs;
  const project = await Project.create({ cli, ...FROZEN_STACK, program });
  try {
    for (const text of programs) {
      project.writeProgram({ program: text });
      const { code, output } = await project.up({ now: FROZEN_AT });
      if (code !== 0) throw new Error(output);
    }
    const exported = await project.pulumi(["stack", "export"]);
    if (exported.code !== 0) throw new Error(exported.stderr);
    return exported.stdout;
  } finally {
    await project.remove();
  }
}

void freeze();
