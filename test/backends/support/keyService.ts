import { randomBytes } from "node:crypto";

import { loopbackAddress } from "../../interop/support/node";

import { isListening, ServerProcess } from "./server";

const PORT = 5000;
const REGION = "eu-central-1";

interface CreatedKey {
  readonly KeyMetadata: { readonly KeyId: string };
}

/** moto, which answers as AWS KMS does: it encrypts and decrypts with keys that never leave it, and are lost with it. */
export class KeyService {
  private constructor(
    private readonly program: string,
    private readonly address: string,
    private process: ServerProcess,
  ) {}

  static async start(program: string): Promise<KeyService> {
    const address = loopbackAddress();
    return new KeyService(program, address, await KeyService.run(program, address));
  }

  private static run(program: string, address: string): Promise<ServerProcess> {
    return ServerProcess.start([program, "-H", address, "-p", String(PORT)], () => isListening(address, PORT));
  }

  /** What a client of it must have in its environment; any key pair will do. */
  readonly env = {
    AWS_ACCESS_KEY_ID: `AK${randomBytes(8).toString("hex").toUpperCase()}`,
    AWS_SECRET_ACCESS_KEY: randomBytes(20).toString("hex"),
  };

  private get url(): string {
    return `http://${this.address}:${PORT}`;
  }

  /** A new key, as `--secrets-provider` takes it. */
  async newKey(): Promise<string> {
    const target = "TrentService.CreateKey";
    const headers = {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": target,
      // moto finds the region in it, and verifies no signature.
      Authorization: `AWS4-HMAC-SHA256 Credential=${this.env.AWS_ACCESS_KEY_ID}/20260101/${REGION}/kms/aws4_request, SignedHeaders=host, Signature=0`,
    };
    const response = await fetch(this.url, { method: "POST", headers, body: "{}" });
    if (!response.ok) throw new Error(`${target}: ${response.status} ${await response.text()}`);
    const { KeyMetadata } = (await response.json()) as CreatedKey;
    const query = new URLSearchParams({ region: REGION, awssdk: "v2", endpoint: this.url });
    return `awskms://${KeyMetadata.KeyId}?${query.toString()}`;
  }

  /** Runs some work while nobody answers, and starts anew without any key. */
  async forgetAfter<T>(work: () => Promise<T>): Promise<T> {
    await this.stop();
    try {
      return await work();
    } finally {
      this.process = await KeyService.run(this.program, this.address);
    }
  }

  stop(): Promise<void> {
    return this.process.end("SIGKILL");
  }
}
