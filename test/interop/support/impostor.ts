import { webcrypto } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";

import { issueServerCertificate } from "../../../provider/core/x509";
import type { CertificateAndKey } from "../../../provider/core/secrets/types";
import { now } from "./cluster";
import { opensslKey, type Pair } from "./forge";
import { odd, usageOids } from "./oddCertificates";

const ADDRESS = "127.0.0.1";
/** Of Talos's maintenance service (siderolabs/talos pkg/machinery/constants, v1.13). */
const MAINTENANCE_COMMON_NAME = "maintenance-service.talos.dev";
/** HTTP/2 SETTINGS without a setting (RFC 9113, section 6.5): what a server says first. */
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

const open = new Set<Impostor>();

/** Ends every impostor: for `after`. */
export async function endImpostors(): Promise<void> {
  await Promise.all([...open].map((impostor) => impostor.end()));
}

/** A server of TLS and HTTP/2 that greets as an apid does, believes everybody, and keeps what it hears. */
export class Impostor {
  /** Connections of TCP. */
  connections = 0;
  /** Bytes of application data that it has read: what was inside TLS after the handshake. */
  heard = 0;
  private readonly sockets = new Set<TLSSocket>();

  private constructor(
    private readonly server: Server,
    readonly certificatePem: string,
  ) {}

  static async start({ crt, key }: Pair): Promise<Impostor> {
    const server = createServer({
      cert: crt,
      key,
      ALPNProtocols: ["h2"],
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.3",
    });
    const impostor = new Impostor(server, crt);
    server.on("connection", () => (impostor.connections += 1));
    server.on("secureConnection", (socket) => {
      impostor.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("data", (piece: Buffer) => (impostor.heard += piece.length));
      socket.write(SETTINGS);
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
    open.add(impostor);
    return impostor;
  }

  /** `ip:port`. */
  get endpoint(): string {
    return `${ADDRESS}:${(this.server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    open.delete(this);
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What a server of 127.0.0.1 serves that has its certificate from this CA. */
export async function serverOf({ crt, key }: CertificateAndKey, commonName?: string): Promise<Pair> {
  const issued = await issueServerCertificate(
    {
      certificateAuthority: { certificatePem: crt, privateKeyPem: key },
      ipAddresses: [ADDRESS],
      ...(commonName === undefined ? {} : { commonName }),
    },
    now,
  );
  return { crt: issued.certificate.pem, key: opensslKey(issued.key.pem) };
}

/** A self-signed certificate with the name of Talos's maintenance service. */
export async function maintenanceServer(): Promise<Pair> {
  const { pem, keys } = await odd({
    subject: `CN=${MAINTENANCE_COMMON_NAME}`,
    usages: [usageOids.server],
    ips: [ADDRESS],
    until: 24 * 365 * 50,
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const body = (der.toString("base64").match(/.{1,64}/g) ?? []).join("\n");
  return { crt: pem, key: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n` };
}
