import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";

/** What goes wrong with a connection. */
export interface Fault {
  /**
   * `reset`: both sides see the connection break. `silence`: it stays open, and nothing passes any more. `deaf`: the node
   * hears everything, and no answer of it passes any more.
   */
  readonly kind: "reset" | "silence" | "deaf";
  /** Begins with the piece that takes the bytes to the node beyond this; default 0: before the first one. */
  readonly after?: number;
  /** How many connections it happens to; default: each. */
  readonly times?: number;
}

/** Bytes of TCP that have passed, in all connections together. */
export interface Passed {
  readonly toNode: number;
  readonly toClient: number;
}

const open = new Set<FaultyProxy>();

/** Closes every proxy: for `after`. */
export async function closeProxies(): Promise<void> {
  await Promise.all([...open].map((proxy) => proxy.close()));
}

/** A listener of TCP between us and a node, which spoils connections as it is told. It sees what a network sees: TLS. */
export class FaultyProxy {
  /** Of the connections that begin from now on. */
  fault: Fault | undefined;
  /** Milliseconds that each piece waits, in both directions. */
  delay = 0;
  /** Connections that were accepted. */
  connections = 0;
  /** Connections that a fault has happened to. */
  struck = 0;
  private toNode = 0;
  private toClient = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** Where new connections lead, `ip:port`. */
    public target: string,
  ) {}

  /** @param ip of the listener; the node's certificate must name it, and a real apid's names 127.0.0.1 */
  static async start(target: string, ip = "127.0.0.1", port = 0): Promise<FaultyProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new FaultyProxy(server, target);
    server.on("connection", (client) => {
      proxy.carry(client);
    });
    await new Promise<void>((resolve) => server.listen(port, ip, resolve));
    open.add(proxy);
    return proxy;
  }

  /** `ip:port`. */
  get endpoint(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  get passed(): Passed {
    return { toNode: this.toNode, toClient: this.toClient };
  }

  /** Breaks every connection that is open. */
  breakAll(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    open.delete(this);
    const closed = new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
    this.breakAll();
    await closed;
  }

  private carry(client: Socket): void {
    this.connections += 1;
    const [host = "", port = ""] = this.target.split(":");
    const node = connect({ host, port: Number(port), noDelay: true });
    this.track(client, node);
    const { fault } = this;
    let sent = 0;
    let isStruck = false;
    client.on("data", (piece: Buffer) => {
      sent += piece.length;
      if (!isStruck && fault !== undefined && sent > (fault.after ?? 0) && this.struck < (fault.times ?? Infinity)) {
        isStruck = true;
        this.struck += 1;
        if (fault.kind === "reset") {
          client.resetAndDestroy();
          node.resetAndDestroy();
        }
      }
      if (isStruck && fault?.kind !== "deaf") return;
      this.toNode += piece.length;
      this.pass(node, piece);
    });
    node.on("data", (piece: Buffer) => {
      if (isStruck) return;
      this.toClient += piece.length;
      this.pass(client, piece);
    });
  }

  private pass(to: Socket, piece: Buffer): void {
    if (this.delay === 0) to.write(piece);
    else setTimeout(() => to.destroyed || to.write(piece), this.delay);
  }

  private track(client: Socket, node: Socket): void {
    for (const [socket, other] of [
      [client, node],
      [node, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("end", () => {
        setTimeout(() => other.end(), this.delay);
      });
      socket.once("close", (hadError) => {
        this.sockets.delete(socket);
        if (hadError) other.resetAndDestroy();
        else other.destroySoon();
      });
    }
  }
}
