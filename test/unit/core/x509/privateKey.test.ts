import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";

import { isUnusual } from "../../../../provider/core/x509/algorithms";
import { formatPem, parsePem } from "../../../../provider/core/x509/pem";
import { generatePrivateKey, parsePrivateKey } from "../../../../provider/core/x509/privateKey";
import { refuses } from "../../support/errors";
import { fixedEnvironment, vector } from "../../support/fixed";

const rsa2048 = vector("pki/ca.key");
const rsa4096 = Buffer.from(
  /k8sserviceaccount:\n\s+key: (\S+)/.exec(vector("bundles/v1.13.yaml"))![1]!,
  "base64",
).toString();

const made = {
  ed25519: generateKeyPairSync("ed25519").privateKey,
  "ecdsa-p256": generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "ecdsa-p384": generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  "rsa-2048": createPrivateKey(rsa2048),
  "rsa-4096": createPrivateKey(rsa4096),
} as const;
const TALOS = {
  ed25519: "ED25519 PRIVATE KEY",
  "ecdsa-p256": "EC PRIVATE KEY",
  "ecdsa-p384": "EC PRIVATE KEY",
  "rsa-2048": "RSA PRIVATE KEY",
  "rsa-4096": "RSA PRIVATE KEY",
} as const;

const pkcs8 = (key: ReturnType<typeof createPrivateKey>): string =>
  key.export({ type: "pkcs8", format: "pem" }).toString();

