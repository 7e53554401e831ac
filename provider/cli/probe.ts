import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { isIP } from "node:net";

import { type Certificate, parseCertificateDer } from "../core/x509/certificate";
import type { PrivateKey } from "../core/x509/privateKey";
import type { Address } from "./address";

/** A certificate and its key, to show to a node. */
export interface ClientIdentity {
  readonly certificate: Certificate;
  readonly key: PrivateKey;
}

/** How a node met a client. */
export interface ProbeResult {
  /** The node's own certificate and those behind it; empty when it did not get that far. */
  readonly chain: readonly Certificate[];
  /** The node let the client in. */
  readonly accepted: boolean;
  /** Why not: TLS's or the network's own words. */
  readonly reason?: string;
  /** Whether the node answered at all. */
  readonly reached: boolean;
}

/** HTTP/2 connection preface and an empty SETTINGS frame (RFC 9113, section 3.4): a server that lets us in answers. */
const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "ascii"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Shakes hands with a node's TLS server and looks whether it lets the client in. Whose certificate the node has is for
 * others to judge: nothing is verified here, and nothing is asked of the node.
 *
 * In TLS 1.3 a server rejects a client's certificate only after the handshake is over on the client's side, so the
 * verdict is the server's first word of HTTP/2, or an alert in its place.
 */
export function probeNode(
  address: Address,
  client?: ClientIdentity,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<ProbeResult> {
  const options: ConnectionOptions = {
    ...address,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    ...(client === undefined
      ? {}
      : { cert: client.certificate.pem, key: client.key.keyObject.export({ format: "pem", type: "pkcs8" }) }),
  };
  return new Promise((resolve) => {
    let chain: readonly Certificate[] = [];
    const socket = connect(options);
    const finish = (accepted: boolean, reason?: string): void => {
      socket.destroy();
      clearTimeout(timer);
      resolve({ chain, accepted, reached: chain.length > 0, ...(reason === undefined ? {} : { reason }) });
    };
    const timer = setTimeout(() => {
      finish(false, `no answer within ${timeoutMs / 1000} seconds`);
    }, timeoutMs);
    socket.once("secureConnect", () => {
      try {
        chain = peerChain(socket);
      } catch {
        // Whatever a stranger serves, in whichever parser it gets stuck.
        finish(false, "it serves a certificate that cannot be read");
        return;
      }
      socket.write(PREFACE);
    });
    socket.once("data", () => {
      finish(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      finish(false, reasonOf(error));
    });
    socket.once("close", () => {
      finish(false, "the connection was closed");
    });
  });
}

function peerChain(socket: TLSSocket): Certificate[] {
  const chain: Certificate[] = [];
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < 10) {
    const parsed = parseCertificateDer(certificate.raw, "");
    if (chain.some(({ fingerprint }) => fingerprint === parsed.fingerprint)) break;
    chain.push(parsed);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

/** TLS alerts (RFC 8446, section 6) as OpenSSL names them, in words. */
const ALERTS: readonly (readonly [RegExp, string])[] = [
  [/unknown ca/i, "it does not trust the client's CA"],
  [/bad certificate/i, "it rejects the client's certificate"],
  [/certificate required/i, "it asks for a client certificate"],
  [/certificate expired/i, "the client's certificate has expired"],
  [/certificate unknown|unsupported certificate/i, "it does not take the client's certificate"],
  [/wrong version number|packet length too long|http request/i, "it does not speak TLS"],
];

function reasonOf(error: NodeJS.ErrnoException): string {
  const words = ALERTS.find(([alert]) => alert.test(error.message))?.[1];
  if (words !== undefined) return words;
  if (error.code === "ECONNREFUSED") return "nobody listens there";
  if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") return "the name is not known";
  return error.code ?? error.message;
}
