import { Client, connectivityState, Metadata, type ServiceError, status } from "@grpc/grpc-js";

import type { PkiError } from "../core/errors";
import { MAX_TEXT_LENGTH, MEBIBYTE } from "../core/limits";
import { type FailureFacts, nodeError, readFailure } from "../core/nodes/failures";
import { formatNodeAddress, shortNodeAddress } from "../core/nodes/nodeAddress";
import type { Certificate } from "../core/x509/certificate";
import type { NodeCall, VerifiedBy } from "../engine/nodes";
import { codecOf } from "./codec";
import type { Message, MessageName } from "./messages";
import { type Method, METHODS } from "./methods";
import { NodeCredentials } from "./secureChannel";

type Methods = typeof METHODS;
type RequestOf<M extends keyof Methods> = Partial<Message<Methods[M]["request"]>>;
type ReplyOf<M extends keyof Methods> = Message<Methods[M]["reply"]>;
/** The methods that answer once. */
type UnaryName = Exclude<keyof Methods, StreamName>;
type StreamName = { [M in keyof Methods]: Methods[M] extends { readonly isStream: true } ? M : never }[keyof Methods];

/** A config of the largest size, and what gRPC puts around it. */
const MAX_MESSAGE = MAX_TEXT_LENGTH + MEBIBYTE;

const CHANNEL_OPTIONS = {
  // A connection from before a rotation still works after it: nothing may be shared between calls that prove something.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.max_receive_message_length": MAX_MESSAGE,
  "grpc.max_send_message_length": MAX_MESSAGE,
  // A server of Go hangs up at the fourth ping within a call that it has not answered yet, such as a reset.
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 2000,
  "grpc.initial_reconnect_backoff_ms": 200,
  "grpc.max_reconnect_backoff_ms": 1000,
  "grpc.enable_retries": 0,
  // A proxy of this machine is for the internet, not for nodes.
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
};

/** A channel of gRPC to one node, whose handshake has succeeded. */
export class Connection {
  private constructor(
    private readonly call: NodeCall,
    private readonly client: Client,
    private readonly credentials: NodeCredentials,
  ) {}

