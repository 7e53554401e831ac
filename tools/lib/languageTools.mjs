import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { hashOf } from "./files.mjs";
import { buildGoTools } from "./goTool.mjs";
import { outputOf } from "./output.mjs";
import { root, toolCache } from "./paths.mjs";
import { isExecutable } from "./run.mjs";
import { ToolError } from "./say.mjs";

const versions = JSON.parse(readFileSync(join(root, "tools", "versions.json"), "utf8"));
const GENERATOR = "tools/go/pulumi-sdk-generator";

/** Other sources of the generator build their own. */
const versionOfGenerator = (...files) => hashOf(files.map((file) => join(root, GENERATOR, file)));

/** The Python host calls a script that lies beside its source, and finds it on PATH. */
async function addPythonScript(folder) {
  const sdk = "github.com/pulumi/pulumi/sdk/v3";
  const cwd = join(root, "tools", "go", "pulumi-language-python");
  const source = await outputOf("go", ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", sdk], { cwd });
  const script = "pulumi-language-python-exec";
  copyFileSync(join(source, "python", "cmd", script), join(folder, script));
}

/** What can be built, each in a folder of its own: rows `{name, version, module, package, flags?, finish?}`. */
const BUILDS = {
  yaml: {
    name: "pulumi-language-yaml",
    version: () => versions["pulumi-language-yaml"].version,
    module: "tools/go/pulumi-language-yaml",
    package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
  },
  python: {
    name: "pulumi-language-python",
    version: () => versions["pulumi-language-python"].version,
    module: "tools/go/pulumi-language-python",
    package: "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
    finish: addPythonScript,
  },
  java: {
    name: "pulumi-language-java",
    version: () => versions["pulumi-language-java"].version,
    module: "tools/go/pulumi-language-java",
    package: "github.com/pulumi/pulumi-java/pkg/cmd/pulumi-language-java",
  },
  generator: {
    name: "pulumi-sdk-generator",
    version: () => versionOfGenerator("go.mod", "go.sum", "main.go", "languages.go"),
    module: GENERATOR,
    package: ".",
  },
  dotnet: {
    name: "pulumi-sdk-generator",
    version: () => versionOfGenerator("dotnet.mod", "dotnet.sum", "main.go", "dotnet.go"),
    module: GENERATOR,
    package: ".",
    flags: ["-modfile=dotnet.mod", "-tags=dotnet"],
  },
};

const folderOf = ({ name, version }, env) => join(toolCache(env), name, version(), "bin");

/** The folder of a tool, or undefined if it is not built. */
function findBuild(tool, env) {
  const folder = folderOf(BUILDS[tool], env);
  return isExecutable(join(folder, BUILDS[tool].name)) ? folder : undefined;
}

/** The folder of a language host or of the SDK generator; `obtain: "build"` builds it once. */
export async function findLanguageTool(tool, { env = process.env, obtain = "nothing" } = {}) {
  const found = findBuild(tool, env);
  if (found !== undefined) {
    return found;
  }
  const row = BUILDS[tool];
  if (obtain !== "build") {
    throw new ToolError(`${row.name} is not built; \`node tools/languages.mjs\` does it`);
  }
  const folder = folderOf(row, env);
  const { finish, ...build } = row;
  await buildGoTools(`${row.name} from its sources, once, 1 to 5 minutes`, folder, [build], finish);
  return folder;
}
