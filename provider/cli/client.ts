import { readCredentials } from "../core/config/talosconfigCredentials";
import { parseTalosconfig } from "../core/config/talosconfigParser";
import type { TalosconfigContext } from "../core/config/talosconfig";
import { findTalosconfig } from "../core/secrets/adopt/choose";
import type { Certificate } from "../core/x509/certificate";
import type { PrivateKey } from "../core/x509/privateKey";
import { type CliContext, CliError } from "./cliContext";
import { readText } from "./files";

/** A certificate and its key, to show to a node. */
export interface ClientIdentity {
  readonly certificate: Certificate;
  readonly key: PrivateKey;
}

/** As whom to call a node. */
export interface ClientOptions {
  readonly talosconfig?: string;
  readonly context?: string;
  /** Address of what is meant in a file of another tool that has several; of the talosconfig where a node is called. */
  readonly resource?: string;
}

/** A client of the Talos API, from a talosconfig. */
export interface Client {
  readonly contextName: string;
  readonly context: TalosconfigContext;
  /** The CAs that it trusts; empty for the system's. */
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
export async function loadClient(options: ClientOptions, cli: CliContext): Promise<Client | undefined> {
  const { talosconfig: file } = options;
  if (file === undefined) {
    if (options.context !== undefined) throw new CliError("--context: names a context of --talosconfig; give that too");
    return undefined;
  }
  const text = findTalosconfig(await readText(file, cli), { path: file, resource: options.resource });
  const [contextName, context] = chooseContext(text, file, options.context);
  const { authorities, certificate, key } = readCredentials(context, `contexts.${contextName}`);
  return {
    contextName,
    context,
    authorities,
    ...(certificate === undefined || key === undefined ? {} : { identity: { certificate, key } }),
  };
}

/**
 * The context of a talosconfig that is asked for, or the current one; `context` in the file need not exist where
 * another is asked for.
 *
 * @param file path, for messages
 * @throws CliError for one that is not there, PkiError for a file that is not a talosconfig
 */
export function chooseContext(text: string, file: string, name?: string): readonly [string, TalosconfigContext] {
  const { context: current, contexts } = parseTalosconfig(text, "", { currentContext: name });
  const context = Object.hasOwn(contexts, name ?? current) ? contexts[name ?? current] : undefined;
  if (context !== undefined) return [name ?? current, context];
  const names = Object.keys(contexts).join(", ") || "(none)";
  const problem = name === undefined ? "has no current context" : `has no context ${JSON.stringify(name)}`;
  throw new CliError(`${file}: ${problem}; set --context to one of ${names}`);
}

/** Who the context's user is to Omni, which verifies signatures instead of client certificates. */
export function omniIdentity({ auth }: TalosconfigContext): string | undefined {
  return auth?.siderov1?.identity;
}
