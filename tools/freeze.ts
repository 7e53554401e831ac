/** Freezes a state of this version for the tests of the next ones: `npm run freeze` writes test/frozen/v<version>. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { FROZEN_AT, FROZEN_STACK, frozenFolder, frozenVersions, PROGRAM } from "../test/e2e/support/frozen";
import { Project, pulumiCli, repository } from "../test/e2e/support";

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
  const project = await Project.create({ cli, ...FROZEN_STACK, program: atRest });
  try {
    for (const text of [atRest, program]) {
      project.writeProgram({ program: text });
      const { code, output } = await project.up({ now: FROZEN_AT });
      if (code !== 0) throw new Error(output);
    }
    const exported = await project.pulumi(["stack", "export"]);
    if (exported.code !== 0) throw new Error(exported.stderr);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "state.json"), exported.stdout);
    writeFileSync(join(folder, PROGRAM), program);
    process.stdout.write(`frozen in ${folder}\n`);
  } finally {
    await project.remove();
  }
}

void freeze();
