const BLOCK = 512;

/**
 * The first regular file of a tar archive, as text: what `Kubeconfig` of Talos answers holds one. Source: POSIX.1-2017,
 * pax, "ustar Interchange Format".
 *
 * @throws RangeError for an archive without a file
 */
export function firstFileOfTar(archive: Buffer): string {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const size = parseInt(
      archive
        .toString("latin1", at + 124, at + 136)
        .replace(/\0.*$/s, "")
        .trim() || "0",
      8,
    );
    const type = archive.toString("latin1", at + 156, at + 157);
    const content = at + BLOCK;
    if (type === "0" || type === "\0") return archive.toString("utf8", content, content + size);
    at = content + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new RangeError("the archive holds no file");
}
