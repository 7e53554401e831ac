import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

import { pulumiHomes, root } from "./paths.mjs";
import { ToolError } from "./say.mjs";

const STATE = join(root, ".state");
const PASSPHRASE = join(STATE, "passphrase");
const DEFAULT_STACK = "dev";

const isSet = (value) => value !== undefined && value !== "";

/** The backend of an existing `pulumi login`, or undefined. */
function login(env) {
  try {
    const folder = isSet(env.PULUMI_CREDENTIALS_PATH) ? env.PULUMI_CREDENTIALS_PATH : pulumiHomes(env)[0];
    const { current } = JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8"));
    return isSet(current) ? current : undefined;
  } catch {
    return undefined;
  }
}

/** Shown without what may stand before the host: a backend URL can hold a password. */
const withoutCredentials = (url) => url.replace(/\/\/[^/@]*@/, "//").replace(/\?.*$/, "");

/** The backend that the user has chosen, as words for the user, or undefined. */
function chosen(env) {
  if (isSet(env.PULUMI_BACKEND_URL)) {
    return `${withoutCredentials(env.PULUMI_BACKEND_URL)} (PULUMI_BACKEND_URL)`;
  }
  const current = login(env);
  if (current !== undefined) {
    return `${withoutCredentials(current)} (your pulumi login)`;
  }
  return isSet(env.PULUMI_ACCESS_TOKEN) ? "Pulumi Cloud (PULUMI_ACCESS_TOKEN)" : undefined;
}

function keepPrivate(path) {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) {
    return;
  }
  chmodSync(path, stat.isDirectory() ? 0o700 : 0o600);
  if (stat.isDirectory()) {
    readdirSync(path).forEach((name) => keepPrivate(join(path, name)));
  }
}

/** Makes the passphrase of the embedded state, once; no other process may ever see half of it. */
function makePassphrase() {
  if (existsSync(PASSPHRASE)) {
    return;
  }
  if (existsSync(join(STATE, ".pulumi", "stacks"))) {
    throw new ToolError(
      "there is a state in .state/, but its passphrase is gone: bring .state/passphrase back from a backup, or set PULUMI_CONFIG_PASSPHRASE; " +
        "without it the keys in that state are lost (to start anew, move .state/ and Pulumi.*.yaml away)",
    );
  }
  try {
    writeFileSync(PASSPHRASE, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    // Another process was quicker; its passphrase is as good.
    if (error.code !== "EEXIST") {
      throw error;
    }
  }
}

/**
 * The environment for a Pulumi CLI in this project: `{env, stack, embedded, where}`. A backend that the user has chosen is
 * left alone; else the state lies in `.state/`, private to the user and encrypted with a passphrase that is made once.
 */
export function prepareBackend(cli, given = process.env) {
  const env = {
    ...given,
    PATH: [...cli.folders, given.PATH ?? ""].join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A type check by Pulumi at every run costs seconds; `npm run typecheck` does it once.
    PULUMI_NODEJS_TRANSPILE_ONLY: isSet(given.PULUMI_NODEJS_TRANSPILE_ONLY)
      ? given.PULUMI_NODEJS_TRANSPILE_ONLY
      : "true",
  };
  const stack = isSet(given.PULUMI_STACK) ? given.PULUMI_STACK : DEFAULT_STACK;
  const where = chosen(given);
  if (where !== undefined) {
    return { env, stack, embedded: false, where };
  }
  // Everything that Pulumi writes from here on is for this user only.
  process.umask(0o077);
  mkdirSync(STATE, { recursive: true });
  keepPrivate(STATE);
  env.PULUMI_BACKEND_URL = pathToFileURL(STATE).href;
  if (given.PULUMI_CONFIG_PASSPHRASE === undefined && !isSet(given.PULUMI_CONFIG_PASSPHRASE_FILE)) {
    makePassphrase();
    env.PULUMI_CONFIG_PASSPHRASE_FILE = PASSPHRASE;
  }
  return { env, stack, embedded: true, where: ".state/ in this folder" };
}
