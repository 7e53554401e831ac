import { isIP } from "node:net";
import { connect, type ConnectionOptions } from "node:tls";

import { type FailureFacts, readFailure } from "../core/nodes/failures";
import type { NodeAddress } from "../core/nodes/nodeAddress";
import type { Certificate } from "../core/x509/certificate";
import type { HandshakeOptions, HandshakeResult } from "../engine/nodes";
import { servedChain } from "./serverCertificates";

/** HTTP/2 connection preface and an empty SETTINGS frame (RFC 9113, section 3.4): a server that lets us in answers. */
const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "ascii"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

const DEFAULT_PATIENCE_MS = 10_000;

/**
 * Shakes hands with a TLS server and looks whether it lets the client in. Whose certificate it has is for others to
 * judge: nothing is verified here, and nothing is asked.
 *
 * In TLS 1.3 a server rejects a client's certificate only after the handshake is over on the client's side, so the
 * verdict is the server's first word of HTTP/2, or an alert in its place.
 */
export function shakeHands(
  address: NodeAddress,
  { identity, authorities, patience = DEFAULT_PATIENCE_MS, signal }: HandshakeOptions = {},
): Promise<HandshakeResult> {
  const options: ConnectionOptions = {
    ...address,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
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
    const timer = setTimeout(abort, patience);
    signal?.addEventListener("abort", abort, { once: true });
    socket.once("secureConnect", () => {
      try {
        chain = servedChain(socket);
      } catch {
        // Whatever a stranger serves, in whichever parser it gets stuck.
        fail("UNREADABLE_CERTIFICATE");
        return;
      }
      if (authorities !== undefined && !socket.authorized) fail(String(socket.authorizationError));
      else socket.write(PREFACE);
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
