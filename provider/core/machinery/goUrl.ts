/** The parts of a URL as Go's net/url holds them. */
interface UrlParts {
  readonly scheme: string;
  readonly opaque: string;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

/** `undefined` for what Go's `url.Parse` rejects. */
function parse(text: string): UrlParts | undefined {
  if (/[\0-\x20\x7f]/.test(text.replaceAll(" ", "")) || /%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const [, beforeFragment, fragment] = /^([^#]*)(?:#(.*))?$/s.exec(text) as unknown as [
    string,
    string,
    string | undefined,
  ];
  const schemeMatch = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(beforeFragment);
  if (schemeMatch === null && beforeFragment.startsWith(":")) return undefined;
  const scheme = (schemeMatch?.[1] ?? "").toLowerCase();
  const afterScheme = beforeFragment.slice(schemeMatch?.[0].length ?? 0);
  const [, hierarchy, query] = /^([^?]*)(?:\?(.*))?$/s.exec(afterScheme) as unknown as [
    string,
    string,
    string | undefined,
  ];
  if (!hierarchy.startsWith("/")) {
    if (scheme !== "") return { scheme, opaque: hierarchy, authority: undefined, path: "", query, fragment };
    if (hierarchy.split("/")[0]!.includes(":")) return undefined;
    return { scheme, opaque: "", authority: undefined, path: hierarchy, query, fragment };
  }
  const authority = /^\/\/([^/]*)/.exec(hierarchy)?.[1];
  if (authority !== undefined && !isAuthority(authority)) return undefined;
  const path = authority === undefined ? hierarchy : hierarchy.slice(authority.length + 2);
  return { scheme, opaque: "", authority, path, query, fragment };
}

function isAuthority(text: string): boolean {
  const host = text.slice(text.lastIndexOf("@") + 1);
  return /^(?:\[[0-9A-Fa-f:.]+(?:%25[^\]]+)?\]|[^:[\]\s<>"\\^`{|}]*)(?::\d*)?$/.test(host);
}

function format({ scheme, opaque, authority, path, query, fragment }: UrlParts): string {
  const start = scheme === "" ? "" : `${scheme}:`;
  const rooted = authority && path !== "" && !path.startsWith("/") ? `/${path}` : path;
  const middle = opaque !== "" ? opaque : `${authority === undefined ? "" : `//${authority}`}${escapeBytes(rooted)}`;
  return `${start}${middle}${query === undefined ? "" : `?${query}`}${fragment === undefined || fragment === "" ? "" : `#${escapeBytes(fragment)}`}`;
}

function escapeBytes(text: string): string {
  return text.replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (character) => encodeURIComponent(character));
}

/** A URL as Go writes it after reading it; `undefined` for what Go rejects. */
export function normaliseUrl(text: string): string | undefined {
  const parts = parse(text);
  return parts === undefined ? undefined : format(parts);
}

/** A patch of a URL replaces only the parts that it has: Talos merges the fields of Go's URL. */
export function mergeUrls(left: string, right: string): string {
  const [old, patch] = [parse(left), parse(right)];
  if (old === undefined || patch === undefined) return right;
  return format({
    scheme: patch.scheme || old.scheme,
    opaque: patch.opaque || old.opaque,
    authority: patch.authority ? patch.authority : old.authority,
    path: patch.path || old.path,
    query: patch.query ?? old.query,
    fragment: patch.fragment ?? old.fragment,
  });
}

/** What validation asks of a URL, as the methods of Go's url.URL give it. */
export interface GoUrl {
  readonly scheme: string;
  readonly opaque: string;
  /** With the port and without user and password. */
  readonly host: string;
  /** Without brackets. */
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
}

/** @returns `undefined` for what Go's `url.Parse` rejects */
export function parseGoUrl(text: string): GoUrl | undefined {
  const parts = parse(text);
  if (parts === undefined) return undefined;
  const { scheme, opaque, authority = "", path } = parts;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const [, hostname = "", port = ""] = /^(.*?)(?::(\d*))?$/.exec(host) ?? [];
  return { scheme, opaque, host, hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port, path };
}
