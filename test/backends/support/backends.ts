import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { filesBackend, skipOptional, skipOrFail } from "../../e2e/support";

import { PostgresServer } from "./postgres";
import { S3Server } from "./s3";
import type { BackendServer } from "./server";

import type { Found } from "../../../tools/backends.mjs" with { "resolution-mode": "import" };

/** The path of what a server needs; skips the suite, or fails, where there is none. */
export function foundOrSkip(
  context: Mocha.Context,
  { found, why = "not found", unobtainable = false }: Found<string>,
): string {
  return found ?? (unobtainable ? skipOptional(context, why) : skipOrFail(context, why));
}

/** States in files, a folder for each. */
class FilesServer implements BackendServer {
  private readonly folder = mkdtempSync(join(tmpdir(), "talos-pki-files-"));
  private count = 0;
  readonly secrets = [];

  open(): ReturnType<BackendServer["open"]> {
    this.count += 1;
    return filesBackend(join(this.folder, String(this.count)));
  }

  stop(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    return Promise.resolve();
  }
}

/** Starts PostgreSQL; skips the suite, or fails, where there is none. */
export async function startPostgres(context: Mocha.Context): Promise<PostgresServer> {
  const { findPostgres } = await import("../../../tools/backends.mjs");
  return PostgresServer.start(foundOrSkip(context, findPostgres()));
}

/** The kinds of backend, and how to start a server of each. */
export const BACKENDS: readonly {
  readonly name: string;
  readonly start: (context: Mocha.Context) => Promise<BackendServer>;
}[] = [
  { name: "files", start: () => Promise.resolve(new FilesServer()) },
  { name: "PostgreSQL", start: startPostgres },
  {
    name: "an S3-compatible server",
    start: async (context) => {
      const { findS3Server } = await import("../../../tools/backends.mjs");
      return S3Server.start(foundOrSkip(context, findS3Server()));
    },
  },
];
