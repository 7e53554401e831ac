import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders = new Set<Folder>();

process.once("exit", () => {
  for (const folder of folders) folder.remove();
});

/** A folder of throw-away files that is gone when the tests are. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "talos-pki-interop-"));

  constructor() {
    folders.add(this);
  }

  /** The path of `name` in the folder. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes `name`; answers its path. */
  write(name: string, content: string): string {
    const path = this.at(name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    folders.delete(this);
  }
}
