import { findCACertificate } from "../../../core/secrets/adopt/choose";
import type { AuthorityName } from "../../../core/secrets/types";
import type { Host } from "../../../engine/ports";
import { AcceptedCA } from "../../../resources/acceptedCA";
import { createImported, type Imported } from "./imported";
import { parseImportId, readImportFile } from "./importId";

/**
 * Imports a CA from a file: its certificate, PEM or base64 of PEM, or a secrets bundle, machine config, talosconfig or
 * kubeconfig, in whichever file of another tool. `ca=kubernetes` takes the Kubernetes CA of a file with both,
 * `context=<name>` that of a context, `resource=<address>` chooses one of several clusters.
 */
export async function importAcceptedCA(id: string, host: Host): Promise<Imported> {
  const importId = parseImportId(id, { ca: CAS, context: undefined, resource: undefined });
  const { ca, context, resource } = importId.options;
  const text = await readImportFile(importId, host);
  const choice = { path: "id", ca: CAS.find((name) => name === ca), context, resource };
  return createImported(AcceptedCA, { certificatePem: findCACertificate(text, choice) ?? text }, host);
}

/** The CAs that nodes accept beside their own. */
const CAS = ["os", "kubernetes"] as const satisfies readonly AuthorityName[];
