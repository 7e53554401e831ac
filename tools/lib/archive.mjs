import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import { pack } from "tar-stream";

/** Octet of a gzip header that names the system it was made on. Source: RFC 1952, section 2.3.1. */
const OS = 9;
const UNKNOWN_OS = 255;

/** A .tar.gz of rows `{name, contents, mode}`: the same octets for the same rows. */
export async function archiveOf(rows) {
  const tar = pack();
  for (const { name, contents, mode } of rows) {
    tar.entry({ name, mode, mtime: new Date(0), uid: 0, gid: 0 }, contents);
  }
  tar.finalize();
  const parts = [];
  for await (const part of tar) {
    parts.push(part);
  }
  const archive = gzipSync(Buffer.concat(parts), { level: 9 });
  archive[OS] = UNKNOWN_OS;
  return archive;
}

/** What `sha256sum --check` reads, of rows `[name, contents]`. */
export function checksumsOf(rows) {
  const line = ([name, contents]) => `${createHash("sha256").update(contents).digest("hex")}  ${name}\n`;
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(line)
    .join("");
}
