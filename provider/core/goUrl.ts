import { normaliseAddress } from "./netAddress";

/**
 * The fields of Go's url.URL. Texts are strings of octets (Latin-1), since an escape may stand for any octet. Source:
 * net/url of Go 1.26.
 */
interface UrlParts {
  readonly scheme: string;
  /** As it is written. */
  readonly opaque: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** With brackets and port. */
  readonly host: string;
  readonly omitHost: boolean;
  readonly path: Escaped;
  /** As it is written; undefined without a question mark. */
  readonly query: string | undefined;
  readonly fragment: Escaped;
}

/** What the escapes of a part stand for, and how it was written; "" if that is how Go would write it. */
interface Escaped {
  readonly text: string;
  readonly raw: string;
}

const ALPHANUMERIC = "A-Za-z0-9";
const MARKS = "_.~\\-";

/** What is written as it is in each part of a URL; everything else is escaped. */
const UNESCAPED = {
  user: `${ALPHANUMERIC}$&+,;=${MARKS}`,
  host: `${ALPHANUMERIC}!$&'()*+,;=:\\[\\]<>"${MARKS}`,
  path: `${ALPHANUMERIC}$&+,/:;=@${MARKS}`,
  fragment: `${ALPHANUMERIC}$&+,/:;=?@!()*${MARKS}`,
} as const;

type UrlPart = keyof typeof UNESCAPED;

