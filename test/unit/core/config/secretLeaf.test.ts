import assert from "node:assert/strict";

import { isSecretName, isSecretText } from "../../../../provider/core/config/secretLeaf";

describe("The name of a secret", () => {
  const SECRET = [
    "secret token tokens password passwd passphrase pass pwd psk credential credentials authorization jwt bearer cookie",
    "passkey auth registry-auth my.auth my_auth dockerAuth privatekey privateKey private-key private_key private.key",
    "authkey TS_AUTHKEY apiKey accessKey secretKey encryptionKey signing-key shared_key preshared.key my.key account-key ssh-key",
    "host-key master-key client-key server-key tls-key age-key license-key tls.key key.pem server.pem AWS_SECRET_ACCESS_KEY",
  ].flatMap((line) => line.split(" "));
  const HARMLESS =
    "key crt name publicKey public-key secrets automountServiceAccountToken keyboard author passes monkey";

  it("is known by its last word", () => {
    for (const name of SECRET) assert.ok(isSecretName(name), name);
    for (const name of HARMLESS.split(" ")) assert.ok(!isSecretName(name), name);
  });

  it("is `key` beside a certificate", () => {
    for (const other of ["crt", "cert", "certificate", "tls.crt", "cert.pem"])
      assert.ok(isSecretName("key", new Set(["key", other])), other);
    assert.ok(!isSecretName("key", new Set(["key", "value"])));
  });
});

describe("A text with a secret in it", () => {
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  const SECRET = [
    "-----BEGIN ED25519 PRIVATE KEY-----",
    "-----BEGIN AGE ENCRYPTED SECRET KEY-----",
    `# key: AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN`,
    "x abcdef.0123456789abcdef y",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0x.c2ln",
    "c2VjcmV0IG9mIHRoZSBjbHVzdGVyIG9mIDMyIG9jdHQ=",
    "https://me:pw@host",
    "apiVersion: v1\nkind: Secret\n",
    "a: 1\npassword: hunter2\n",
    "PIN=1234 API_TOKEN=abc",
    encode("export API_TOKEN=abcdef; run it"),
    encode(encode("export API_TOKEN=abcdef; run it")),
  ];
  const HARMLESS = [
    "-----BEGIN CERTIFICATE-----",
    "AGE-SECRET-KEY-1SHORT",
    "age1qpzry9x8gf2tvdw0s3jn",
    "token: true",
    "token: 300",
    "password:",
    "https://host/path",
    encode("nothing of interest is in this text"),
  ];

  it("is one", () => {
    for (const text of SECRET) assert.ok(isSecretText(text), text);
    for (const text of HARMLESS) assert.ok(!isSecretText(text), text);
  });
});
