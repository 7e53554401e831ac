/** What a redacted leaf says; Talos knows it as the value of a redacted key. */
export const REDACTED = "******";
const REDACTED_TEXT = /^(?:\*{6}|sha256:(?:[0-9a-f]{4}|[0-9a-f]{12}))(?: \(\d{1,6}\))?$/;

/** Whether a text stands in the place of one that was redacted before; that of a key may have a number. */
export function isRedacted(text: string): boolean {
  return REDACTED_TEXT.test(text);
}

const SECRET_NAME =
  /(?:secret|token|password|passwd|passphrase|pass|pwd|psk|credentials?|authorization|jwt|bearer|cookie|passkey|(?:^|[-_.])auth|privatekey|private[-_. ]key|(?:auth|api|access|secret|encryption|signing|shared|account|ssh|host|master|client|server|tls|age|license)[-_. ]?key)s?$/i;
const SECRET_FILE = /(?:Auth|\.key|\.pem)$/;
/** Names that end like a secret's and hold none. */
const HARMLESS_NAME = /(?:automount\w{0,64}token|secrets)$/i;
/** Beside one of these, `key` is the private half. */
const CERTIFICATE_NAMES = ["crt", "cert", "certificate", "tls.crt", "cert.pem"];

/** What makes a secret of a text wherever it stands. */
const SECRET_FORMS: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{0,64}(?:PRIVATE KEY|SECRET KEY)[A-Z ]{0,64}-----/,
  /AGE-SECRET-KEY-1[0-9A-Z]{20,}/,
  // A token of Talos or kubeadm.
  /(?:^|[^0-9a-z])[0-9a-z]{6}\.[0-9a-z]{16}(?:$|[^0-9a-z])/,
  // A JSON web token.
  /(?:^|[^\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/,
  // 32 random bytes: the cluster's secrets and every symmetric key of Talos.
  /^[A-Za-z0-9+/_-]{43}=$/,
  // The password of a URL.
  /\/\/[^/\s:@]*:[^/\s@]+@/,
  // A Secret of Kubernetes.
  /^[ \t]*kind:\s*["']?Secret["']?[ \t]*$/m,
];
const BASE64_RUN = /[A-Za-z0-9+/_-]{24,}={0,2}/g;
// Of the value only the beginning: enough to tell it from those that are no secret.
const ASSIGNMENT = /(?:^|[\s"'?&;,{])([A-Za-z][\w.-]*)["']?\s*[:=]\s*["']?(?=([^\s"'&;,}]{1,7}))/gm;
const DEPTH = 3;

/** Whether a member of a map that the schema does not describe holds a secret by its name and its neighbours. */
export function isSecretName(name: string, siblings: ReadonlySet<string> = new Set()): boolean {
  if (name === "key") return CERTIFICATE_NAMES.some((other) => siblings.has(other));
  return (SECRET_NAME.test(name) || SECRET_FILE.test(name)) && !HARMLESS_NAME.test(name);
}

/** Whether a text is or holds a secret, whatever its name: keys, tokens, assignments, also within base64. */
export function isSecretText(text: string, depth = 0): boolean {
  if (SECRET_FORMS.some((form) => form.test(text))) return true;
  return holdsAssignment(text) || (depth < DEPTH && decodedRuns(text).some((inner) => isSecretText(inner, depth + 1)));
}

/** `TOKEN=…` in an environment, `password: …` in the content of a file, `jointoken=…` in a URL. */
function holdsAssignment(text: string): boolean {
  for (const [, name, value] of text.matchAll(ASSIGNMENT)) {
    if (isSecretName(name!) && !/^(?:true|false|null|\d{1,6}|[|>][-+]?)$/.test(value!)) return true;
  }
  return false;
}

function decodedRuns(text: string): string[] {
  // The lines of a folded base64 belong together.
  const joined = /^[\w+/=\s-]+$/.test(text) ? text.replace(/\s+/g, "") : text;
  return [...joined.matchAll(BASE64_RUN)].flatMap(([run]) => {
    const decoded = Buffer.from(run, "base64").toString("latin1");
    return /^[\t\n\r\x20-\x7e]{12}/.test(decoded) ? [decoded] : [];
  });
}