const ESCAPES = /%([0-9A-Fa-f]{2})/g;
const USER = new RegExp(`^[${ALPHANUMERIC}:!$&'()*+,;=%@${MARKS}]*$`);
/** Octets that a host may hold unescaped: those of its part, what is not ASCII, and the sign of an escape. */
const HOST = new RegExp(`^[${UNESCAPED.host}%\\x80-\\xff]*$`);
/** ASCII must not be escaped in a host. */
const ESCAPED_ASCII = /%(?!25)[0-7]/;
/** What may be escaped in the zone of an address, besides `%`. */
const ZONE_OCTET = new RegExp(`^[${UNESCAPED.host} %]*$`);
const HOST_IN_BRACKETS = /^\[([^[]*)\]((?::\d*)?)$/;

const toOctets = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const toText = (octets: string): string => Buffer.from(octets, "latin1").toString("utf8");

/** `undefined` for a `%` that begins no escape. */
function unescape(raw: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(raw)) return undefined;
  return raw.replace(ESCAPES, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** What is escaped in each part. */
const TO_ESCAPE = Object.fromEntries(
  Object.entries(UNESCAPED).map(([part, octets]) => [part, new RegExp(`[^${octets}]`, "g")]),
) as Readonly<Record<UrlPart, RegExp>>;

/** What Go takes as it was written, in the parts that keep that. */
const WRITTEN = {
  path: new RegExp(`^[${UNESCAPED.path}!'()*[\\]%]*$`),
  fragment: new RegExp(`^[${UNESCAPED.fragment}!'()*[\\]%]*$`),
} as const;

function escape(text: string, part: UrlPart): string {
  return text.replace(
    TO_ESCAPE[part],
    (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** As it was written, if it could be written so and has not been patched. */
function formatEscaped({ text, raw }: Escaped, part: keyof typeof WRITTEN): string {
  return raw !== "" && WRITTEN[part].test(raw) && unescape(raw) === text ? raw : escape(text, part);
}

function readEscaped(raw: string, part: keyof typeof WRITTEN): Escaped | undefined {
  const text = unescape(raw);
  return text === undefined ? undefined : { text, raw: escape(text, part) === raw ? "" : raw };
}

/** Host with brackets and port, without escapes; `undefined` for what Go rejects. */
function readHost(scheme: string, raw: string): string | undefined {
  if (raw.includes("[")) {
    const [, address, port] = HOST_IN_BRACKETS.exec(raw) ?? [];
    const host = address === undefined ? undefined : readBracketed(address);
    return host === undefined ? undefined : `[${host}]${port}`;
  }
  const isWeb = scheme === "http" || scheme === "https";
  const colon = isWeb ? raw.indexOf(":") : raw.lastIndexOf(":");
  if (colon !== -1 && !/^:\d*$/.test(raw.slice(colon))) return undefined;
  return readHostName(raw);
}

function readHostName(raw: string): string | undefined {
  return HOST.test(raw) && !ESCAPED_ASCII.test(raw) ? unescape(raw) : undefined;
}

/** An IPv6 address, and a zone after `%25`. */
function readBracketed(raw: string): string | undefined {
  const zoneAt = raw.indexOf("%25");
  const address = readHostName(zoneAt === -1 ? raw : raw.slice(0, zoneAt));
  const zone = zoneAt === -1 ? "" : readZone(raw.slice(zoneAt));
  if (address === undefined || zone === undefined) return undefined;
  return address.includes(":") && normaliseAddress(address + zone) !== undefined ? address + zone : undefined;
}

function readZone(raw: string): string | undefined {
  const zone = HOST.test(raw) ? unescape(raw) : undefined;
  const escaped = [...raw.matchAll(ESCAPES)].map(([, hex]) => String.fromCharCode(parseInt(hex!, 16)));
  return ZONE_OCTET.test(escaped.join("")) ? zone : undefined;
}

type Authority = Pick<UrlParts, "user" | "password" | "host">;

function readAuthority(scheme: string, raw: string): Authority | undefined {
  const at = raw.lastIndexOf("@");
  const host = readHost(scheme, raw.slice(at + 1));
  if (host === undefined || at === -1)
    return host === undefined ? undefined : { user: undefined, password: undefined, host };
  const info = raw.slice(0, at);
  const colon = info.indexOf(":");
  const user = unescape(colon === -1 ? info : info.slice(0, colon));
  const password = colon === -1 ? "" : unescape(info.slice(colon + 1));
  if (!USER.test(info) || user === undefined || password === undefined) return undefined;
  return { user, password: colon === -1 ? undefined : password, host };
}

/** `before` and what follows the first separator, if there is one. */
function cut(text: string, separator: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

const NOTHING: Omit<UrlParts, "scheme" | "query" | "fragment"> = {
  opaque: "",
  user: undefined,
  password: undefined,
  host: "",
  omitHost: false,
  path: { text: "", raw: "" },
};

/** `undefined` for what Go's `url.Parse` rejects. */
function parse(text: string): UrlParts | undefined {
  const [beforeFragment, rawFragment = ""] = cut(toOctets(text), "#");
  const fragment = readEscaped(rawFragment, "fragment");
  const url = parseWithoutFragment(beforeFragment);
  return fragment === undefined || url === undefined ? undefined : { ...url, fragment };
}

function parseWithoutFragment(octets: string, { isRequest = false } = {}): Omit<UrlParts, "fragment"> | undefined {
  if (/[\0-\x1f\x7f]/.test(octets) || octets.startsWith(":")) return undefined;
  const name = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(octets)?.[0] ?? "";
  const scheme = name.toLowerCase();
  const [rest, query] = cut(name === "" ? octets : octets.slice(name.length + 1), "?");
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...NOTHING, scheme, query, opaque: rest };
    if (isRequest || rest.split("/", 1)[0]!.includes(":")) return undefined;
  }
  const hasAuthority = rest.startsWith("//") && (scheme !== "" || (!isRequest && !rest.startsWith("///")));
  const end = hasAuthority ? rest.indexOf("/", 2) : 0;
  const rawPath = end === -1 ? "" : rest.slice(end);
  const authority = hasAuthority ? readAuthority(scheme, rest.slice(2, rest.length - rawPath.length)) : NOTHING;
  const path = readEscaped(rawPath, "path");
  if (authority === undefined || path === undefined) return undefined;
  return { ...NOTHING, ...authority, scheme, query, path, omitHost: !hasAuthority && scheme !== "" };
}

function format(url: UrlParts): string {
  const { scheme, opaque, query, fragment } = url;
  const start = scheme === "" ? "" : `${scheme}:`;
  const middle = opaque === "" ? formatHierarchy(url, start === "") : opaque;
  const end = fragment.text === "" ? "" : `#${formatEscaped(fragment, "fragment")}`;
  return toText(`${start}${middle}${query === undefined ? "" : `?${query}`}${end}`);
}

function formatHierarchy(url: UrlParts, isFirst: boolean): string {
  const { scheme, user, password, host, omitHost } = url;
  const path = url.path.text === "*" ? "*" : formatEscaped(url.path, "path");
  const isOmitted = host === "" && user === undefined && (scheme === "" || omitHost || path === "");
  const secret = password === undefined ? "" : `:${escape(password, "user")}`;
  const info = user === undefined ? "" : `${escape(user, "user")}${secret}@`;
  const authority = isOmitted ? "" : `//${info}${escape(host, "host")}`;
  const slash = path !== "" && !path.startsWith("/") && host !== "" ? "/" : "";
  // The first segment of a path alone must not look like a scheme.
  const dot = isFirst && isOmitted && path.split("/", 1)[0]!.includes(":") ? "./" : "";
  return `${authority}${slash}${dot}${path}`;
}

/** A URL as Go writes it after reading it; `undefined` for what Go rejects. */
export function normaliseUrl(text: string): string | undefined {
  const parts = parse(text);
  return parts === undefined ? undefined : format(parts);
}

/**
 * A patch of a URL replaces only the parts that it has: Talos merges the fields of Go's URL. A user replaces a user, at
 * which Talos fails.
 */
export function mergeUrls(left: string, right: string): string {
  const [old, patch] = [parse(left), parse(right)];
  if (old === undefined || patch === undefined) return right;
  const { user, password } = patch.user === undefined ? old : patch;
  return format({
    scheme: patch.scheme || old.scheme,
    opaque: patch.opaque || old.opaque,
    user,
    password,
    host: patch.host || old.host,
    omitHost: patch.omitHost,
    path: mergeEscaped(old.path, patch.path),
    // A question mark alone is a part of its own, which is always replaced.
    query: patch.query === undefined || patch.query === "" ? old.query || patch.query : patch.query,
    fragment: mergeEscaped(old.fragment, patch.fragment),
  });
}

/** Talos merges text and spelling as two fields: `/a/b` over `/a%2Fb` stays as it was. */
const mergeEscaped = (old: Escaped, patch: Escaped): Escaped => ({
  text: patch.text || old.text,
  raw: patch.raw || old.raw,
});

/** What validation asks of a URL, as the methods of Go's url.URL give it. */
export interface GoUrl {
  readonly scheme: string;
  readonly opaque: string;
  /** With the port and without user and password. */
  readonly host: string;
  /** Without brackets. */
  readonly hostname: string;
  readonly port: string;
  /** Without escapes. */
  readonly path: string;
}

/** @returns `undefined` for what Go's `url.Parse` rejects */
export function parseGoUrl(text: string): GoUrl | undefined {
  return factsOf(parse(text));
}

/** @returns `undefined` for what Go's `url.ParseRequestURI` rejects, which takes absolute URLs and paths */
export function parseGoRequestUrl(text: string): GoUrl | undefined {
  return text === "" ? undefined : factsOf(parseWithoutFragment(toOctets(text), { isRequest: true }));
}

function factsOf(parts: Omit<UrlParts, "fragment"> | undefined): GoUrl | undefined {
  if (parts === undefined) return undefined;
  const { scheme, opaque, host, path } = parts;
  const [, hostname = "", port = ""] = /^(.*?)(?::(\d*))?$/s.exec(host) ?? [];
  return { scheme, opaque, host, hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port, path: path.text };
}
