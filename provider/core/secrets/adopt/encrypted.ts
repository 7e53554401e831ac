import { PkiError, type Warning } from "../../errors";
import { isTree, type Tree } from "../fields";

/** A way in which people encrypt a file, how it is recognised, and the command that shows its content. */
interface Encryption {
  readonly name: string;
  readonly matches: (text: string) => boolean;
  readonly command: string;
}

const startsWith =
  (...starts: readonly string[]) =>
  (text: string): boolean =>
    starts.some((start) => text.startsWith(start));

/** A value that SOPS has encrypted; its own checksum always is, also of a file in which no rule matched a value. */
const SOPS_VALUE = /(?<!(?:^|["'\s])(?:sops_)?mac["']?\s*[:=]\s*["']?)ENC\[/;

const isSopsFile = (text: string): boolean =>
  /^(?:sops:|sops_(?:mac|version)=|\[sops\])/m.test(text) || isJsonWith(text, /"sops":/);

const isJsonWith = (text: string, member: RegExp): boolean => text.startsWith("{") && member.test(text);

const SOPS: Encryption = {
  name: "SOPS",
  // YAML, JSON and binary files; dotenv; INI.
  matches: (text) => isSopsFile(text) && SOPS_VALUE.test(text),
  command: "sops --decrypt FILE",
};

/**
 * Binary files arrive as their text. Sources: the formats' own specifications (age-encryption.org/v1, RFC 9580 section 6,
 * Ansible Vault 1.1 and 1.2, OpenTofu state encryption v0) and the files of SOPS 3.8 and kubeseal.
 */
const ENCRYPTIONS: readonly Encryption[] = [
  SOPS,
  {
    name: "age",
    matches: startsWith("age-encryption.org/v1", "-----BEGIN AGE ENCRYPTED FILE-----"),
    command: "age --decrypt --identity KEY FILE",
  },
  { name: "Ansible Vault", matches: startsWith("$ANSIBLE_VAULT;"), command: "ansible-vault view FILE" },
  {
    name: "Ansible Vault, value by value",
    matches: (text) => /^[ \t]+\$ANSIBLE_VAULT;/m.test(text),
    command: 'ansible localhost --extra-vars @FILE --module-name debug --args "var=NAME"',
  },
  { name: "git-crypt", matches: startsWith("\0GITCRYPT\0"), command: "git-crypt unlock" },
  { name: "OpenPGP", matches: startsWith("-----BEGIN PGP MESSAGE-----"), command: "gpg --decrypt FILE" },
  { name: "OpenSSL", matches: startsWith("Salted__", "U2FsdGVkX1"), command: "openssl enc -d" },
  {
    name: "Sealed Secrets",
    matches: (text) => /^kind: *["']?SealedSecret\b/m.test(text) || isJsonWith(text, /"kind": *"SealedSecret"/),
    command: "kubectl get secret NAME -o yaml, in the cluster that can open it",
  },
  {
    name: "OpenTofu's state encryption",
    matches: (text) => isJsonWith(text, /"encrypted_data":/) && text.includes('"encryption_version":'),
    command: "tofu state pull",
  },
];

/**
 * @throws PkiError ERR_BUNDLE_ENCRYPTED for a map whose values SOPS has encrypted, all or some
 */
export function assertNoSopsValues({ sops, ...rest }: Tree, path: string): void {
  const isEncrypted = (value: unknown): boolean =>
    typeof value === "string"
      ? value.startsWith("ENC[")
      : typeof value === "object" && value !== null && Object.values(value).some(isEncrypted);
  if (isTree(sops) && isEncrypted(rest)) throw encryptedError(SOPS.name, SOPS.command, path);
}

/** The error about something encrypted, with the command that shows it. */
function encryptedError(name: string, command: string, path: string): PkiError {
  return new PkiError("ERR_BUNDLE_ENCRYPTED", `is encrypted with ${name}; decrypt it first (${command})`, { path });
}

const stackKey = (form: string): string => `the key of the stack (${form})`;

/** The error about a file of another tool that hides what is wanted of it, with the command that shows it. */
export function hiddenError(form: string, showCommand: string | undefined, path: string): PkiError {
  return encryptedError(stackKey(form), showCommand ?? "", path);
}

/** The warning about a file of another tool of which a part can be read. */
export function hiddenWarning(form: string, showCommand: string): Warning {
  const message = `some of it is encrypted with ${stackKey(form)} and not looked at; decrypt it first (${showCommand})`;
  return { severity: "warning", reason: "values-hidden", path: "", message };
}

/** @throws PkiError ERR_BUNDLE_ENCRYPTED for a text that is encrypted as a whole or value by value */
export function assertPlaintext(text: string, path: string): void {
  const start = text.trimStart();
  const encryption = ENCRYPTIONS.find(({ matches }) => matches(start));
  if (encryption !== undefined) throw encryptedError(encryption.name, encryption.command, path);
}
