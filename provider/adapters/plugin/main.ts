// The plugin `pulumi-resource-talos-pki`: the engine starts it, reads the port from the first line, and calls.
import "./memory";

import { createRequire } from "node:module";

import { endWithParent } from "../parentWatch";
import { systemHost } from "../systemHost";
import { EngineLog } from "./engineLog";
import type * as ConstructModule from "./construct";
import { readSchema, readVersion } from "./packageFiles";
import type { Plugin } from "./provider";
import type * as ProviderModule from "./provider";
import { servePlugin } from "./server";

// The engine's address comes last, after flags of its own.
let engineAddress = process.argv.slice(2).at(-1) ?? "";
const log = new EngineLog(engineAddress);
const requireLate = createRequire(__filename);

let plugin: Plugin | undefined;
let components: typeof ConstructModule | undefined;

/** The definitions take longer to load than all the rest, and the engine waits for the port. */
function getPlugin(): Plugin {
  plugin ??= new (requireLate("./provider") as typeof ProviderModule).Plugin({ host: systemHost, log });
  return plugin;
}

const USAGE = `usage: pulumi-resource-talos-pki [--version] [engine address]

The plugin that serves talos-pki to Pulumi, which starts it by itself. Without an address it prints a port and serves
until it is ended. For a person there is the command talos-pki.
`;

/** What a person who starts it by hand asks for; the engine never does. */
async function answerPerson(): Promise<boolean> {
  const [option = ""] = process.argv.slice(2);
  if (option === "--version") process.stdout.write(`${await readVersion()}\n`);
  else if (option === "--help" || option === "-h") process.stdout.write(USAGE);
  else return false;
  return true;
}

async function main(): Promise<void> {
  if (await answerPerson()) return;
  const server = await servePlugin({
    version: await readVersion(),
    getPlugin,
    getSchema: readSchema,
    construct: (request) => {
      // The SDK takes longest to load, and only a component needs it.
      components ??= requireLate("./construct") as typeof ConstructModule;
      return components.constructComponent(request, engineAddress);
    },
    cancelConstruct: () => components?.cancelConstruct(),
    attach: (address) => {
      engineAddress = address;
      log.connect(address);
    },
  });
  // Started by hand, to be attached to, it has no address and outlives the shell that started it.
  if (engineAddress !== "") endWithParent({ isBusy: () => server.isChanging() });
  process.stdout.write(`${server.port}\n`);
  setImmediate(getPlugin);
}

void main();
