import { strict as assert } from "node:assert";

import ipaddr from "ipaddr.js";

import { createEnvironment } from "../../../../provider/core/environment";
import { describeProblem } from "../../../../provider/core/errors";
import { allowedNodeNames } from "../../../../provider/core/inspect/nodeNames";
import {
  judgeAuthority,
  tryAcceptedAuthority,
  tryAuthority,
  tryBundle,
  tryLeaf,
} from "../../../../provider/core/inspect/tryAuthority";
import { DecodedCA } from "../../../../provider/core/secrets/decodedPem";
import { generateDecodedBundle } from "../../../../provider/core/secrets/generate";
import type { Authority } from "../../../../provider/core/x509/authority";
import type { Certificate } from "../../../../provider/core/x509/certificate";
import type { AuthorityName } from "../../../../provider/core/secrets/types";
import type { NameConstraint } from "../../../../provider/core/x509/chainFacts";
import { type CaShape, makeCaShapes } from "../../../interop/support/caShapes";
import { baseTime } from "../../../interop/support/oddCertificates";

const environment = createEnvironment(globalThis.crypto, () => baseTime);

const caOf = (authority: Authority, companions: readonly Certificate[] = []): DecodedCA =>
  DecodedCA.of(authority, companions, { crt: "ca", key: "key" });

