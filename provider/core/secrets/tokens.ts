import type { Environment } from "../environment";
import { hasFeature, type TalosVersion } from "../talosVersion";
import type { TextRow } from "./inventory";

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

/** Whether the text is standard padded base64 of 32 bytes, as Talos requires of encryption secrets. */
export function isBase64Of32Bytes(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text);
}

/** What a text of a bundle looks like. */
interface TextForm {
  /** Whether a supplied text is accepted, and what would be. */
  readonly matches: (text: string) => boolean;
  readonly expected: string;
  /** What to report about a text that exists already. */
  readonly oddities: (text: string) => readonly string[];
  readonly generate: (version: TalosVersion, environment: Environment) => string;
}

/** One row per form of a text in the inventory. */
export const TEXT_FORMS: Readonly<Record<TextRow["form"], TextForm>> = {
  token: {
    matches: (text) => TOKEN_FORM.test(text),
    expected: "6 characters, a dot and 16 characters, each of 0-9 and a-z",
    oddities: (text) => [
      ...(/^[0-9.]+$/.test(text)
        ? ["is all digits; it is quoted here, but other YAML readers take it for a number where it is not"]
        : []),
      ...(TOKEN_FORM.test(text)
        ? []
        : ["has an unusual form; Talos makes 6 and 16 characters of 0-9 and a-z with a dot between"]),
    ],
    generate: (_, environment) => generateToken(environment),
  },
  key: {
    matches: isBase64Of32Bytes,
    expected: "the standard base64 of 32 bytes",
    oddities: (text) => (isBase64Of32Bytes(text) ? [] : ["is not the base64 of 32 bytes; Talos v1.14 rejects it"]),
    generate: (_, environment) => generateSecret(environment),
  },
  id: {
    matches: (text) => text !== "",
    expected: "a text that is not empty",
    oddities: () => [],
    generate: (version, environment) =>
      generateSecret(environment, hasFeature(version, "standardBase64ClusterId") ? "standard" : "url"),
  },
};