  /** @throws PkiError of docs/errors.md, "nodes" */
  static async open(call: NodeCall): Promise<Connection> {
    const server = call.endpoint ?? call.node;
    const credentials = new NodeCredentials(server, call.identity, call.trust);
    const client = new Client(formatNodeAddress(server), credentials, CHANNEL_OPTIONS);
    const connection = new Connection(call, client, credentials);
    try {
      await connection.handshake();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** @throws PkiError for a certificate that cannot be read */
  get served(): readonly [Certificate, ...Certificate[]] {
    const [leaf, ...others] = this.readServed();
    if (leaf === undefined) throw new RangeError("a connection without a handshake");
    return [leaf, ...others];
  }

  private readServed(): readonly Certificate[] {
    try {
      return this.credentials.served;
    } catch (error) {
      const unreadable = "UNREADABLE_CERTIFICATE";
      throw this.failureOf("connect", { network: unreadable, text: unreadable }, error);
    }
  }

  get verifiedBy(): VerifiedBy {
    return this.credentials.verifiedBy;
  }

  close(): void {
    this.client.close();
    this.credentials.close();
  }

  /** Calls a method that answers once. @throws PkiError */
  unary<M extends UnaryName>(name: M, request: RequestOf<M>): Promise<ReplyOf<M>> {
    const method: Method = METHODS[name];
    return new Promise((resolve, reject) => {
      const call = this.client.makeUnaryRequest(
        method.path,
        serializer(method.request),
        deserializer(method.reply),
        request,
        this.metadata(),
        { deadline: this.deadline() },
        (error, reply) => {
          release();
          if (error === null) resolve(reply as ReplyOf<M>);
          else reject(this.errorOf(method.purpose, error));
        },
      );
      const release = this.abortWith(() => {
        call.cancel();
      });
    });
  }

  /** Calls a method that answers many times. @throws PkiError */
  stream<M extends StreamName>(name: M, request: RequestOf<M>): Promise<ReplyOf<M>[]> {
    const method: Method = METHODS[name];
    return new Promise((resolve, reject) => {
      const replies: ReplyOf<M>[] = [];
      const call = this.client.makeServerStreamRequest(
        method.path,
        serializer(method.request),
        deserializer(method.reply),
        request,
        this.metadata(),
        { deadline: this.deadline() },
      );
      const release = this.abortWith(() => {
        call.cancel();
      });
      call.on("data", (reply: ReplyOf<M>) => replies.push(reply));
      call.on("end", () => {
        release();
        resolve(replies);
      });
      call.on("error", (error: ServiceError) => {
        release();
        reject(this.errorOf(method.purpose, error));
      });
    });
  }

  /** Waits for the first attempt to connect, and not for a second one: whoever calls decides whether to go on. */
  private handshake(): Promise<void> {
    const channel = this.client.getChannel();
    const deadline = this.deadline();
    return new Promise((resolve, reject) => {
      const fail = (facts: FailureFacts): void => {
        release();
        reject(this.failureOf("connect", facts));
      };
      const release = this.abortWith(() => {
        fail({ network: "ABORTED", text: "the operation was cancelled" });
      });
      const look = (): void => {
        const state = channel.getConnectivityState(true);
        if (state === connectivityState.READY) {
          release();
          resolve();
          return;
        }
        if (state === connectivityState.TRANSIENT_FAILURE) {
          this.explain().then(fail, reject);
          return;
        }
        channel.watchConnectivityState(state, deadline, (error) => {
          if (error === undefined) look();
          else fail(this.credentials.failure ?? { network: "TIMEOUT", text: error.message });
        });
      };
      look();
    });
  }

  /** Of what failed before TLS the channel keeps no more than the text of a call, which then is not sent. */
  private explain(): Promise<FailureFacts> {
    const { failure } = this.credentials;
    if (failure !== undefined) return Promise.resolve(failure);
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(
        METHODS.version.path,
        serializer("Empty"),
        deserializer("VersionReply"),
        {},
        new Metadata(),
        { deadline: Date.now() + 100 },
        (error) => {
          resolve(factsOf(error ?? undefined));
        },
      );
    });
  }

  private metadata(): Metadata {
    const metadata = new Metadata();
    // COSI refuses the older `nodes`.
    if (this.call.endpoint !== undefined) metadata.set("node", this.call.node.host);
    return metadata;
  }

  private deadline(): number {
    return Date.now() + this.call.patience;
  }

  /** @returns what ends it */
  private abortWith(abort: () => void): () => void {
    const { signal } = this.call;
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) queueMicrotask(abort);
    return () => {
      signal.removeEventListener("abort", abort);
    };
  }

  private errorOf(tried: string, error: ServiceError): PkiError {
    // TLS's own reason, where the connection broke after the handshake.
    const broken = error.code === status.UNAVAILABLE ? this.credentials.failure : undefined;
    return this.failureOf(tried, { ...factsOf(error), ...broken }, error);
  }

  private failureOf(tried: string, facts: FailureFacts, cause?: unknown): PkiError {
    const { node, endpoint } = this.call;
    const through = endpoint === undefined ? "" : ` through ${shortNodeAddress(endpoint)}`;
    return nodeError(`${shortNodeAddress(node)}${through}`, tried, readFailure(facts), cause);
  }
}

const SYSTEM_ERROR = /\b(E[A-Z]{4,}|EAI_[A-Z]+)\b/;

function factsOf(error: ServiceError | undefined): FailureFacts {
  const { code = status.UNKNOWN, details = "" } = error ?? {};
  const network = code === status.UNAVAILABLE ? SYSTEM_ERROR.exec(details)?.[1] : undefined;
  return { status: code, text: details, ...(network === undefined ? {} : { network }) };
}

const serializer = (name: MessageName) => (message: object) => codecOf(name).encode(message);
const deserializer = (name: MessageName) => (bytes: Buffer) => codecOf(name).decode(bytes);
