import { request as startRequest } from "node:https";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

import { nodeError, readFailure } from "../core/nodes/failures";
import type { HttpAnswer, HttpRequest } from "../engine/nodes";

/** No answer that is read here is larger. */
const MAX_BODY = 16 * 1024 * 1024;

/** One request over HTTPS on a connection of its own. @throws PkiError when there was no answer */
export function request(options: HttpRequest): Promise<HttpAnswer> {
  const { url, method = "GET", identity, headers, authorities, certificate, patience, signal } = options;
  const { host, hostname, pathname } = new URL(url);
  const name = hostname.replace(/^\[|\]$/g, "");
  const fail = (network: string, text: string, cause?: unknown): Error =>
    nodeError(host, `ask for ${pathname}`, readFailure({ network, text }), cause);
  return new Promise((resolve, reject) => {
    const outgoing = startRequest(url, {
      method,
      agent: false,
      signal,
      ...(headers === undefined ? {} : { headers }),
      ...(authorities === undefined
        ? { rejectUnauthorized: false }
        : {
            ca: [...authorities],
            checkServerIdentity: (_: string, served: PeerCertificate) =>
              certificate !== undefined && served.raw.equals(certificate.der)
                ? undefined
                : checkServerIdentity(name, served),
          }),
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(identity === undefined ? {} : { cert: identity.certificatePem, key: identity.privateKeyPem }),
    });
    const timer = setTimeout(() => {
      outgoing.destroy(Object.assign(new Error("no answer in time"), { code: "TIMEOUT" }));
    }, patience);
    outgoing.once("close", () => {
      clearTimeout(timer);
    });
    outgoing.once("error", (error: NodeJS.ErrnoException) => {
      reject(fail(error.code ?? error.message, error.message, error));
    });
    outgoing.once("response", (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on("data", (part: Buffer) => {
        size += part.length;
        if (size > MAX_BODY) outgoing.destroy(new Error("the answer is too large"));
        else parts.push(part);
      });
      response.once("error", (error: NodeJS.ErrnoException) => {
        reject(fail(error.code ?? error.message, error.message, error));
      });
      response.once("end", () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString("utf8") });
      });
    });
    outgoing.end();
  });
}
