import { readFileSync } from "node:fs";

import type { Folder } from "./files";
import { mustRun } from "./run";

/** A certificate and its key as PEM text. */
export interface Pair {
  readonly crt: string;
  readonly key: string;
}

/** What a forged client certificate claims. Certificates that the core would never issue come from openssl. */
export interface Claims {
  /** `/O=os:admin` */
  readonly subject: string;
  /** `clientAuth,serverAuth`; none by default. */
  readonly extendedKeyUsage?: string;
}

let count = 0;

/** OpenSSL does not know the label that Talos gives to Ed25519 keys. */
export const opensslKey = (key: string): string => key.replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY");

/** Lets openssl issue a client certificate with the CA `issuer`. */
export async function forgeClient(folder: Folder, issuer: Pair, claims: Claims): Promise<Pair> {
  count += 1;
  const name = (suffix: string): string => folder.at(`forged-${count}.${suffix}`);
  const ca = folder.write(`forged-${count}.ca.crt`, issuer.crt);
  const caKey = folder.write(`forged-${count}.ca.key`, opensslKey(issuer.key));
  const usage = claims.extendedKeyUsage === undefined ? "" : `extendedKeyUsage=${claims.extendedKeyUsage}\n`;
  const extensions = folder.write(`forged-${count}.ext`, `keyUsage=critical,digitalSignature\n${usage}`);
  await mustRun("openssl", ["genpkey", "-algorithm", "ed25519", "-out", name("key")]);
  await mustRun("openssl", ["req", "-new", "-key", name("key"), "-subj", claims.subject, "-out", name("csr")]);
  const request = ["-req", "-in", name("csr"), "-CA", ca, "-CAkey", caKey, "-days", "1", "-extfile", extensions];
  await mustRun("openssl", ["x509", ...request, "-out", name("crt")]);
  return { crt: readFileSync(name("crt"), "utf8"), key: readFileSync(name("key"), "utf8") };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Writes a talosconfig that presents `client` and trusts `ca`; answers its path. */
export function writeTalosconfig(folder: Folder, name: string, ca: string, client: Pair): string {
  const context = { endpoints: [], ca: base64(ca), crt: base64(client.crt), key: base64(client.key) };
  return folder.write(name, JSON.stringify({ context: "forged", contexts: { forged: context } }));
}
