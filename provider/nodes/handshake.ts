import { isIP } from "node:net";
import { connect, type ConnectionOptions } from "node:tls";

import { type FailureFacts, readFailure } from "../core/nodes/failures";
import type { NodeAddress } from "../core/nodes/nodeAddress";
import type { Certificate } from "../core/x509/certificate";
import type { HandshakeOptions, HandshakeResult } from "../engine/nodes";
import { describeServed, nativeChain, readChain } from "./serverCertificates";
import { whyNotVerified } from "./verification";

/** HTTP/2 connection preface and an empty SETTINGS frame (RFC 9113, section 3.4): a server that lets us in answers. */
const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "ascii"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

const DEFAULT_PATIENCE_MS = 10_000;

/** A server of gRPC speaks first, within a moment; one that waits for the client is not told anything. */
const UNVERIFIED_PATIENCE_MS = 1000;

/**
 * Shakes hands with a TLS server and looks whether it lets the client in.
 *
 * In TLS 1.3 a server rejects a client's certificate only after the handshake is over on the client's side, so the
 * verdict is the server's first word of HTTP/2, or an alert in its place. A server that is verified by `authorities` is
 * sent the preface of HTTP/2, for which some wait; any other one is sent nothing.
 */
export function shakeHands(
  address: NodeAddress,
  { identity, authorities, onlyChain, patience = DEFAULT_PATIENCE_MS, signal }: HandshakeOptions = {},
): Promise<HandshakeResult> {
  const options: ConnectionOptions = {
    ...address,
    // What Node finds is judged below, where the certificate is still at hand.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ALPNProtocols: ["h2"],
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    ...(identity === undefined ? {} : { cert: identity.certificatePem, key: identity.privateKeyPem }),
  };
  return new Promise((resolve) => {
    let chain: readonly Certificate[] = [];
    const socket = connect(options);
    const finish = (accepted: boolean, facts?: FailureFacts): void => {
      socket.destroy();
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      resolve({ chain, accepted, ...(facts === undefined ? {} : { failure: readFailure(facts) }) });
    };
    const fail = (network: string, text = network): void => {
      finish(false, { network, text });
    };
    const abort = (): void => {
      fail("TIMEOUT");
    };
    let timer = setTimeout(abort, patience);
    signal?.addEventListener("abort", abort, { once: true });
    socket.once("secureConnect", () => {
      const served = nativeChain(socket);
      try {
        chain = readChain(served);
      } catch {
        // Whatever a stranger serves, in whichever parser it gets stuck.
        fail("UNREADABLE_CERTIFICATE");
        return;
      }
      const [leaf] = served;
      const [read] = chain;
      if (onlyChain === true) finish(false);
      else if (leaf === undefined || read === undefined) fail("UNREADABLE_CERTIFICATE");
      else if (authorities === undefined) {
        clearTimeout(timer);
        timer = setTimeout(finish, Math.min(UNVERIFIED_PATIENCE_MS, patience), false);
      } else {
        const reason = whyNotVerified(socket, leaf, address);
        if (reason === undefined) socket.write(PREFACE);
        else finish(false, { network: reason, text: reason, served: describeServed(read) });
      }
    });
    socket.once("data", () => {
      finish(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      fail(error.code ?? error.message, error.message);
    });
    socket.once("close", () => {
      fail("CLOSED");
    });
  });
}
