import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { join } from "node:path";

import { build } from "esbuild";

import { root } from "./paths.mjs";
import { ToolError } from "./say.mjs";

const ADAPTER = join(root, "dist", "provider", "adapters", "plugin");

const requireOfPulumi = createRequire(createRequire(join(root, "_")).resolve("@pulumi/pulumi/package.json"));
const late = (name) => `require(${JSON.stringify(requireOfPulumi.resolve(name))})`;
const LATE_OF_PULUMI = [/\(0, (?:exports|pulumiModules_1)\.requireOfPulumi\)\("([^"]+)"\)/g, (_, name) => late(name)];

/**
 * What esbuild would not see of the plugin's compiled files: modules that are loaded late, or from where @pulumi/pulumi lies. Rows
 * `[pattern, replacement]` by file; each pattern must occur.
 */
const REWRITES = {
  "main.js": [[/\brequireLate\("/g, 'require("']],
  "componentRuntime.js": [LATE_OF_PULUMI],
  "pulumiModules.js": [[/^exports\.requireOfPulumi = \(0, node_module_1\.createRequire\).*$/m, ""], LATE_OF_PULUMI],
};

function rewritten(path, rows) {
  return rows.reduce(
    (text, [pattern, replacement]) => {
      const next = text.replace(pattern, replacement);
      if (next === text) {
        throw new ToolError(`${path} has nothing like ${pattern}; see tools/lib/pluginBundle.mjs`);
      }
      return next;
    },
    readFileSync(path, "utf8"),
  );
}

/** The module that stands in the place of provider/adapters/plugin/packageFiles.ts. */
function packageFiles() {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const schema = JSON.stringify(JSON.parse(readFileSync(join(root, "schema.json"), "utf8")));
  return [
    `exports.readVersion = () => Promise.resolve(${JSON.stringify(version)});`,
    `exports.readSchema = () => Promise.resolve(${JSON.stringify(schema)});`,
  ].join("\n");
}

const plugin = {
  name: "plugin",
  setup(building) {
    const answer = (contents) => ({ contents, loader: "js" });
    building.onLoad({ filter: /[\\/]adapters[\\/]plugin[\\/]\w+\.js$/ }, ({ path }) => {
      const name = path.slice(ADAPTER.length + 1);
      if (name === "packageFiles.js") {
        return answer(packageFiles());
      }
      return REWRITES[name] === undefined ? undefined : answer(rewritten(path, REWRITES[name]));
    });
    // Serializes functions of a program, with the whole of TypeScript and npm; a plugin has no program.
    building.onLoad({ filter: /@pulumi[\\/]pulumi[\\/]runtime[\\/]closure[\\/]/ }, () => answer(""));
  },
};

const TOO_OLD = "pulumi-resource-talos-pki needs Node.js 20 or newer; this is ";

/** Parsed by any Node that knows the syntax of the rest. */
const BANNER = `if (Number(process.versions.node.split(".")[0]) < 20) {
  process.stderr.write(${JSON.stringify(TOO_OLD)} + process.version + "\\n");
  process.exit(1);
}`;

const PACKAGE = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** The npm packages whose files are in a bundle: `{name, version, license, folder}`, sorted. */
function packagesIn(inputs) {
  const folders = new Set(
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .flatMap(([path]) => PACKAGE.exec(path)?.[0] ?? []),
  );
  return [...folders].sort().map((path) => {
    const folder = join(root, path);
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { name, version, license, folder };
  });
}

/** The plugin with all that it uses as one file of JavaScript, out of `dist`: `{code, packages}`. */
export async function bundlePlugin() {
  const entry = join(ADAPTER, "main.js");
  if (!existsSync(entry)) {
    throw new ToolError("nothing is compiled; `npm run build` does it");
  }
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(root, ".build", "index.js"),
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    // Names stay, for the stacks of errors and because some are read.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    banner: { js: BANNER },
    plugins: [plugin],
    logLevel: "silent",
  });
  const [{ inputs, imports }] = Object.values(metafile.outputs);
  const absent = imports.map(({ path }) => path.replace(/^node:/, "")).filter((path) => !builtinModules.includes(path));
  const problems = [...warnings.map(({ text }) => text), ...absent.map((path) => `${path} is not in the bundle`)];
  if (problems.length > 0) {
    throw new ToolError(problems.join("\n"));
  }
  return { code: Buffer.from(outputFiles[0].contents), packages: packagesIn(inputs) };
}

/** The text that goes with a bundle: the license of each package in it. */
export function licensesOf(packages) {
  const sections = packages.map(({ name, version, license, folder }) => {
    const file = readdirSync(folder).find((path) => /^(licen[cs]e|copying)(\.|-|$)/i.test(path));
    const text = file === undefined ? "" : `\n\n${readFileSync(join(folder, file), "utf8").trim()}`;
    return `${name} ${version} (${license})${text}\n`;
  });
  return `The plugin contains these packages.\n\n${sections.join(`\n${"-".repeat(80)}\n\n`)}`;
}
