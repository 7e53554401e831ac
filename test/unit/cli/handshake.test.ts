import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";

import { formatAddress, parseAddress } from "../../../provider/cli/address";
import { shakeHands } from "../../../provider/cli/handshake";

describe("A handshake", () => {
  const servers: Server[] = [];
  const listen = async (answer: (write: (text: string) => void, end: () => void) => void): Promise<number> => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      answer(
        (text) => socket.write(text),
        () => socket.destroy(),
      );
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
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
