import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";

import { certificateName, type NodeAddress } from "../core/nodes/nodeAddress";

/**
 * OpenSSL's code for why a server is not verified by the CAs of its socket, under its own name or address; `undefined`
 * for one that is. The socket gives its certificate once: asked again, Node 20 answers with that of the CA.
 */
export function whyNotVerified(socket: TLSSocket, leaf: X509Certificate, server: NodeAddress): string | undefined {
  if (!socket.authorized) return String(socket.authorizationError);
  const name = certificateName(server);
  const found = isIP(name) === 0 ? leaf.checkHost(name, { subject: "never" }) : leaf.checkIP(name);
  return found === undefined ? "ERR_TLS_CERT_ALTNAME_INVALID" : undefined;
}
