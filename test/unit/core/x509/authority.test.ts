import assert from "node:assert/strict";

import { parseAuthority } from "../../../../provider/core/x509/authority";
import { readAuthority } from "../../../../provider/core/x509/clientCertificate";
import { generatePrivateKey } from "../../../../provider/core/x509/privateKey";
import { signCertificate } from "../../../../provider/core/x509/issue";
import { PROFILES } from "../../../../provider/core/x509/profiles";
import { refuses } from "../../support/errors";
import { fixedEnvironment, START, vector } from "../../support/fixed";

const paths = { crt: "certs.os.crt", key: "certs.os.key" };
const crt = vector("pki/ca.crt");
const key = vector("pki/ca.key");

describe("A CA", () => {
  it("is a certificate with its key", () => {
    const authority = parseAuthority({ crt, key }, paths);
    assert.equal(authority.certificate.commonName, "kubernetes");
    assert.equal(authority.key.algorithm, "rsa-2048");
  });

  it("that is not given is asked for by name", () => {
    const required = "is required; must be PEM";
    for (const none of [undefined, null, {}])
      refuses(
        () => readAuthority(none as never, "certificateAuthority"),
        "ERR_INPUT_MISSING",
        `certificateAuthority.certificatePem: ${required}\ncertificateAuthority.privateKeyPem: ${required}`,
      );
    refuses(
      () => readAuthority({ certificatePem: crt } as never, ""),
      "ERR_INPUT_MISSING",
      `privateKeyPem: ${required}`,
    );
  });

  it("with another's key is rejected", () => {
    refuses(
      () => parseAuthority({ crt, key: vector("pki/front-proxy-ca.key") }, paths),
      "ERR_KEY_MISMATCH",
      "certs.os.key: does not belong to the certificate beside it; must be the pair of one CA",
    );
  });

  it("is told all its problems at once", () => {
    refuses(
      () => parseAuthority({ crt: "", key: "******" }, paths),
      "ERR_PEM_INVALID",
      `certs.os.crt: holds no PEM block; must be text that begins with -----BEGIN
certs.os.key: is redacted; the real private key is needed`,
    );
  });

  it("must be one: no leaf, and none that may not sign certificates", async () => {
    const environment = fixedEnvironment();
    const selfKey = await generatePrivateKey("ed25519", environment);
    const [notBefore, notAfter] = [new Date(START), new Date("2036-01-01T00:00:00Z")];
    const request = { subject: { commonName: "x" }, publicKeyDer: selfKey.publicKeyDer, notBefore, notAfter };
    const leaf = await signCertificate({ ...request, profile: PROFILES.talosClient }, { selfKey }, environment);
    const mute = await signCertificate(
      { ...request, profile: { ...PROFILES.authority, keyUsages: ["digitalSignature"] } },
      { selfKey },
      environment,
    );
    refuses(
      () => parseAuthority({ crt: leaf.pem, key: selfKey.pem }, paths),
      "ERR_NOT_A_CA",
      "certs.os.crt: is not a CA (basicConstraints lacks CA:TRUE); must be the certificate of a CA",
    );
    refuses(
      () => parseAuthority({ crt: mute.pem, key: selfKey.pem }, paths),
      "ERR_NOT_A_CA",
      "certs.os.crt: may not sign certificates (keyUsage lacks keyCertSign); must be the certificate of a CA",
    );
  });
});