describe("The trial of a CA", function () {
  this.timeout(30_000);
  let shapes: CaShape[] = [];
  before("make the CAs", async () => {
    shapes = await makeCaShapes();
  });

  it("finds what is wrong with it, for at least 60 shapes", async () => {
    assert.ok(shapes.length >= 60);
    const verdicts = await Promise.all(
      shapes.map(async ({ name, authority, companions }) => {
        const { problems, warnings } = await tryAuthority("os", caOf(authority, companions), environment);
        return { name, expected: problems.map(({ reason }) => reason), warnings: warnings.map(({ reason }) => reason) };
      }),
    );
    assert.deepEqual(
      verdicts,
      shapes.map(({ name, expected, warnings }) => ({ name, expected, warnings })),
    );
  });

  const shapeNamed = (name: string): CaShape => shapes.find((shape) => shape.name === name)!;
  const messagesOf = async (name: AuthorityName, shape: string): Promise<string[]> => {
    const { authority, companions } = shapeNamed(shape);
    const trial = await tryAuthority(name, caOf(authority, companions), environment);
    return [...trial.problems, ...trial.warnings].map(describeProblem);
  };

  it("names the cause, who is rejected and the remedy", async () => {
    assert.deepEqual(await messagesOf("os", "for servers only"), [
      "ca: lacks the extended key usage client authentication (it has serverAuth), so verifiers reject the certificates that it issues to Talos API clients and nodes that call other nodes; reissue the CA with clientAuth",
    ]);
    assert.deepEqual(await messagesOf("kubernetes", "for names of a domain"), [
      "ca: has name constraints that exclude kubernetes, kubernetes.default, kubernetes.default.svc, localhost, node, so verifiers reject the certificates that it issues to API servers; reissue it without name constraints",
    ]);
    assert.deepEqual(await messagesOf("etcd", "of version 4"), [
      "ca: is of a version that X.509 does not have, so that Go does not read it, so verifiers reject the certificates that it issues to etcd servers, etcd peers and etcd clients; reissue it as RFC 5280 says",
    ]);
    assert.deepEqual(await messagesOf("os", "below a root that comes with it"), [
      "ca: comes with other CA certificates (O=root), which nodes trust as well, so every client that those CAs or CAs below them certify gets in; leave them out",
    ]);
  });

  it("asks of each CA only what it is for", async () => {
    assert.deepEqual(await messagesOf("aggregator", "for clients only"), []);
    assert.deepEqual(await messagesOf("aggregator", "for a network"), []);
    assert.match((await messagesOf("kubernetes", "for a network"))[0]!, /exclude 127\.0\.0\.1, so/);
    assert.match((await messagesOf("kubernetes", "below a root"))[0]!, /^ca: is issued by another CA/);
  });

  it("tries for a resource the certificate that it issues alone", async () => {
    const { authority } = shapeNamed("for clients only");
    assert.deepEqual(await tryLeaf("talosClient", authority, "ca", environment), []);
    assert.deepEqual(
      (await tryLeaf("talosServer", authority, "ca", environment)).map(({ code }) => code),
      ["ERR_USAGE_MISSING"],
    );
  });

  it("comes to the same verdict by the extensions alone, but for what comes with the CA", () => {
    for (const { name, authority, companions, expected } of shapes) {
      if (companions.length > 0) continue;
      const reasons = judgeAuthority("os", authority.certificate).map(({ reason }) => reason);
      assert.deepEqual(new Set(reasons), new Set(expected), name);
    }
  });

  it("wants an accepted CA to certify clients, and warns where it certifies no servers", () => {
    const verdictOn = (shape: string): [unknown[], unknown[]] => {
      const { problems, warnings } = tryAcceptedAuthority(shapeNamed(shape).authority.certificate, "certificatePem");
      return [problems.map(({ code }) => code), warnings.map(({ reason }) => reason)];
    };
    assert.deepEqual(verdictOn("as Talos makes it"), [[], []]);
    assert.deepEqual(verdictOn("for servers only"), [["ERR_USAGE_MISSING"], []]);
    assert.deepEqual(verdictOn("for clients only"), [[], ["accepts-clients-only"]]);
    assert.deepEqual(verdictOn("for names of a domain"), [[], ["accepts-clients-only"]]);
    assert.deepEqual(verdictOn("with an unknown critical extension"), [["ERR_CHAIN_INVALID"], []]);
  });

  it("is a warning for the CAs of a bundle that is adopted", async () => {
    const made = await generateDecodedBundle({ talosVersion: "v1.13" }, environment);
    assert.deepEqual(await tryBundle(made, environment), []);
    const ca = caOf(shapeNamed("for servers only").authority);
    const [warning, ...others] = await tryBundle(made.with("os", ca), environment);
    assert.deepEqual(others, []);
    assert.equal(warning!.reason, "ca-unusable");
    assert.equal(warning!.path, "ca");
    assert.match(warning!.message, /^lacks the extended key usage client authentication/);
  });

  it("signs once for each kind of certificate and asks for no key", async () => {
    const { authority } = shapeNamed("with an RSA key of 2048 bits");
    let signatures = 0;
    const subtle = Object.assign(Object.create(environment.subtle) as typeof environment.subtle, {
      importKey: environment.subtle.importKey.bind(environment.subtle),
      digest: environment.subtle.digest.bind(environment.subtle),
      sign: (...args: Parameters<typeof environment.subtle.sign>) => {
        signatures += 1;
        return environment.subtle.sign(...args);
      },
      generateKey: () => assert.fail("a key is made"),
    });
    await tryAuthority("etcd", caOf(authority), { ...environment, subtle });
    assert.equal(signatures, 3);
  });

  it("finds names that a CA with thousands of name constraints allows by reading each a few times", () => {
    let reads = 0;
    const excluded = Array.from({ length: 20_000 }, (_, index): NameConstraint => {
      const [network, bits] = ipaddr.parseCIDR(`10.${index >> 8}.${index & 255}.0/24`);
      const octets = network.toByteArray();
      network.toByteArray = () => {
        reads += 1;
        return octets;
      };
      return { kind: "ip", range: [network, bits] };
    });
    const permitted: NameConstraint[] = [{ kind: "ip", range: ipaddr.parseCIDR("10.0.0.0/8") }];
    const names = allowedNodeNames({ permittedNames: permitted, excludedNames: excluded });
    assert.deepEqual(names, { hostname: "node", address: "10.78.32.0" });
    assert.ok(reads <= 20_000, String(reads));
  });
});
