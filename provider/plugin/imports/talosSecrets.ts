import { PkiError } from "../../core/errors";
import { NEWEST_TALOS_VERSION } from "../../core/talosVersion";
import type { Host } from "../../resources/definition";
import { TalosSecrets } from "../../resources/talosSecrets";
import { ADOPT_INPUTS } from "../../resources/talosSecrets/inputs";
import type { Imported } from "./imported";
import { parseImportId, readImportFile } from "./importId";

/** Imports the secrets of a cluster: `<file>?talosVersion=v1.12&from=controlPlaneConfig`. */
export async function importTalosSecrets(id: string, host: Host): Promise<Imported> {
  const importId = parseImportId(id, { talosVersion: undefined, from: ADOPT_INPUTS });
  const { talosVersion = NEWEST_TALOS_VERSION, from = "secretsYaml" } = importId.options;
  const given = from === "kubernetesPkiDirectory" ? importId.path : await readImportFile(importId, host);
  const checked = await TalosSecrets.check({}, { talosVersion, [from]: given }, host);
  if (checked.problems.length > 0) throw PkiError.of(checked.problems);
  // Adopt inputs are read at creation only, and the creation is over: the program needs none.
  return {
    ...(await TalosSecrets.create(checked.inputs, host)),
    inputs: { talosVersion: checked.inputs["talosVersion"] },
  };
}
