import { PkiError } from "../errors";
import { isTree, valueAt } from "../secrets/fields";
import { type Certificate, parseCertificates } from "../x509/certificate";
import { decodeBase64 } from "../x509/pem";
import { readPlainYaml } from "../yaml/plain";
import type { ConfigTrust } from "./nodeConfig";

/** What apid of a node has in use: its certificate, and the CAs whose clients it accepts. */
export interface ApiCertificates {
  readonly server: Certificate | undefined;
  readonly accepted: readonly Certificate[];
}

/**
 * Reads the spec of `ApiCertificates.secrets.talos.dev/api`. It holds the server's private key, which goes nowhere.
 *
 * @throws PkiError ERR_NODE_UNSUPPORTED for a spec that is none
 */
export function readApiCertificates(spec: string): ApiCertificates {
  const tree = readPlainYaml(spec, "");
  if (!isTree(tree)) throw new PkiError("ERR_NODE_UNSUPPORTED", "the node's ApiCertificates cannot be read");
  const accepted = tree["acceptedCAs"];
  const [server] = certificatesAt(valueAt(tree, ["server", "crt"]));
  return {
    server,
    // A control plane has an item for each CA; a worker has one item with all that trustd has answered.
    accepted: (Array.isArray(accepted) ? accepted : []).flatMap((item) => certificatesAt(valueAt(item, ["crt"]))),
  };
}

/** Base64 of PEM. */
function certificatesAt(value: unknown): readonly Certificate[] {
  if (typeof value !== "string" || value === "") return [];
  return parseCertificates(Buffer.from(decodeBase64(value) ?? []).toString("utf8"), "");
}

/** Enough of a fingerprint to tell the CAs of a cluster apart in a message. */
export const shortFingerprint = ({ fingerprint }: Certificate): string => fingerprint.slice(0, 12);

/**
 * What keeps a node from showing the OS CAs of its config; empty when it shows them all.
 *
 * @param wanted the OS CAs of the config
 * @param seen what the node has in use
 * @example
 * osTrustGaps(config.os, seen); // ["serves a certificate of another CA than 0123456789ab"]
 */
export function osTrustGaps({ issuing, accepted }: ConfigTrust, seen: ApiCertificates): string[] {
  if (issuing === undefined) return [];
  const { server } = seen;
  const gaps: string[] = [];
  if (server === undefined) gaps.push("serves no certificate yet");
  else if (!server.isSignedBy(issuing))
    gaps.push(`serves a certificate of another CA than ${shortFingerprint(issuing)}`);
  const wanted = new Map([issuing, ...accepted].map((certificate) => [certificate.fingerprint, certificate]));
  const shown = new Map(seen.accepted.map((certificate) => [certificate.fingerprint, certificate]));
  for (const [fingerprint, certificate] of wanted)
    if (!shown.has(fingerprint)) gaps.push(`does not accept clients of CA ${shortFingerprint(certificate)} yet`);
  for (const [fingerprint, certificate] of shown)
    if (!wanted.has(fingerprint)) gaps.push(`still accepts clients of CA ${shortFingerprint(certificate)}`);
  return gaps;
}
