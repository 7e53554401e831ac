import { PkiError } from "../errors";
import { normaliseText } from "../text";
import { readPlainYaml } from "../yaml/plain";
import { isTree } from "../secrets/fields";
import { FieldReader, joinKey, type Place, shortenName } from "./fieldReader";
import type { Talosconfig, TalosconfigContext } from "./talosconfig";
import { credentialProblems } from "./talosconfigCredentials";

/**
 * Reads a talosconfig and sees that it can work: the current context, where it names one, is there, credentials are
 * base64 of PEM, key and certificate are one pair. Legacy `target` joins the endpoints and unknown keys are dropped, both as talosctl does. A
 * credential that is neither PEM nor DER is kept, as talosctl keeps it; `readCredentials` rejects it.
 *
 * @param text YAML, at most 1 MiB
 * @param path prefixes error paths; names of contexts are part of errors, values never
 * @param options `currentContext` takes the place of the file's own, which then need not exist
 * @throws PkiError every problem at once: ERR_YAML_INVALID, ERR_INPUT_INVALID, ERR_INPUT_MISSING, ERR_PEM_INVALID,
 *   ERR_KEY_MISMATCH, ERR_KEY_ENCRYPTED, ERR_KEY_UNSUPPORTED, ERR_SECRET_REDACTED
 * @example
 * const { context, contexts } = parseTalosconfig(readFileSync("talosconfig", "utf8"));
 */
export function parseTalosconfig(
  text: string,
  path = "",
  options: { readonly currentContext?: string | undefined } = {},
): Talosconfig {
  const tree = readPlainYaml(normaliseText(text), path) ?? {};
  if (!isTree(tree)) {
    throw new PkiError("ERR_INPUT_INVALID", "the text is not a talosconfig; must be a map with context and contexts", {
      path,
    });
  }
  const reader = new FieldReader();
  const root = { tree, path };
  const context = options.currentContext ?? reader.text(root, "context") ?? "";
  const place = reader.map(root, "contexts");
  const contexts = Object.keys(place?.tree ?? {}).map((name) => [name, readContext(reader, place!, name)] as const);
  if (options.currentContext === undefined && context !== "" && !contexts.some(([name]) => name === context)) {
    reader.problems.push({
      code: "ERR_INPUT_INVALID",
      path: joinKey(path, "context"),
      message: `${quote(context)} is none of the contexts; ${suggestion(contexts.map(([name]) => name))}`,
    });
  }
  if (reader.problems.length > 0) throw PkiError.of(reader.problems);
  return { context, contexts: Object.fromEntries(contexts) };
}

const MOST_SUGGESTIONS = 10;

function suggestion(names: readonly string[]): string {
  if (names.length === 0) return "the file has none";
  return `must be ${names.length === 1 ? "" : "one of "}${names.slice(0, MOST_SUGGESTIONS).map(quote).join(", ")}`;
}

function quote(name: string): string {
  return JSON.stringify(shortenName(name));
}

function readContext(reader: FieldReader, contexts: Place, name: string): TalosconfigContext {
  const place = reader.map(contexts, name);
  if (place === undefined) {
    // Null and "" pass the reader, but make talosctl crash.
    if (!contexts.tree[name]) {
      const path = joinKey(contexts.path, name);
      reader.problems.push({ code: "ERR_INPUT_MISSING", path, message: "is empty; must be a map with endpoints" });
    }
    return { endpoints: [] };
  }
  const target = reader.text(place, "target");
  const context = {
    endpoints: [...reader.texts(place, "endpoints"), ...(target === undefined ? [] : [target])],
    ...list("nodes", reader.texts(place, "nodes")),
    ...present("ca", reader.text(place, "ca")),
    ...present("crt", reader.text(place, "crt")),
    ...present("key", reader.text(place, "key")),
    ...present("auth", readAuth(reader, place)),
    ...present("cluster", reader.text(place, "cluster")),
    ...present("proxyUrl", reader.text(place, "proxy-url")),
  };
  reader.problems.push(...credentialProblems(context, place.path));
  return context;
}

function readAuth(reader: FieldReader, context: Place): TalosconfigContext["auth"] {
  const auth = reader.map(context, "auth");
  const basic = auth && reader.map(auth, "basic");
  const siderov1 = auth && reader.map(auth, "siderov1");
  if (basic === undefined && siderov1 === undefined) return undefined;
  return {
    ...present(
      "basic",
      basic && { username: reader.text(basic, "username") ?? "", password: reader.text(basic, "password") ?? "" },
    ),
    ...present("siderov1", siderov1 && { identity: reader.text(siderov1, "identity") ?? "" }),
  };
}

function present<Name extends string, T>(name: Name, value: T | undefined): Partial<Record<Name, T>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, T>);
}

function list<Name extends string, T>(name: Name, values: readonly T[]): Partial<Record<Name, readonly T[]>> {
  return present(name, values.length === 0 ? undefined : values);
}
