import assert from "node:assert/strict";
import { KeyObject, webcrypto } from "node:crypto";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";

import { parseNodeAddress, readTargetAddress } from "../../../provider/cli/address";
import { certificateName, formatNodeAddress } from "../../../provider/core/nodes/nodeAddress";
import { shakeHands } from "../../../provider/nodes/handshake";
import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import type { Environment } from "../../../provider/core/environment";
import { parseAuthority } from "../../../provider/core/x509/authority";
import { pkcs8Pem } from "../../../provider/core/x509/privateKey";
import { issueServerCertificate } from "../../../provider/core/x509/serverCertificate";
import * as x509 from "../../../provider/core/x509/library";
import { odd } from "../../interop/support/oddCertificates";
import { vector } from "../support/fixed";
import { talosPki } from "./support";

const authority = parseSecretsBundle(vector("bundles/v1.13.yaml"), { now: new Date() }).bundle.certs.os.crt;

describe("A handshake", () => {
  const servers: Server[] = [];
  const portOf = async (server: Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const listen = async (answer: (write: (text: string) => void, end: () => void) => void): Promise<number> => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      answer(
        (text) => socket.write(text),
        () => socket.destroy(),
      );
    });
    return portOf(server);
  };
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it("with nobody tells so", async () => {
    const port = await listen(() => undefined);
    servers.pop()?.close();
    const shake = await shakeHands({ host: "127.0.0.1", port });
    assert.deepEqual([shake.chain, shake.accepted, shake.failure?.reason], [[], false, "nobody listens there"]);
  });

  it("with one who is silent ends after a while", async () => {
    const port = await listen(() => undefined);
    const shake = await shakeHands({ host: "127.0.0.1", port }, { patience: 50 });
    assert.equal(shake.failure?.reason, "no answer in time");
  });

  it("with one who speaks something else tells so", async () => {
    const port = await listen((write) => {
      write("SSH-2.0-OpenSSH_9.2\r\n");
    });
    const shake = await shakeHands({ host: "127.0.0.1", port });
    assert.deepEqual([shake.chain, shake.failure?.reason], [[], "what answers there does not speak TLS"]);
  });

  it("with one who hangs up tells so", async () => {
    const port = await listen((_, end) => {
      end();
    });
    const shake = await shakeHands({ host: "127.0.0.1", port });
    assert.equal(shake.accepted, false);
    assert.equal(shake.failure?.reason, "the connection was closed");
  });

  it("with one whose certificate nobody can read tells so, and so do the commands", async () => {
    // A subjectAltName that is an INTEGER, no SEQUENCE.
    const garbage = new x509.Extension("2.5.29.17", false, Uint8Array.from([2, 1, 0]));
    const { pem, keys } = await odd({ extensions: [garbage] });
    const key = KeyObject.from(keys.privateKey).export({ format: "pem", type: "pkcs8" });
    const port = await portOf(createTlsServer({ cert: pem, key }));
    const reason = "it serves a certificate that cannot be read";
    const shake = await shakeHands({ host: "127.0.0.1", port });
    assert.deepEqual([shake.chain, shake.accepted, shake.failure?.reason], [[], false, reason]);
    const inspected = await talosPki(["inspect", `127.0.0.1:${port}`]);
    assert.deepEqual([inspected.code, inspected.err], [1, ""]);
    assert.ok(inspected.out.includes(`127.0.0.1:${port} cannot be asked: ${reason}; must be a TLS server`));
    const verified = await talosPki(["verify", `127.0.0.1:${port}`, "--trust", "pem"], { files: { pem: authority } });
    assert.deepEqual([verified.code, verified.err], [1, ""]);
    assert.ok(verified.out.includes(`cannot be asked: ${reason}`));
  });

  describe("with a server whose certificate", () => {
    const bundle = parseSecretsBundle(vector("bundles/v1.13.yaml"), { now: new Date() }).bundle;
    const environment: Environment = {
      now: () => new Date(),
      randomBytes: (size) => webcrypto.getRandomValues(new Uint8Array(size)),
      subtle: webcrypto.subtle,
    };
    /** Counts what it is sent after the handshake. */
    const serve = async (ipAddresses: string[]): Promise<{ port: number; sent: () => number }> => {
      const certificateAuthority = parseAuthority(bundle.certs.os, { crt: "", key: "" });
      const { certificate, key } = await issueServerCertificate({ certificateAuthority, ipAddresses }, environment);
      let size = 0;
      const server = createTlsServer({ cert: certificate.pem, key: pkcs8Pem(key), ALPNProtocols: ["h2"] }, (socket) => {
        socket.on("error", () => undefined);
        socket.on("data", (data: Buffer) => {
          size += data.length;
          socket.write("x");
        });
      });
      return { port: await portOf(server), sent: () => size };
    };
    const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

    it("is verified asks it, by no more than the preface of HTTP/2", async () => {
      const { port, sent } = await serve(["127.0.0.1"]);
      const { accepted } = await shakeHands({ host: "127.0.0.1", port }, { authorities: [bundle.certs.os.crt] });
      await settled();
      assert.deepEqual([accepted, sent()], [true, 33]);
    });

    for (const [what, authorities, names] of [
      ["is of another CA", [bundle.certs.etcd.crt], ["127.0.0.1"]],
      ["is for another address", [bundle.certs.os.crt], ["127.0.0.9"]],
      ["nobody verifies", undefined, ["127.0.0.1"]],
    ] as const) {
      it(`${what} sends no byte after the handshake`, async () => {
        const { port, sent } = await serve([...names]);
        const options = authorities === undefined ? {} : { authorities };
        const shakes = await Promise.all(
          Array.from({ length: 20 }, () => shakeHands({ host: "127.0.0.1", port }, options)),
        );
        await settled();
        assert.equal(sent(), 0);
        for (const { accepted, chain } of shakes) assert.deepEqual([accepted, chain.length], [false, 1]);
      });
    }
  });
});

