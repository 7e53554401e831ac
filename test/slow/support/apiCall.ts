import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";

import { readCredentials } from "../../../provider/core/config/talosconfigCredentials";
import { parseTalosconfig } from "../../../provider/core/config/talosconfigParser";
import { joinPem } from "../../../provider/core/x509/pem";
import { opensslKey } from "../../interop/support/forge";

/** A client as one talosconfig makes it: whom it trusts and as whom it comes. */
export interface Client {
  /** For messages. */
  readonly name: string;
  readonly context: SecureContext;
}

/** Whom a call is for. */
export interface Target {
  /** `ip:port` of the apid that is called. */
  readonly endpoint: string;
  /** The node that this apid shall ask in our place; absent: itself. */
  readonly via?: string;
}

/** The client of a talosconfig's current context. */
export function clientOf(name: string, talosconfig: string): Client {
  const { context, contexts } = parseTalosconfig(talosconfig);
  const { authorities, certificate, key } = readCredentials(contexts[context] ?? {});
  if (certificate === undefined || key === undefined) throw new Error(`the talosconfig of ${name} holds no client`);
  const ca = joinPem(authorities.map(({ pem }) => pem));
  return {
    name,
    context: createSecureContext({ ca, cert: certificate.pem, key: opensslKey(key.pem), minVersion: "TLSv1.3" }),
  };
}

const PATIENCE = 10_000;
const EMPTY_MESSAGE = Buffer.alloc(5);

/**
 * One call of Version over a TLS connection of its own: both sides verify each other, and the answer is waited for,
 * because with TLS 1.3 a server rejects a client only after the client believes that it is connected.
 *
 * @returns why the call was rejected, or undefined when the node told its version
 */
export function callVersion(client: Client, target: Target): Promise<string | undefined> {
  const [host = "", port = ""] = target.endpoint.split(":");
  return new Promise((resolve) => {
    let session: ClientHttp2Session | undefined;
    let over = false;
    const end = (reason: string | undefined): void => {
      if (over) return;
      over = true;
      session?.destroy();
      socket.destroy();
      resolve(reason);
    };
    const fail = (error: Error & { code?: string }): void => {
      end(error.code === undefined ? error.message : `${error.code}: ${error.message}`);
    };
    const socket = connectTls({
      host,
      port: Number(port),
      secureContext: client.context,
      ALPNProtocols: ["h2"],
    });
    socket.setTimeout(PATIENCE, () => {
      end(`no answer in ${PATIENCE} ms`);
    });
    socket.on("error", fail);
    socket.on("close", () => {
      end("the connection was closed");
    });
    socket.on("secureConnect", () => {
      session = connectHttp2(`https://${target.endpoint}`, { createConnection: () => socket });
      session.on("error", fail);
      const stream = session.request({
        ":method": "POST",
        ":path": "/machine.MachineService/Version",
        "content-type": "application/grpc",
        te: "trailers",
        ...(target.via === undefined ? {} : { node: target.via }),
      });
      const chunks: Buffer[] = [];
      const status: Record<string, unknown> = {};
      // An answer without a body has its trailers in its headers.
      for (const event of ["response", "trailers"]) {
        stream.on(event, (headers: Record<string, unknown>) => Object.assign(status, headers));
      }
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", fail);
      stream.on("end", () => {
        const { "grpc-status": code, "grpc-message": message } = status;
        if (code !== "0") end(`gRPC status ${String(code)}: ${String(message)}`);
        else end(/v\d+\.\d+\.\d+/.test(Buffer.concat(chunks).toString("latin1")) ? undefined : "an answer of no node");
      });
      stream.end(EMPTY_MESSAGE);
    });
  });
}
