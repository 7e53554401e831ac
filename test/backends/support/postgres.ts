import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Backend, Text } from "../../e2e/support";
import { loopbackAddress } from "../../interop/support/node";

import { type BackendServer, ServerProcess, unprivileged } from "./server";

const USER = "pulumi";
const PORT = "5432";
const LARGEST = 2 ** 30;

/** A PostgreSQL server with a cluster of its own, which asks for a password. */
export class PostgresServer implements BackendServer {
  private count = 0;

  private constructor(
    private readonly programs: string,
    private readonly folder: string,
    private readonly address: string,
    private readonly password: string,
    private process: ServerProcess | undefined,
  ) {}

  /** @param programs the folder with `initdb`, `postgres` and `psql` */
  static async start(programs: string): Promise<PostgresServer> {
    const identity = unprivileged();
    // The socket's path must be short, and the folder one that the user of the server can reach.
    const folder = mkdtempSync(join(tmpdir(), "talos-pki-pg-"));
    const password = randomBytes(16).toString("hex");
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (identity.uid !== undefined && identity.gid !== undefined)
      [folder, passwordFile].forEach((path) => {
        chownSync(path, identity.uid!, identity.gid!);
      });
    const options = ["-D", join(folder, "data"), "-U", USER, "-A", "scram-sha-256", "--pwfile", passwordFile];
    execFileSync(join(programs, "initdb"), [...options, "-E", "UTF8", "--no-sync"], {
      ...identity,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const server = new PostgresServer(programs, folder, loopbackAddress(), password, undefined);
    await server.run();
    return server;
  }

  private async run(): Promise<void> {
    const place = ["-D", join(this.folder, "data"), "-k", this.folder, "-h", this.address, "-p", PORT];
    this.process = await ServerProcess.start(
      [join(this.programs, "postgres"), ...place],
      () => Promise.resolve(this.psql("postgres", "select 1").status === 0),
      { ...unprivileged(), cwd: this.folder },
    );
  }

  private psql(database: string, query: string): ReturnType<typeof spawnSync> {
    const args = ["-h", this.address, "-p", PORT, "-U", USER, "-d", database, "-AtqX", "-F", "\t", "-c", query];
    const env = { ...process.env, PGPASSWORD: this.password };
    return spawnSync(join(this.programs, "psql"), args, { encoding: "utf8", env, maxBuffer: LARGEST });
  }

  /** The rows of a query, its columns apart by tabs. */
  query(database: string, query: string): readonly string[] {
    const { status, stdout, stderr } = this.psql(database, query);
    if (status !== 0) throw new Error(`psql failed: ${String(stderr)}`);
    return String(stdout)
      .split("\n")
      .filter((line) => line !== "");
  }

  get secrets(): readonly string[] {
    return [this.password];
  }

  open(): Backend {
    this.count += 1;
    const database = `state_${this.count}`;
    this.query("postgres", `create database ${database}`);
    // Pulumi stores an object as base64 in JSON, and puts the name of the database before its key.
    const rows = (where: string): readonly Text[] =>
      this.query(
        database,
        `select substr(key, ${database.length + 2}), data->>'data' from pulumi_state ${where} order by key`,
      ).map((line) => {
        const [key = "", data = ""] = line.split("\t");
        return { where: key, text: Buffer.from(data, "base64").toString("utf8") };
      });
    return {
      env: {
        PULUMI_BACKEND_URL: `postgres://${USER}@${this.address}:${PORT}/${database}?sslmode=disable`,
        // Pulumi prints the URL with its password when a stack is locked.
        PGPASSWORD: this.password,
      },
      object: (key) => {
        const [row] = rows(`where key = '${database}/${key}'`);
        if (row === undefined) throw new Error(`there is no ${key}`);
        return row.text;
      },
      objects: () => rows(""),
    };
  }

  async stop(): Promise<void> {
    await this.process?.end("SIGINT");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
