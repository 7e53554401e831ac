import type { Environment } from "../environment";

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
/** kubeadm's form of a bootstrap token; Talos draws its trustd token in the same form. */
export const TOKEN_FORM = /^[0-9a-z]{6}\.[0-9a-z]{16}$/;

/** `[0-9a-z]{6}.[0-9a-z]{16}`, every character uniform. */
export function generateToken(environment: Environment): string {
  return `${randomText(6, environment)}.${randomText(16, environment)}`;
}

function randomText(length: number, environment: Environment): string {
  // Octets at or above the largest multiple of 36 are thrown away, or the first characters would come up more often.
  const limit = 256 - (256 % ALPHABET.length);
  let text = "";
  while (text.length < length) {
    for (const octet of environment.randomBytes(length)) {
      if (octet < limit && text.length < length) text += ALPHABET.charAt(octet % ALPHABET.length);
    }
  }
  return text;
}

/** 32 random bytes in base64, 44 characters; the URL alphabet keeps its padding, as Go's URLEncoding does. */
export function generateSecret(environment: Environment, alphabet: "standard" | "url" = "standard"): string {
  const text = Buffer.from(environment.randomBytes(32)).toString("base64");
  return alphabet === "url" ? text.replaceAll("+", "-").replaceAll("/", "_") : text;
}

/** Whether the text is standard padded base64 of 32 bytes, as Talos asks of encryption secrets. */
export function isSecret(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text);
}
