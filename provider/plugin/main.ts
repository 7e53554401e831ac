// The plugin `pulumi-resource-talos-pki`: the engine starts it, reads the port from the first line, and calls.
import "./memory";

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { main } from "@pulumi/pulumi/provider";

import { systemHost } from "../resources/host";
import { engineLog } from "./engineLog";
import { completeProtocol } from "./protocol";
import { Plugin } from "./provider";

// dist/provider/plugin lies three folders below the package.
const packageFolder = join(__dirname, "..", "..", "..");

async function serve(): Promise<void> {
  const { version } = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as { version: string };
  const plugin = new Plugin({
    version,
    host: systemHost,
    // The engine's address comes last, after flags of its own.
    log: engineLog(process.argv.slice(2).at(-1) ?? ""),
    getSchema: () => readFile(join(packageFolder, "schema.json"), "utf8"),
  });
  completeProtocol((configuration) => {
    plugin.configure(configuration);
  });
  await main(plugin, process.argv.slice(2));
}

void serve();
