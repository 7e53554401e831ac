import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { findPulumi } from "./findPulumi.mjs";
import { findLanguageTool } from "./languageTools.mjs";
import { root } from "./paths.mjs";
import { capture } from "./run.mjs";
import { ToolError } from "./say.mjs";

const POM = join(root, "sdk", "java", "pom.xml");

/** The pom is written by hand, so its version can be forgotten. */
function checkPom(version) {
  const [, own] = /<artifactId>talos-pki<\/artifactId>\s*<version>([^<]*)</.exec(readFileSync(POM, "utf8")) ?? [];
  if (own !== version) {
    throw new ToolError(`sdk/java/pom.xml has version ${own}, schema.json ${version}; they must be the same`);
  }
}

/** What the generated build.gradle would make: the SDK reads the one, Pulumi finds the plugin by the other. */
function writeResources(folder, { name, version }) {
  const resources = join(folder, "src", "main", "resources", "com", "pulumi", name);
  mkdirSync(resources, { recursive: true });
  writeFileSync(join(resources, "version.txt"), version);
  writeFileSync(join(resources, "plugin.json"), `${JSON.stringify({ resource: true, name, version }, undefined, 2)}\n`);
}

/**
 * Writes the Java SDK of a schema into `folder`: the sources that Pulumi's language host generates, and our pom. The files
 * for Gradle are left out, because they name hosts of registries.
 */
export async function writeJavaSdk(schema, folder) {
  const pack = JSON.parse(readFileSync(schema, "utf8"));
  checkPom(pack.version);
  const host = await findLanguageTool("java", { obtain: "build" });
  const cli = await findPulumi();
  const made = mkdtempSync(join(tmpdir(), "talos-pki-java-"));
  try {
    const args = ["package", "gen-sdk", schema, "--language", "java", "--out", join(made, "sdk")];
    const { code, stderr } = await capture(cli.path, args, {
      cwd: made,
      env: {
        ...process.env,
        PATH: [host, ...cli.folders, process.env.PATH ?? ""].join(delimiter),
        PULUMI_HOME: join(made, "home"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
    });
    if (code !== 0) {
      throw new ToolError(`pulumi package gen-sdk failed: ${stderr.trim()}`);
    }
    for (const name of ["src", "README.md"]) {
      cpSync(join(made, "sdk", "java", name), join(folder, name), { recursive: true });
    }
    writeResources(folder, pack);
    cpSync(POM, join(folder, "pom.xml"));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
