import { readCredentials } from "../core/config/talosconfigCredentials";
import { parseTalosconfig } from "../core/config/talosconfigParser";
import type { TalosconfigContext } from "../core/config/talosconfig";
import type { Certificate } from "../core/x509/certificate";
import type { ClientIdentity } from "./handshake";
import { CliError, type World } from "./world";

/** As whom to call a node. */
export interface ClientOptions {
  readonly talosconfig?: string;
  readonly context?: string;
}

/** A client of the Talos API, from a talosconfig. */
export interface Client {
  readonly contextName: string;
  readonly context: TalosconfigContext;
  /** Whom it trusts; empty for the system's roots. */
  readonly authorities: readonly Certificate[];
  /** Absent where the context has no client certificate. */
  readonly identity?: ClientIdentity;
}

/**
 * Reads the client of the context that is asked for, or the current one.
 *
 * @returns `undefined` when no talosconfig is named
 * @throws CliError for a context that is not there, PkiError for one that cannot work
 */
export async function loadClient(options: ClientOptions, world: World): Promise<Client | undefined> {
  if (options.talosconfig === undefined) {
    if (options.context !== undefined) throw new CliError("--context names a context of --talosconfig; give that too");
    return undefined;
  }
  const talosconfig = parseTalosconfig(await world.read(options.talosconfig));
  const contextName = options.context ?? talosconfig.context;
  const context = Object.hasOwn(talosconfig.contexts, contextName) ? talosconfig.contexts[contextName] : undefined;
  if (context === undefined) {
    const names = Object.keys(talosconfig.contexts).join(", ");
    const wanted =
      contextName === "" ? "it has no current context" : `it has no context ${JSON.stringify(contextName)}`;
    throw new CliError(`${options.talosconfig}: ${wanted}; expected --context with one of ${names || "(none)"}`);
  }
  const { authorities, certificate, key } = readCredentials(context, `contexts.${contextName}`);
  return {
    contextName,
    context,
    authorities,
    ...(certificate === undefined || key === undefined ? {} : { identity: { certificate, key } }),
  };
}
