import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Backend, objectsIn } from "../../e2e/support";
import { loopbackAddress } from "../../interop/support/node";

import { type BackendServer, isListening, ServerProcess } from "./server";

const PORT = 7070;
const REGION = "eu-central-1";

/** versitygw, an S3 server that stores the objects of a bucket as files of a folder. */
export class S3Server implements BackendServer {
  private count = 0;

  private constructor(
    private readonly folder: string,
    private readonly address: string,
    private readonly keys: { readonly id: string; readonly secret: string },
    private readonly process: ServerProcess,
  ) {}

  static async start(program: string): Promise<S3Server> {
    const folder = mkdtempSync(join(tmpdir(), "talos-pki-s3-"));
    const address = loopbackAddress();
    const keys = { id: `AK${randomBytes(8).toString("hex").toUpperCase()}`, secret: randomBytes(20).toString("hex") };
    const server = await ServerProcess.start(
      [program, "--quiet", "--region", REGION, "--port", `${address}:${PORT}`, "posix", folder],
      () => isListening(address, PORT),
      { env: { ...process.env, ROOT_ACCESS_KEY: keys.id, ROOT_SECRET_KEY: keys.secret } },
    );
    return new S3Server(folder, address, keys, server);
  }

  get secrets(): readonly string[] {
    return [this.keys.secret];
  }

  open(): Backend {
    this.count += 1;
    const bucket = `state-${this.count}`;
    mkdirSync(join(this.folder, bucket));
    const query = new URLSearchParams({
      endpoint: `http://${this.address}:${PORT}`,
      region: REGION,
      s3ForcePathStyle: "true",
    });
    return {
      env: {
        PULUMI_BACKEND_URL: `s3://${bucket}?${query.toString()}`,
        AWS_ACCESS_KEY_ID: this.keys.id,
        AWS_SECRET_ACCESS_KEY: this.keys.secret,
      },
      ...objectsIn(join(this.folder, bucket)),
    };
  }

  async stop(): Promise<void> {
    await this.process.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