describe("An address", () => {
  const good: [text: string, written: string][] = [
    ["10.0.0.2:50000", "10.0.0.2:50000"],
    ["10.0.0.2", "10.0.0.2:50000"],
    ["cp-1.example.org:1", "cp-1.example.org:1"],
    ["cp-1.example.org.:1", "cp-1.example.org.:1"],
    ["[2001:db8::1]:50000", "[2001:db8::1]:50000"],
    ["[2001:db8::1]", "[2001:db8::1]:50000"],
    ["2001:db8::1", "[2001:db8::1]:50000"],
    ["fe80::1%eth0", "[fe80::1%eth0]:50000"],
    ["[fe80::1%eth0]:1", "[fe80::1%eth0]:1"],
    ["https://10.0.0.1:50000", "10.0.0.1:50000"],
    ["https://[fe80::1%25eth0]:50000/x?y#z", "[fe80::1%eth0]:50000"],
    ["https://omni.example.org", "omni.example.org:443"],
    ["HTTPS://omni.example.org", "omni.example.org:443"],
    ["http://10.0.0.1", "10.0.0.1:50000"],
  ];
  for (const [text, written] of good) {
    it(`may be ${text}`, () => {
      assert.equal(formatNodeAddress(parseNodeAddress(text)), written);
      const target = readTargetAddress(text);
      assert.equal(target && formatNodeAddress(target), written);
    });
  }

  it("may be a bare name where no file is meant", () => {
    assert.equal(formatNodeAddress(parseNodeAddress("cp-1")), "cp-1:50000");
    for (const text of ["talosconfig", "secrets.yaml", "10.0.0.2.yaml"]) {
      assert.equal(readTargetAddress(text), undefined, text);
    }
  });

  it("is rejected in any other form, with the forms that are right", () => {
    const others = [
      "./a:1",
      "-",
      "a:0",
      "a:65536",
      "a b:1",
      "C:\\x",
      "[10.0.0.2]:1",
      "300.0.0.1",
      "",
      "https://",
      "a/b",
    ];
    for (const text of others) {
      assert.equal(readTargetAddress(text), undefined, text);
      assert.throws(() => parseNodeAddress(text), {
        name: "CliError",
        message: `${JSON.stringify(text)} is not the address of a node; must be an IP address or DNS name, with or without a port, such as 10.0.0.2, [fd00::2]:50000 or https://10.0.0.2:50000`,
      });
    }
  });

  it("is not repeated where it may hold a password", () => {
    assert.throws(
      () => parseNodeAddress("https://user:hunter2@10.0.0.2"),
      /^CliError: the address is not the address of/,
    );
  });

  it("is that of a certificate without its zone", () => {
    assert.equal(certificateName(parseNodeAddress("fe80::1%eth0")), "fe80::1");
  });
});
