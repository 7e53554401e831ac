import { createHash, createPrivateKey, createPublicKey } from "node:crypto";

import { type AuthorityOptions, generateAuthority } from "../../../../provider/core/secrets/authority";
import { parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import type { AuthorityName, SecretsBundle } from "../../../../provider/core/secrets/types";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import { authorityPem } from "../../../../provider/core/secrets/authority";
import type { Values } from "../../../../provider/engine/values";
import { QUICK } from "../../support/cluster";
import { type Managed, testHost } from "../../support/engine";
import { fixedEnvironment } from "../../support/fixed";

export const host = testHost();
export const TOKEN = "abcdef.0123456789abcdef";
export const OTHER = "fedcba.0123456789abcdef";

export const bundleOf = (secrets: Managed): SecretsBundle =>
  parseSecretsBundle(String(secrets.outputs["secretsYaml"]), { now: new Date(host.now) }).bundle;
export const statusOf = (secrets: Managed, name = "os"): Values =>
  (secrets.outputs["rotationStatus"] as Record<string, Values>)[name]!;
export const issuingOf = (secrets: Managed, name = "os"): string =>
  String((secrets.outputs["certificateAuthorities"] as Record<string, Values>)[name]!["fingerprint"]);
export const rotate = (stage: string, more: Values = {}, id = "2026-11"): Values => ({
  ...QUICK,
  rotation: { os: { id, stage, ...more } },
});

/** SHA-256 of the SubjectPublicKeyInfo of a private key, by OpenSSL. */
export const spkiFingerprint = (privateKeyPem: string): string =>
  createHash("sha256")
    .update(createPublicKey(createPrivateKey(privateKeyPem)).export({ format: "der", type: "spki" }))
    .digest("hex");

/** A new CA, PEM; it begins now unless told otherwise. */
export async function makeAuthority(
  name: AuthorityName = "os",
  options: AuthorityOptions = {},
  now = host.now,
): Promise<Values & { fingerprint: string }> {
  const authority = await generateAuthority(name, parseTalosVersion("v1.13"), options, fixedEnvironment(now));
  const { crt, key } = authorityPem(authority);
  return { certificatePem: crt, privateKeyPem: key, fingerprint: authority.certificate.fingerprint };
}
export const pem = ({ certificatePem, privateKeyPem }: Values): Values => ({ certificatePem, privateKeyPem });
