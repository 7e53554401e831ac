import { PkiError } from "../../core/errors";
import { AcceptedCA } from "../../resources/acceptedCA";
import type { Host } from "../../resources/definition";
import type { Imported } from "./imported";
import { parseImportId, readImportFile } from "./importId";

/** Imports an authority from a file with its certificate, PEM or base64 of PEM. */
export async function importAcceptedCA(id: string, host: Host): Promise<Imported> {
  const certificatePem = await readImportFile(parseImportId(id, {}), host);
  const { inputs, problems } = await AcceptedCA.check({}, { certificatePem }, host);
  if (problems.length > 0) throw PkiError.of(problems);
  return { ...(await AcceptedCA.create(inputs, host)), inputs };
}
