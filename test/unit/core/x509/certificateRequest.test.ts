import assert from "node:assert/strict";

import { parseCertificateRequest } from "../../../../provider/core/x509/certificateRequest";
import * as x509 from "../../../../provider/core/x509/library";
import { formatPem, parsePem } from "../../../../provider/core/x509/pem";
import { rejects } from "../../support/errors";
import { fixedEnvironment, vector } from "../../support/fixed";
import { makeRequest } from "./requests";

const environment = fixedEnvironment();
const parse = (text: string): ReturnType<typeof parseCertificateRequest> =>
  parseCertificateRequest(text, "csrPem", environment);

describe("A certificate signing request", () => {
  for (const [algorithm, parameters] of Object.entries({
    ed25519: { name: "Ed25519" },
    "ecdsa-p256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
    "ecdsa-p384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
    "rsa-2048": {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
  })) {
    it(`with a key of the kind ${algorithm} is read`, async () => {
      const request = await parse(
        await makeRequest({
          name: "O=os:admin, CN=worker-1",
          dnsNames: ["w1"],
          ipAddresses: ["10.0.0.5", "2001:db8::5"],
          algorithm: parameters,
        }),
      );
      const { publicKeyDer, ...rest } = request;
      assert.ok(publicKeyDer.length > 40);
      assert.deepEqual(rest, {
        commonName: "worker-1",
        organizations: ["os:admin"],
        dnsNames: ["w1"],
        ipAddresses: ["10.0.0.5", "2001:db8::5"],
        algorithm,
      });
    });
  }

  it("is read under its old label too, and without name and names", async () => {
    const text = (await makeRequest({ name: "" })).replaceAll("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
    const { commonName, dnsNames, ipAddresses } = await parse(text);
    assert.deepEqual([commonName, dnsNames, ipAddresses], [undefined, [], []]);
  });

  it("whose signature is not that of its own key is rejected", async () => {
    const [{ der }] = parsePem(await makeRequest({ name: "CN=a" }), "x");
    const forged = Uint8Array.from(der);
    forged[forged.length - 1]! ^= 1;
    await rejects(
      () => parse(formatPem("CERTIFICATE REQUEST", forged)),
      "ERR_CSR_INVALID",
      "csrPem: carries a wrong signature; must be a PKCS#10 request signed with its own key",
    );
  });

  it("of junk is rejected", async () => {
    await rejects(
      () => parse(formatPem("CERTIFICATE REQUEST", Uint8Array.of(0x30, 0))),
      "ERR_CSR_INVALID",
      "csrPem: cannot be read; must be a PKCS#10 request signed with its own key",
    );
  });

  it("with names that cannot be read is rejected", async () => {
    const broken = new x509.Extension("2.5.29.17", false, Uint8Array.of(0x04, 1, 2));
    await rejects(
      async () => parse(await makeRequest({ name: "", extensions: [broken] })),
      "ERR_CSR_INVALID",
      "csrPem: cannot be read; must be a PKCS#10 request signed with its own key",
    );
  });

  it("is no certificate and no private key", async () => {
    await rejects(
      () => parse(vector("pki/ca.crt")),
      "ERR_CSR_INVALID",
      "csrPem: is a PEM block of another kind; use -----BEGIN CERTIFICATE REQUEST-----",
    );
    await rejects(
      () => parse(vector("pki/ca.key")),
      "ERR_PRIVATE_KEY_GIVEN",
      "csrPem: holds a private key; must be a certificate signing request only",
    );
  });

  it("for a kind of key that Talos does not take is rejected", async () => {
    await rejects(
      async () =>
        parse(await makeRequest({ name: "", algorithm: { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" } })),
      "ERR_KEY_UNSUPPORTED",
      "csrPem: asks for a key of the kind ecdsa-p521; must be Ed25519, ECDSA P-256 or P-384, or RSA of 2048 bits or more",
    );
  });
});
