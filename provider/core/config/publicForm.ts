import { looksLikeToken } from "../tokenLike";
import { decodeBase64 } from "../x509/pem";
import type { YamlValue } from "../yaml/emitter";
import { AUDIT_POLICY, AUTHENTICATION, POD_SECURITY } from "./kubernetesDefaults";
import { isSecretText } from "./secretLeaf";

/**
 * What a public text must look like to be shown. `text`: a name, path, address or version; `line`: an expression;
 * `numbers`: whole numbers, as most parameters of the kernel are; `word`: one of Kubernetes's own; `url` and `image`: without what may hold credentials; `pem`: certificates and public
 * keys, also in base64.
 */
export type PublicForm = "text" | "line" | "numbers" | "word" | "url" | "image" | "pem";

/** What Talos itself writes into the configurations of Kubernetes, and the other words that may stand there. */
const WORDS: ReadonlySet<string> = new Set([
  ...[POD_SECURITY, AUDIT_POLICY, AUTHENTICATION].flatMap(leavesOf),
  ...["privileged", "None", "Request", "RequestResponse", "RequestReceived", "ResponseStarted", "ResponseComplete"],
  ...["", ":"].flatMap((sign) => ["NoSchedule", "PreferNoSchedule", "NoExecute"].map((effect) => sign + effect)),
  ...["secrets", "configmaps", "key1", "key2"],
]);

function leavesOf(value: YamlValue): string[] {
  if (typeof value === "string") return [value];
  return value instanceof Map || Array.isArray(value)
    ? [...(value.values() as Iterable<YamlValue>)].flatMap(leavesOf)
    : [];
}

const TEXT = /^[\w.:/*!%[\] -]{1,253}$/;
const LINE = /^[^\p{Cc}\p{Cf}\u2028\u2029]{1,400}$/u;
/** As many and as long as in `net.ipv4.tcp_rmem`; `net.ipv4.tcp_fastopen_key` is no such list. */
const NUMBERS = /^-?\d{1,10}(?:[ \t]-?\d{1,10}){0,3}$/;
const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/)([^/?#]*@)?([^/?#@]*)([^?#@\s]*)(\?[^@#]*)?(#[^@]*)?$/;
const URL_HOST = /^(?:[A-Za-z0-9._-]{0,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;
/** A digest, and the schematic in the path of an image of the image factory. */
const IMAGE_DIGESTS = /@sha256:[0-9a-f]{64}$|(?<=\/)[0-9a-f]{64}(?=:|$)/g;
const PEM_BLOCKS =
  /^(?:-----BEGIN (CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----\r?\n[A-Za-z0-9+/=\r\n]+-----END \1-----\s*)+$/;
const PEM_BODY = /-----BEGIN [A-Z ]+-----([^-]*)-----END/g;

/** What of a public text may be shown; `undefined` when nothing may. */
export function shownText(text: string, form: PublicForm): string | undefined {
  switch (form) {
    case "text":
      return TEXT.test(text) && isReadable(text) ? text : undefined;
    case "line":
      return LINE.test(text) && isReadable(text) ? text : undefined;
    case "numbers":
      return NUMBERS.test(text) ? text : undefined;
    case "word":
      return WORDS.has(text) ? text : undefined;
    case "url":
      return text.includes("://") ? shownUrl(text) : shownText(text, "text");
    case "image":
      return isReadable(text.replace(IMAGE_DIGESTS, "")) && /^[\w.:/@-]{1,512}$/.test(text) ? imageOf(text) : undefined;
    case "pem":
      return isPublicPem(text) ? text : undefined;
  }
}

/** The key of a free map, or of a place that the schema does not know. */
export function isShownKey(key: string): boolean {
  return /^[\w.:/*%[\]-]{1,253}$/.test(key) && isReadable(key);
}

/** A name of DNS, which is public however it looks: load balancers have random ones. */
const HOST_NAME = /^(?:[A-Za-z0-9-]{1,63}\.){2,20}[a-z]{2,24}(?=[:/]|$)/;

function isReadable(text: string): boolean {
  return !looksLikeToken(text.replace(HOST_NAME, "")) && !isSecretText(text);
}

function imageOf(image: string): string | undefined {
  return /@(?!sha256:[0-9a-f]{64}$)/.test(image) ? undefined : image;
}

/** User, query and fragment of a URL may hold credentials; so may a path that does not read like one. */
function shownUrl(url: string): string | undefined {
  const [, scheme, user, host, path, query, fragment] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined || !URL_HOST.test(host!) || shownText(`${host!}${path!}` || "/", "text") === undefined)
    return undefined;
  const hidden = (part: string | undefined, shown: string): string => (part === undefined ? "" : shown);
  return [scheme, hidden(user, "******@"), host, path, hidden(query, "?******"), hidden(fragment, "#******")].join("");
}

function isPublicPem(text: string): boolean {
  const decoded = text.startsWith("-----") ? undefined : decodeBase64(text.replace(/[\r\n]/g, ""));
  const pem = decoded === undefined ? text : Buffer.from(decoded).toString("latin1");
  if (!PEM_BLOCKS.test(pem)) return false;
  return [...pem.matchAll(PEM_BODY)].every(([, body]) => isOneSequence(decodeBase64(body!.replace(/[\r\n]/g, ""))));
}

/** DER of a single sequence, with nothing behind it. */
function isOneSequence(der: Uint8Array | undefined): boolean {
  if (der === undefined || der[0] !== 0x30) return false;
  const first = der[1] ?? 0;
  if (first < 0x80) return der.length === 2 + first;
  const length = der.slice(2, 2 + first - 0x80).reduce((sum, octet) => sum * 256 + octet, 0);
  return der.length === 2 + first - 0x80 + length;
}
