#!/usr/bin/env node
// The servers that the tests of state backends run: PostgreSQL of this machine, an S3-compatible server from a pinned Go
// module, and a stand-in for AWS KMS from pinned Python packages.
//
//   node tools/backends.mjs                     makes the latter two, once; prints the paths as one line of JSON
//   node tools/backends.mjs --missing-packages  prints the Debian packages that are to be installed first
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { buildGoTools } from "./lib/goTool.mjs";
import { root, toolCache } from "./lib/paths.mjs";
import { findPythonEnvironment } from "./lib/pythonEnvironment.mjs";
import { isExecutable, onPath } from "./lib/run.mjs";
import { runMain, ToolError } from "./lib/say.mjs";

const PROGRAMS = ["initdb", "postgres", "psql"];
// Debian keeps them off PATH, in a folder for each version.
const DEBIAN = "/usr/lib/postgresql";

/** The folder with `initdb`, `postgres` and `psql`: `{found}` or `{why, unobtainable}`. */
export function findPostgres(env = process.env) {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...onPath("initdb", env).map((path) => dirname(realpathSync(path))),
    ...versions.map((version) => join(DEBIAN, version, "bin")),
  ];
  const found = folders.find((folder) => PROGRAMS.every((name) => isExecutable(join(folder, name))));
  if (found !== undefined) {
    return { found };
  }
  const why = `there is no PostgreSQL server (${PROGRAMS.join(", ")}) on this machine`;
  return { why, unobtainable: onPath("apt-get", env).length === 0 };
}

const SERVER = {
  name: "versitygw",
  package: "github.com/versity/versitygw/cmd/versitygw",
  module: "tools/go/versitygw",
};

function s3Folder(env) {
  const text = readFileSync(join(root, SERVER.module, "go.mod"), "utf8");
  const version = /github\.com\/versity\/versitygw v(\S+)/.exec(text)?.[1];
  if (version === undefined) {
    throw new ToolError(`${SERVER.module}/go.mod does not name the version of versitygw`);
  }
  return join(toolCache(env), SERVER.name, version, "bin");
}

/** The S3 server that was built: `{found}` or `{why}`. */
export function findS3Server(env = process.env) {
  const path = join(s3Folder(env), SERVER.name);
  return isExecutable(path)
    ? { found: path }
    : { why: "the S3 server is not built; `node tools/backends.mjs` builds it" };
}

/** The server that stands in for AWS KMS, with its own keys in memory: `{found}` or `{why}`. */
export async function findKeyService() {
  try {
    return { found: join(await findPythonEnvironment("moto"), "moto_server") };
  } catch (error) {
    if (error instanceof ToolError) {
      return { why: error.message };
    }
    throw error;
  }
}

async function main() {
  const { values } = parseArgs({ options: { "missing-packages": { type: "boolean", default: false } } });
  if (values["missing-packages"]) {
    process.stdout.write(`${findPostgres().found === undefined ? "postgresql" : ""}\n`);
    return;
  }
  if (findS3Server().found === undefined) {
    await buildGoTools("an S3 server, once, about 2 minutes", s3Folder(process.env), [SERVER]);
  }
  await findPythonEnvironment("moto", { obtain: "build" });
  const { found: keys } = await findKeyService();
  process.stdout.write(`${JSON.stringify({ postgres: findPostgres().found, s3: findS3Server().found, keys })}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  await runMain(main);
}
