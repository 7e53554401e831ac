import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { kubernetesPkiFiles } from "../core/secrets/kubernetesPkiFiles";
import { parseSecretsBundle } from "../core/secrets/codec";
import { isAbsent } from "../core/fileErrors";
import { CliError, EXIT, type CliContext } from "./cliContext";
import { describingErrors, readText } from "./files";

/**
 * `talos-pki export --kubernetes-pki DIR <bundle>`: writes the Kubernetes CAs and the service account key of a
 * bundle as kubeadm lays them out, readable by the owner alone. Files that are there already are left alone unless
 * they are the same, or `--force` is given.
 *
 * @returns 0
 */
export async function exportPki(
  bundle: string,
  options: { readonly kubernetesPki: string; readonly force?: boolean; readonly resource?: string },
  cli: CliContext,
): Promise<number> {
  const { resource } = options;
  const parsed = parseSecretsBundle(await readText(bundle, cli), {
    now: cli.environment.now(),
    path: bundle,
    ...(resource === undefined ? {} : { resource }),
  });
  const files = Object.entries(kubernetesPkiFiles(parsed.bundle)).map(([name, text]) => ({
    name,
    text,
    path: join(options.kubernetesPki, name),
  }));
  const present = await Promise.all(files.map(({ path }) => readIfPresent(path)));
  const others = files.filter(({ text }, index) => present[index] !== undefined && present[index] !== text);
  if (others.length > 0 && options.force !== true) {
    const [first = "", ...further] = others.map(({ path }) => `${path}: is there already with other content`);
    throw new CliError(first, [...further, "nothing is written; give --force to replace"]);
  }
  for (const { path, text } of files) {
    await describingErrors(path, () => replaceFile(path, text));
    cli.out(`${path}\n`);
  }
  return EXIT.ok;
}

function readIfPresent(path: string): Promise<string | undefined> {
  return describingErrors(path, () =>
    readFile(path, "utf8").catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    }),
  );
}

/** Writes a file, readable only by its owner. One that is replaced would keep its mode: a new one takes its place. */
async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}.new`;
  await writeFile(fresh, text, { mode: 0o600, flag: "wx" });
  await rename(fresh, path);
}
