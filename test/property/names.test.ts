import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import fc from "fast-check";

import { canonicalIpAddress } from "../../provider/core/ipAddress";
import { generateAuthority } from "../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../provider/core/talosVersion";
import type { Authority } from "../../provider/core/x509/authority";
import { issueKubernetesClientCertificate } from "../../provider/core/x509/kubernetesClientCertificate";
import { nameValueProblems } from "../../provider/core/x509/name";
import { issueServerCertificate } from "../../provider/core/x509/serverCertificate";
import { fixedEnvironment } from "../unit/support/fixed";

const environment = fixedEnvironment();

describe("What a certificate is issued for", function () {
  this.timeout(120_000);
  let certificateAuthority: Authority;
  before(async () => {
    certificateAuthority = await generateAuthority("os", parseTalosVersion("v1.13"), {}, environment);
  });

  const awkward = fc.constantFrom(
    "#",
    "\\",
    '"',
    ",",
    "+",
    "=",
    " ",
    "<",
    ">",
    ";",
    "0",
    "a",
    "é",
    "😀",
    "\ufeff",
    "*",
  );
  const value = fc
    .oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
      fc.array(awkward, { minLength: 1, maxLength: 12 }).map((parts) => parts.join("")),
    )
    .filter((text) => nameValueProblems(text, "").length === 0);

  it("is the very user and the very groups that were given, for us and for Node's OpenSSL", async () => {
    await fc.assert(
      fc.asyncProperty(value, fc.uniqueArray(value, { maxLength: 3 }), async (commonName, organizations) => {
        const { certificate } = await issueKubernetesClientCertificate(
          { certificateAuthority, commonName, organizations },
          environment,
        );
        assert.equal(certificate.commonName, commonName);
        assert.deepEqual([...certificate.organizations].sort(), [...organizations].sort());
        const { CN, O } = new X509Certificate(certificate.pem).toLegacyObject().subject as unknown as {
          CN: string;
          O?: string | string[];
        };
        assert.equal(CN, commonName);
        assert.deepEqual([O ?? []].flat().sort(), [...organizations].sort());
      }),
      { numRuns: 300 },
    );
  });

  it("is the very address that was given, in one spelling", async () => {
    const spelling = fc.oneof(
      fc.ipV6(),
      fc.ipV4(),
      fc.ipV4().map((address) => `::ffff:${address}`),
      fc.ipV6().map((address) => address.toUpperCase()),
    );
    await fc.assert(
      fc.asyncProperty(spelling, async (address) => {
        const { certificate } = await issueServerCertificate(
          { certificateAuthority, ipAddresses: [address] },
          environment,
        );
        const canonical = canonicalIpAddress(address)!;
        assert.deepEqual(certificate.ipAddresses, [canonical]);
        assert.ok(new X509Certificate(certificate.pem).checkIP(canonical));
        // The URL standard serializes addresses by RFC 5952 too.
        const known = canonical.includes(":") ? new URL(`http://[${address}]`).hostname.slice(1, -1) : canonical;
        assert.equal(canonical, known);
      }),
      { numRuns: 300 },
    );
  });
});
