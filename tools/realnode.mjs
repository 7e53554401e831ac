#!/usr/bin/env node
// Real Talos nodes on this machine, without a container engine and without a network: see test/realnode/README.md.
import { createHash } from "node:crypto";
import { realpathSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { pathToFileURL } from "node:url";

import { ensureJudge, findJudge } from "./judge.mjs";
import { readCommandLine } from "./lib/commandLine.mjs";
import { ensureNextRoot, ensurePrograms, findNextRoot, findPrograms, versions } from "./lib/realnode/build.mjs";
import { missingPackages, needMachine, whyNoNodes } from "./lib/realnode/machine.mjs";
import { machinePatch } from "./lib/realnode/machinePatch.mjs";
import { NodeSet } from "./lib/realnode/nodeSet.mjs";
import { runMain, say, ToolError, UsageError } from "./lib/say.mjs";

const USAGE = `usage: node tools/realnode.mjs [command] [options]

Real Talos nodes on this machine, without a container engine; Linux, as root.

commands:
  build (default)       build what is missing or old
  next                  build nodes of the next release of Talos too
  up                    build, start nodes in maintenance mode, and print name, address and fingerprint of each
  down                  remove the nodes, with REALNODE_NET those in that network alone

options:
  --control-planes <n>  of up: how many; default 1
  --workers <n>         of up: how many; default 1
  --missing-packages    print the Debian packages that are to be installed first
  -h, --help            print this

environment:
  REALNODE_NET          the nodes' network, such as 10.140.7.0/24; default: one of this machine's own choice
`;

export { findNextRoot, machinePatch, NodeSet, versions, whyNoNodes };

/** Paths `{nodebox, rootfs, images, talosctl}` of what is built and current, or undefined if anything is missing. */
export async function findRealNodes(env = process.env) {
  const programs = findPrograms(env);
  const judge = programs === undefined ? undefined : await findJudge(env);
  return judge === undefined ? undefined : { ...programs, talosctl: judge.talosctl };
}

/** Builds what is missing or old, with progress on stderr; answers what `findRealNodes` does. */
export async function ensureRealNodes(env = process.env) {
  const found = await findRealNodes(env);
  if (found !== undefined) {
    return found;
  }
  await needMachine(env);
  const { machined, talosctl } = await ensureJudge(env);
  return { ...(await ensurePrograms(machined, env)), talosctl };
}

function listens(host) {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 50_000, timeout: 1000 });
    const settle = (answer) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", settle(true)).on("timeout", settle(false)).on("error", settle(false));
  });
}

/** SHA-256 of the public key (SPKI) that a node serves, base64, as talosctl prints it and maintenance.fingerprint takes it. */
function keyFingerprint(host) {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host, port: 50_000, rejectUnauthorized: false, timeout: 10_000 }, () => {
      const key = socket.getPeerX509Certificate().publicKey.export({ type: "spki", format: "der" });
      socket.destroy();
      resolve(createHash("sha256").update(key).digest("base64"));
    });
    socket.on("timeout", () => socket.destroy(new ToolError(`${host} shows no certificate in time`)));
    socket.on("error", reject);
  });
}

async function untilInMaintenance(set, { name, address }) {
  for (const deadline = Date.now() + 120_000; !(await listens(address)); await sleep(200)) {
    if (Date.now() > deadline || !set.isRunning(name)) {
      throw new ToolError(`the node ${name} does not start; see ${set.logPath(name)}`);
    }
  }
}

function count(values, name) {
  if (!/^\d{1,2}$/.test(values[name])) {
    throw new UsageError(`--${name}: ${JSON.stringify(values[name])} is no number of nodes; use one such as 3`);
  }
  return Number(values[name]);
}

async function up(values) {
  const [controlPlanes, workers] = [count(values, "control-planes"), count(values, "workers")];
  const why = await whyNoNodes();
  if (why !== undefined) {
    throw new ToolError(why);
  }
  const set = await NodeSet.create(await ensureRealNodes(), { lasting: true });
  const names = [
    ...Array.from({ length: controlPlanes }, (_, index) => `control-plane-${index + 1}`),
    ...Array.from({ length: workers }, (_, index) => `worker-${index + 1}`),
  ];
  const nodes = await Promise.all(names.map((name) => set.start(name, { resetWipes: true })));
  await Promise.all(nodes.map((node) => untilInMaintenance(set, node)));
  const patch = join(set.folder, "patch.yaml");
  writeFileSync(patch, machinePatch(set.registryAddress));
  const fingerprints = await Promise.all(nodes.map(({ address }) => keyFingerprint(address)));
  nodes.forEach(({ name, address }, index) => process.stdout.write(`${name} ${address} ${fingerprints[index]}\n`));
  const { talos, kubernetes } = versions();
  say(
    `the nodes are in maintenance mode and run Talos v${talos}; set talosVersion: ${/^v\d+\.\d+/.exec(`v${talos}`)[0]}`,
  );
  say(`Kubernetes is ${kubernetes}, whatever version a config names`);
  say(`machine configs need the patch in ${patch}: set configPatches, or \`patch\` of examples/cluster, to its text`);
  say(`logs are in ${join(set.folder, "nodes")}; \`node tools/realnode.mjs down\` removes all`);
}

async function down() {
  await NodeSet.removeAbandoned();
  const sets = NodeSet.lasting(undefined);
  const removed = sets.flatMap((set) => set.nodes()).map(({ name, address }) => `${name} (${address})`);
  await Promise.all(sets.map((set) => set.close()));
  say(removed.length === 0 ? "there are no nodes" : `removed ${removed.join(", ")}`);
}

async function main() {
  const commandLine = readCommandLine(USAGE, {
    allowPositionals: true,
    options: {
      "missing-packages": { type: "boolean", default: false },
      "control-planes": { type: "string", default: "1" },
      workers: { type: "string", default: "1" },
    },
  });
  if (commandLine === undefined) {
    return;
  }
  const { positionals, values } = commandLine;
  if (values["missing-packages"]) {
    process.stdout.write(`${(await missingPackages()).join(" ")}\n`);
    return;
  }
  const commands = {
    build: async () => say(`ready in ${(await ensureRealNodes()).rootfs}`),
    next: async () => say(`ready in ${await ensureNextRoot(await ensureRealNodes())}`),
    up: () => up(values),
    down,
  };
  const command = commands[positionals[0] ?? "build"];
  if (command === undefined || positionals.length > 1) {
    const known = Object.keys(commands).join(", ");
    throw new UsageError(`${JSON.stringify(positionals.join(" "))} is no command; use one of ${known}`);
  }
  await command();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  await runMain(main);
}
