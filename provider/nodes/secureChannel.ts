import { isIP, type Socket } from "node:net";
import { connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";

import { CallCredentials, ChannelCredentials } from "@grpc/grpc-js";

import type { FailureFacts } from "../core/nodes/failures";
import type { NodeAddress } from "../core/nodes/nodeAddress";
import type { Certificate } from "../core/x509/certificate";
import type { NodeIdentity, NodeTrust, VerifiedBy } from "../engine/nodes";
import { describeServed, keyFingerprint, servedChain } from "./serverCertificates";
import { whyNotVerified } from "./verification";

type SecureConnector = ReturnType<ChannelCredentials["_createSecureConnector"]>;

/** A server that is not believed. */
class Disbelief extends Error {
  constructor(readonly facts: FailureFacts) {
    super(facts.text);
  }
}

/**
 * TLS to one node, for one channel of gRPC. Its own credentials send an IP address as SNI, which Node warns of, tell
 * nothing of the server's certificate and cannot pin; this is the part of them that must differ. A server that is not
 * believed gets no byte after the handshake. Works with `_createSecureConnector` of @grpc/grpc-js from 1.13.
 */
export class NodeCredentials extends ChannelCredentials {
  /** What the node has served; empty before the handshake. */
  served: readonly Certificate[] = [];
  verifiedBy: VerifiedBy = "nobody";
  /** What TLS or the network said last. */
  failure: FailureFacts | undefined;
  private readonly context: SecureContext;

  constructor(
    private readonly server: NodeAddress,
    identity: NodeIdentity | undefined,
    private readonly trust: NodeTrust,
  ) {
    super();
    this.context = createSecureContext({
      ca: [...trust.authorities],
      minVersion: "TLSv1.2",
      ...(identity === undefined ? {} : { cert: identity.certificatePem, key: identity.privateKeyPem }),
    });
  }

  override compose(): ChannelCredentials {
    return this;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): SecureConnector {
    const calls = CallCredentials.createEmpty();
    return {
      connect: async (socket) => ({ socket: await this.secure(socket), secure: true }),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => calls,
      destroy: () => undefined,
    };
  }

  private secure(socket: Socket): Promise<TLSSocket> {
    const { host } = this.server;
    return new Promise((resolve, reject) => {
      const secure = connect({
        socket,
        secureContext: this.context,
        // What Node finds is judged below, where the certificate is still at hand.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ALPNProtocols: ["h2"],
        ...(isIP(host) === 0 ? { servername: host } : {}),
      });
      // A client's certificate is rejected after the handshake: the alert is all that ever says why.
      secure.on("error", (error: NodeJS.ErrnoException) => {
        this.failure ??= { network: error.code ?? error.message, text: error.message };
        reject(error);
      });
      secure.once("close", () => {
        reject(new Error("the connection was closed"));
      });
      secure.once("secureConnect", () => {
        try {
          this.judge(secure);
          resolve(secure);
        } catch (error) {
          secure.destroy();
          if (error instanceof Disbelief) this.failure = error.facts;
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  /** @throws Disbelief */
  private judge(secure: TLSSocket): void {
    const distrust = (network: string): Disbelief => {
      const [leaf] = this.served;
      return new Disbelief({ network, text: network, ...(leaf === undefined ? {} : { served: describeServed(leaf) }) });
    };
    if (secure.alpnProtocol !== "h2") throw distrust("NO_H2");
    try {
      this.served = servedChain(secure);
    } catch {
      throw distrust("UNREADABLE_CERTIFICATE");
    }
    const [leaf] = this.served;
    if (leaf === undefined) throw distrust("UNREADABLE_CERTIFICATE");
    const { pin, anyone } = this.trust;
    const reason = whyNotVerified(secure, leaf, this.server);
    if (reason === undefined) this.verifiedBy = "authority";
    else if (pin !== undefined && pin === keyFingerprint(leaf)) this.verifiedBy = "pin";
    else if (pin === undefined && anyone === true) this.verifiedBy = "nobody";
    else throw distrust(pin === undefined ? reason : "PIN_MISMATCH");
  }
}
