import assert from "node:assert/strict";
import { KeyObject } from "node:crypto";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";

import { formatAddress, parseAddress } from "../../../provider/cli/address";
import { shakeHands } from "../../../provider/cli/handshake";
import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
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
    assert.deepEqual(shake, { chain: [], accepted: false, reached: false, reason: "nobody listens there" });
  });

  it("with one who is silent ends after a while", async () => {
    const port = await listen(() => undefined);
    const shake = await shakeHands({ host: "127.0.0.1", port }, undefined, 50);
    assert.equal(shake.reason, "no answer within 0.05 seconds");
  });

  it("with one who speaks something else tells so", async () => {
    const port = await listen((write) => {
      write("SSH-2.0-OpenSSH_9.2\r\n");
    });
    const shake = await shakeHands({ host: "127.0.0.1", port });
    assert.deepEqual([shake.reached, shake.reason], [false, "it does not speak TLS"]);
  });

  it("with one who hangs up tells so", async () => {
    const port = await listen((_, end) => {
      end();
    });
    const shake = await shakeHands({ host: "127.0.0.1", port });
    assert.equal(shake.accepted, false);
    assert.match(shake.reason!, /ECONNRESET|the connection was closed/);
  });

  it("with one whose certificate nobody can read tells so, and so do the commands", async () => {
    // A subjectAltName that is an INTEGER, no SEQUENCE.
    const garbage = new x509.Extension("2.5.29.17", false, Uint8Array.from([2, 1, 0]));
    const { pem, keys } = await odd({ extensions: [garbage] });
    const key = KeyObject.from(keys.privateKey).export({ format: "pem", type: "pkcs8" });
    const port = await portOf(createTlsServer({ cert: pem, key }));
    const reason = "it serves a certificate that cannot be read";
    assert.deepEqual(await shakeHands({ host: "127.0.0.1", port }), {
      chain: [],
      accepted: false,
      reached: false,
      reason,
    });
    const inspected = await talosPki(["inspect", `127.0.0.1:${port}`]);
    assert.deepEqual([inspected.code, inspected.err], [1, ""]);
    assert.ok(inspected.out.includes(`127.0.0.1:${port} cannot be asked: ${reason}; expected a TLS server`));
    const verified = await talosPki(["verify", `127.0.0.1:${port}`, "--trust", "pem"], { files: { pem: authority } });
    assert.deepEqual([verified.code, verified.err], [1, ""]);
    assert.ok(verified.out.includes(`cannot be asked: ${reason}`));
  });
});

describe("An address", () => {
  const good: [text: string, written: string][] = [
    ["10.0.0.2:50000", "10.0.0.2:50000"],
    ["10.0.0.2", "10.0.0.2:6443"],
    ["cp-1.example.org:1", "cp-1.example.org:1"],
    ["[2001:db8::1]:50000", "[2001:db8::1]:50000"],
    ["[2001:db8::1]", "[2001:db8::1]:6443"],
    ["2001:db8::1", "[2001:db8::1]:6443"],
  ];
  for (const [text, written] of good) {
    it(`may be ${text}`, () => {
      const address = parseAddress(text, 6443);
      assert.equal(address && formatAddress(address), written);
    });
  }

  it("is none without a port when none is the usual one", () => {
    for (const text of ["10.0.0.2", "talosconfig", "2001:db8::1", "./a:1", "-", "a:0", "a:65536", "a b:1", "C:\\x"]) {
      assert.equal(parseAddress(text), undefined, text);
    }
  });
});
