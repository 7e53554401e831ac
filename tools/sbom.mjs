// npm run sbom: writes what the npm package and the plugin's archives contain of others, in CycloneDX, into .build/sbom or the folder
// after --out.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { root, windows } from "./lib/paths.mjs";
import { bundlePlugin } from "./lib/pluginBundle.mjs";
import { build } from "./lib/ready.mjs";
import { capture } from "./lib/run.mjs";
import { runMain, say, ToolError } from "./lib/say.mjs";

async function billOfAll() {
  const command = ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "library"];
  const { code, stdout, stderr } = await capture(windows ? "npm.cmd" : "npm", command, { cwd: root, shell: windows });
  if (code !== 0) {
    throw new ToolError(`npm sbom failed: ${stderr.trim()}`);
  }
  return JSON.parse(stdout);
}

/** What a user installs with the package. `npm sbom --omit dev` leaves out what a tool of ours depends on as well. */
function installed() {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages)
    .filter(([path, { dev, devOptional, peer }]) => path !== "" && !dev && !devOptional && !peer)
    .map(([path, row]) => ({ name: path.split("node_modules/").at(-1), version: row.version }));
}

/** A bill of all that is installed here, cut down to some packages. */
function only(bill, packages) {
  const wanted = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  // npm splits a scope off a name or not, by its version.
  const nameOf = ({ group, name, version }) => `${group === undefined ? "" : `${group}/`}${name}@${version}`;
  const components = bill.components.filter((component) => wanted.has(nameOf(component)));
  const found = new Set(components.map(nameOf));
  const absent = [...wanted].filter((name) => !found.has(name));
  if (absent.length > 0) {
    throw new ToolError(`npm sbom does not name ${absent.join(", ")}`);
  }
  const refs = new Set(components.map((component) => component["bom-ref"]));
  const own = bill.metadata.component["bom-ref"];
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref) || ref === own)
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  return { ...bill, components, dependencies };
}

await runMain(async () => {
  const { values } = parseArgs({ options: { out: { type: "string" } } });
  const folder = resolve(values.out ?? join(root, ".build", "sbom"));
  await build({ always: false });
  const { packages } = await bundlePlugin();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const all = await billOfAll();
  const bills = { "pulumi-talos-pki": only(all, installed()), "pulumi-resource-talos-pki": only(all, packages) };
  mkdirSync(folder, { recursive: true });
  for (const [name, bill] of Object.entries(bills)) {
    writeFileSync(join(folder, `${name}-v${version}.cdx.json`), `${JSON.stringify(bill, undefined, 2)}\n`);
  }
  say(`${Object.keys(bills).length} bills in ${folder}`);
});