describe("A private key", () => {
  for (const [algorithm, key] of Object.entries(made)) {
    it(`of the kind ${algorithm} is read as PKCS#8 and written under Talos's label`, () => {
      const read = parsePrivateKey(pkcs8(key), "x");
      assert.equal(read.algorithm, algorithm);
      assert.equal(parsePem(read.pem, "x")[0].label, TALOS[algorithm as keyof typeof TALOS]);
      assert.deepEqual(Buffer.from(read.publicKeyDer), createPublicKey(key).export({ type: "spki", format: "der" }));
      assert.ok(read.keyObject.equals(key));
    });

    it(`of the kind ${algorithm} that Talos wrote comes back as the same text`, () => {
      const talos = parsePrivateKey(pkcs8(key), "x").pem;
      assert.equal(parsePrivateKey(talos, "x").pem, talos);
    });
  }

  it("with a compressed point has both coordinates in its public half, as certificates have", () => {
    const key = made["ecdsa-p256"];
    const whole = key.export({ type: "sec1", format: "der" });
    // RFC 5915: version, 32 octets of the key, the curve, then the point.
    const [head, point] = [whole.subarray(2, whole.length - 70), whole.subarray(-64)];
    const compressed = Buffer.concat([
      Buffer.of(0xa1, 0x24, 0x03, 0x22, 0, 2 + (point[63]! & 1)),
      point.subarray(0, 32),
    ]);
    const der = Buffer.concat([Buffer.of(0x30, head.length + compressed.length), head, compressed]);
    const read = parsePrivateKey(formatPem("EC PRIVATE KEY", der), "x");
    assert.deepEqual(Buffer.from(read.publicKeyDer), createPublicKey(key).export({ type: "spki", format: "der" }));
  });

  it("of Ed25519 is the 48 octets of PKCS#8 v1 in Talos's form", () => {
    assert.equal(parsePem(parsePrivateKey(pkcs8(made.ed25519), "x").pem, "x")[0].der.length, 48);
  });

  for (const algorithm of ["ed25519", "ecdsa-p256", "ecdsa-p384"] as const) {
    it(`of the kind ${algorithm} can be made`, async () => {
      const key = await generatePrivateKey(algorithm, fixedEnvironment());
      assert.equal(key.algorithm, algorithm);
      assert.equal(parsePrivateKey(key.pem, "x").pem, key.pem);
    });
  }

  it("of RSA can be made, of 2048 bits and the usual exponent", async () => {
    const { keyObject } = await generatePrivateKey("rsa-2048", fixedEnvironment());
    assert.deepEqual(keyObject.asymmetricKeyDetails, { modulusLength: 2048, publicExponent: 65537n });
  });

  it("is that of the first PEM block", () => {
    const text = `${pkcs8(made["ecdsa-p256"])}${pkcs8(made.ed25519)}`;
    assert.equal(parsePrivateKey(text, "x").algorithm, "ecdsa-p256");
  });

  it("of RSA of another size is taken where Talos takes it", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2056 });
    assert.equal(parsePrivateKey(pkcs8(privateKey), "x").algorithm, "rsa-2056");
  });

  it("of a kind that nobody should make is read, as a CA may have it", () => {
    for (const [kind, key] of Object.entries({
      "rsa-1024": generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey,
      "ecdsa-p521": generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
    })) {
      const read = parsePrivateKey(pkcs8(key), "x");
      assert.equal(read.algorithm, kind);
      assert.equal(isUnusual(read.keyObject), true);
    }
    assert.equal(isUnusual(made["rsa-2048"]), false);
    assert.equal(isUnusual(made.ed25519), false);
  });

  const kinds = "must be Ed25519, ECDSA P-256 or P-384, or RSA of 2048 bits or more";
  for (const [kind, key] of Object.entries({
    "rsa-512": generateKeyPairSync("rsa", { modulusLength: 512 }).privateKey,
    "ecdsa-secp224r1": generateKeyPairSync("ec", { namedCurve: "secp224r1" }).privateKey,
    "ecdsa-secp256k1": generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey,
    ed448: generateKeyPairSync("ed448").privateKey,
    x25519: generateKeyPairSync("x25519").privateKey,
    "rsa-pss": generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey,
  })) {
    it(`of the kind ${kind} is rejected`, () => {
      refuses(() => parsePrivateKey(pkcs8(key), "x"), "ERR_KEY_UNSUPPORTED", `x: is of the kind ${kind}; ${kinds}`);
    });
  }

  it("that is encrypted is rejected, in the old form and the new", () => {
    const modern = made["ecdsa-p256"]
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "test" })
      .toString();
    for (const text of [modern, vector("broken/pem-encrypted-ca.key")]) {
      refuses(
        () => parsePrivateKey(text, "x"),
        "ERR_KEY_ENCRYPTED",
        "x: is an encrypted private key; decrypt it first (openssl pkey)",
      );
    }
  });

  it("that is redacted is rejected as such", () => {
    for (const text of ["******", "***\n"]) {
      refuses(
        () => parsePrivateKey(text, "x"),
        "ERR_SECRET_REDACTED",
        "x: is redacted; the real private key is needed",
      );
    }
  });

  it("behind EC PARAMETERS is rejected, as Talos does", () => {
    refuses(
      () => parsePrivateKey(vector("broken/pem-ec-parameters-ca.key"), "x"),
      "ERR_PEM_INVALID",
      "x: begins with an EC PARAMETERS block, which Talos rejects; keep only the EC PRIVATE KEY block",
    );
  });

  it("is no certificate and no other block", () => {
    const expected = "must be one of ED25519 PRIVATE KEY, EC PRIVATE KEY, RSA PRIVATE KEY, PRIVATE KEY";
    refuses(() => parsePrivateKey(vector("pki/ca.crt"), "x"), "ERR_PEM_INVALID", `x: holds a certificate; ${expected}`);
    for (const label of ["OPENSSH PRIVATE KEY", "constructor"]) {
      refuses(
        () => parsePrivateKey(formatPem(label, Uint8Array.of(1)), "x"),
        "ERR_PEM_INVALID",
        `x: holds a PEM block of another kind; ${expected}`,
      );
    }
  });

  it("under a label of another encoding is rejected without a word of it", () => {
    const der = made["ecdsa-p256"].export({ type: "sec1", format: "der" });
    for (const label of ["RSA PRIVATE KEY", "ED25519 PRIVATE KEY", "PRIVATE KEY"]) {
      refuses(
        () => parsePrivateKey(formatPem(label, der), "x"),
        "ERR_PEM_INVALID",
        `x: holds no readable key under the label ${label}`,
      );
    }
  });
});
