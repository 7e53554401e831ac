import type { Host } from "../../../engine/ports";
import { AcceptedCA } from "../../../resources/acceptedCA";
import { createImported, type Imported } from "./imported";
import { parseImportId, readImportFile } from "./importId";

/** Imports a CA from a file with its certificate, PEM or base64 of PEM. */
export async function importAcceptedCA(id: string, host: Host): Promise<Imported> {
  const certificatePem = await readImportFile(parseImportId(id, {}), host);
  return createImported(AcceptedCA, { certificatePem }, host);
}
