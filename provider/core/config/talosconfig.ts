import { PkiError } from "../errors";
import { credentialPemProblems } from "./credentialPem";
import { encodeBase64, joinPem } from "../x509/pem";
import { formatYamlDocuments } from "../yaml/emitter";
import { sortedMap, yamlMap } from "../yaml/map";

/** One context of a talosconfig: whom to call and as whom, in Talos's own nouns. */
export interface TalosconfigContext {
  /** Hosts of control planes, with or without port. */
  readonly endpoints: readonly string[];
  /** Hosts that talosctl asks by default. */
  readonly nodes?: readonly string[];
  /** Base64 of PEM, one certificate or several; absent: the system's roots. */
  readonly ca?: string;
  /** Base64 of PEM: the client certificate. */
  readonly crt?: string;
  /** Base64 of PEM: its private key. */
  readonly key?: string;
  /** Other ways to log in; kept as they are. */
  readonly auth?: {
    readonly basic?: { readonly username: string; readonly password: string };
    readonly siderov1?: { readonly identity: string };
  };
  /** Name of the cluster. */
  readonly cluster?: string;
  /** Known to talosctl from v1.14; an older one drops it when it saves. */
  readonly proxyUrl?: string;
}

/** A talosconfig file, as data. */
export interface Talosconfig {
  /** Name of the current context; `""` for none. */
  readonly context: string;
  /** By name. */
  readonly contexts: Readonly<Record<string, TalosconfigContext>>;
}

/** What a talosconfig of one context is written from. */
export interface TalosconfigOptions {
  /** Usually the cluster's name. */
  readonly contextName: string;
  /** Hosts of control planes; default none. */
  readonly endpoints?: readonly string[];
  /** Hosts that talosctl asks by default; default none. */
  readonly nodes?: readonly string[];
  /** PEM, one text or several: every OS CA that the client trusts. */
  readonly caCertificatesPem: string | readonly string[];
  /** PEM of the client certificate. */
  readonly clientCertificatePem: string;
  /** PEM of its private key; secret. */
  readonly clientKeyPem: string;
  /** Proxy to the endpoints; known to talosctl from v1.14. */
  readonly proxyUrl?: string;
}

/**
 * A talosconfig of one context, which is the current one.
 *
 * @throws PkiError ERR_INPUT_MISSING for an empty name, those of PEM and key, all at once
 * @example
 * const text = formatTalosconfig(createTalosconfig({ contextName: "alpha", caCertificatesPem, clientCertificatePem, clientKeyPem }));
 */
export function createTalosconfig(options: TalosconfigOptions): Talosconfig {
  const { contextName, endpoints = [], nodes = [], caCertificatesPem, proxyUrl } = options;
  const problems = credentialPemProblems(options);
  if (contextName === "") {
    const message = "is empty; must be the name of the context, such as the cluster's";
    problems.unshift({ code: "ERR_INPUT_MISSING", path: "contextName", message });
  }
  if (problems.length > 0) throw PkiError.of(problems);
  const context: TalosconfigContext = {
    endpoints: [...endpoints],
    ...(nodes.length === 0 ? {} : { nodes: [...nodes] }),
    ca: encodeBase64(joinPem(caCertificatesPem)),
    crt: encodeBase64(options.clientCertificatePem),
    key: encodeBase64(options.clientKeyPem),
    ...(proxyUrl === undefined || proxyUrl === "" ? {} : { proxyUrl }),
  };
  return { context: contextName, contexts: Object.fromEntries([[contextName, context]]) };
}

/**
 * Writes a talosconfig as talosctl does: contexts sorted, `endpoints` always, everything else only when it says
 * something. Source: siderolabs/talos pkg/machinery/client/config/config.go, v1.13 and v1.14.
 *
 * @example
 * writeFileSync("talosconfig", formatTalosconfig(talosconfig), { mode: 0o600 });
 */
export function formatTalosconfig(talosconfig: Talosconfig): string {
  const contexts = Object.entries(talosconfig.contexts).map(([name, context]) => [name, contextMap(context)] as const);
  return formatYamlDocuments([yamlMap({ context: talosconfig.context, contexts: sortedMap(contexts) })]);
}

function contextMap(context: TalosconfigContext): ReturnType<typeof yamlMap> {
  const { basic, siderov1 } = context.auth ?? {};
  const auth = yamlMap({
    basic: basic && yamlMap({ username: basic.username, password: basic.password }),
    siderov1: siderov1 && yamlMap({ identity: siderov1.identity }),
  });
  return yamlMap({
    endpoints: context.endpoints,
    nodes: context.nodes?.length === 0 ? undefined : context.nodes,
    ca: context.ca || undefined,
    crt: context.crt || undefined,
    key: context.key || undefined,
    auth: auth.size === 0 ? undefined : auth,
    cluster: context.cluster || undefined,
    "proxy-url": context.proxyUrl || undefined,
  });
}

/** A context that got another name in a merge. */
export interface ContextRename {
  /** Its name in the file that was merged. */
  readonly from: string;
  /** Its name now. */
  readonly to: string;
}

/** What mergeTalosconfig made, and what it had to rename. */
export interface MergedTalosconfig {
  /** Every context of both. */
  readonly talosconfig: Talosconfig;
  /** By the old names, sorted; empty when none collided. */
  readonly renames: readonly ContextRename[];
}

/**
 * Adds the contexts of `other` to `base` as `talosctl config merge` does: a name that is taken becomes `<name>-1`,
 * `<name>-2` …, and the current context becomes the other file's, if that has one. talosctl goes through the contexts
 * in no fixed order; here it is that of their names.
 *
 * @example
 * const { talosconfig, renames } = mergeTalosconfig(parseTalosconfig(mine), parseTalosconfig(theirs));
 */
export function mergeTalosconfig(base: Talosconfig, other: Talosconfig): MergedTalosconfig {
  const contexts = new Map(Object.entries(base.contexts));
  const names = new Map<string, string>();
  for (const [name, context] of Object.entries(other.contexts).sort(([a], [b]) => (a < b ? -1 : 1))) {
    let merged = name;
    for (let suffix = 1; contexts.has(merged); suffix++) merged = `${name}-${suffix}`;
    names.set(name, merged);
    contexts.set(merged, context);
  }
  return {
    talosconfig: {
      context: other.context === "" ? base.context : (names.get(other.context) ?? ""),
      contexts: Object.fromEntries(contexts),
    },
    renames: [...names].filter(([from, to]) => from !== to).map(([from, to]) => ({ from, to })),
  };
}
