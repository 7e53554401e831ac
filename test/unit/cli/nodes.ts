import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";

import { createEnvironment } from "../../../provider/core/environment";
import type { CertificateAndKey } from "../../../provider/core/secrets/types";
import { issueServerCertificate } from "../../../provider/core/x509/serverCertificate";
import { now } from "./support";

const servers = new Set<Http2SecureServer>();

/**
 * A server that meets clients as apid does: TLS 1.3, HTTP/2, a client certificate of a trusted CA or nothing.
 *
 * @returns its address
 */
export async function startFakeNode(issuer: CertificateAndKey, trust: readonly string[]): Promise<string> {
  const environment = createEnvironment(globalThis.crypto, () => now);
  const { certificate, key } = await issueServerCertificate(
    {
      certificateAuthority: { certificatePem: issuer.crt, privateKeyPem: issuer.key },
      ipAddresses: ["127.0.0.1"],
      validityPeriodHours: 87_600,
    },
    environment,
  );
  const server = createSecureServer({
    minVersion: "TLSv1.3",
    cert: certificate.pem,
    key: key.keyObject.export({ format: "pem", type: "pkcs8" }),
    ca: [...trust],
    requestCert: true,
    rejectUnauthorized: true,
  });
  // gRPC's UNIMPLEMENTED: it says nothing but whom it lets in.
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "12" }, { endStream: true });
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Stops every server: for `afterEach`. */
export function stopFakeNodes(): void {
  for (const server of servers) server.close();
  servers.clear();
}
