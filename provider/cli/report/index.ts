import { writeFile } from "node:fs/promises";

import type { StackOptions } from "../stack";
import { EXIT, type World } from "../world";

export interface ReportOptions extends StackOptions {
  readonly html: string;
}

export async function report(files: readonly string[], options: ReportOptions, world: World): Promise<number> {
  await writeFile(options.html, files.join());
  world.out("");
  return EXIT.ok;
}
