import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

import { ToolError } from "../say.mjs";

const media = (kind) => `application/vnd.oci.image.${kind}`;

/** The media type of what `packImage` makes. */
export const manifestType = media("manifest.v1+json");

/** A stream that hashes what it passes on. */
function hashing() {
  const hash = createHash("sha256");
  const stream = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, digest: () => `sha256:${hash.digest("hex")}` };
}

function writeJson(blobs, value) {
  const text = JSON.stringify(value);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  writeFileSync(join(blobs, digest), text);
  return { digest, size: Buffer.byteLength(text) };
}

/** Packs the files of a folder as one layer; the lowest level, because programs compress badly for the time it takes. */
async function writeLayer(blobs, folder) {
  const args = ["--create", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "."];
  const tar = spawn("tar", args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => {
    tar.on("error", reject);
    tar.on("close", resolve);
  });
  const [plain, packed] = [hashing(), hashing()];
  const half = join(blobs, "half");
  await pipeline(tar.stdout, plain.stream, createGzip({ level: 1 }), packed.stream, createWriteStream(half));
  if ((await ended) !== 0) {
    throw new ToolError(`tar of ${folder} failed`);
  }
  const digest = packed.digest();
  renameSync(half, join(blobs, digest));
  return { digest, size: statSync(join(blobs, digest)).size, diffId: plain.digest() };
}

/** Makes an OCI image, with what is in `folder` as its only layer, in the folder `blobs`; answers its digest. */
export async function packImage(blobs, folder, entrypoint) {
  mkdirSync(blobs, { recursive: true });
  const { diffId, ...layer } = await writeLayer(blobs, folder);
  const config = writeJson(blobs, {
    os: "linux",
    architecture: { x64: "amd64" }[process.arch] ?? process.arch,
    config: { Env: ["PATH=/usr/local/bin:/usr/bin:/bin"], ...(entrypoint && { Entrypoint: [entrypoint] }) },
    rootfs: { type: "layers", diff_ids: [diffId] },
  });
  const manifest = writeJson(blobs, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: media("config.v1+json"), ...config },
    layers: [{ mediaType: media("layer.v1.tar+gzip"), ...layer }],
  });
  return manifest.digest;
}
