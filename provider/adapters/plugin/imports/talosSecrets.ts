import { formatSecretsBundle, parseSecretsBundle } from "../../../core/secrets/codec";
import { NEWEST_TALOS_VERSION } from "../../../core/talosVersion";
import type { Host } from "../../../engine/ports";
import { TalosSecrets } from "../../../resources/talosSecrets";
import { ADOPT_INPUTS } from "../../../resources/talosSecrets/inputs";
import { createImported, type Imported } from "./imported";
import { parseImportId, readImportFile } from "./importId";

/**
 * Imports the secrets of a cluster: `<file>?talosVersion=v1.12`, from any file that parseSecretsBundle reads.
 * `resource=<address>` chooses one of several clusters; `from=kubernetesPkiDirectory` names a folder instead.
 */
export async function importTalosSecrets(id: string, host: Host): Promise<Imported> {
  const importId = parseImportId(id, { talosVersion: undefined, from: ADOPT_INPUTS, resource: undefined });
  const { talosVersion = NEWEST_TALOS_VERSION, from = "secretsYaml", resource } = importId.options;
  const read = from === "kubernetesPkiDirectory" ? importId.path : await readImportFile(importId, host);
  const adopted = resource === undefined ? read : secretsAt(resource, read, host);
  const imported = await createImported(TalosSecrets, { talosVersion, [from]: adopted }, host);
  // Adopt inputs are read at creation only, and the creation is over: the program needs none.
  const inputs = { talosVersion: imported.inputs["talosVersion"] };
  return { ...imported, inputs, warnings: "talosVersion" in importId.options ? [] : [ASSUMED_VERSION] };
}

const ASSUMED_VERSION = `the id names no talosVersion, so it is ${NEWEST_TALOS_VERSION}, the newest supported, whose configs an older Talos rejects; if the nodes run another, import with ?talosVersion=<version> in the id`;

/** The secrets at an address in a file of another tool, as a bundle of their own. */
function secretsAt(resource: string, text: string, host: Host): string {
  const options = { now: host.environment.now(), path: "secretsYaml", resource };
  const { bundle, unknown } = parseSecretsBundle(text, options);
  return formatSecretsBundle(bundle, unknown);
}
