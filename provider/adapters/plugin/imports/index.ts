import { PkiError } from "../../../core/errors";
import { ownMember } from "../../../core/ownMember";
import type { Host } from "../../../engine/ports";
import { importAcceptedCA } from "./acceptedCA";
import { importClientConfiguration } from "./clientConfiguration";
import type { Imported } from "./imported";
import { importTalosSecrets } from "./talosSecrets";

export type { Imported } from "./imported";

/** Resources that can be read from outside, each by an id that names a file. */
const IMPORTS: Readonly<Record<string, (id: string, host: Host) => Promise<Imported>>> = {
  TalosSecrets: importTalosSecrets,
  ClientConfiguration: importClientConfiguration,
  AcceptedCA: importAcceptedCA,
};

/**
 * Reads a resource that Pulumi does not have yet, for `pulumi import` and the option `import`.
 *
 * @throws PkiError ERR_INPUT_INVALID for a resource that is made of others, those of its import
 */
export async function importResource(kind: string, id: string, host: Host): Promise<Imported> {
  const read = ownMember(IMPORTS, kind);
  if (read !== undefined) return read(id, host);
  throw new PkiError(
    "ERR_INPUT_INVALID",
    `${kind} cannot be imported: the cluster's secrets make it anew; must be one of ${Object.keys(IMPORTS).join(", ")}`,
    { path: "id" },
  );
}
