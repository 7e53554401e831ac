import { PkiError } from "../../../core/errors";
import { formatNodeAddress } from "../../../core/nodes/nodeAddress";
import { readPlainYaml } from "../../../core/yaml/plain";
import type { HttpAnswer, NodeIdentity, NodeResource, NodeSession } from "../../../engine/nodes";
import { isPlainObject } from "../../../engine/values";
import type { Target } from "../nodeAccess";
import type { RotationQuestion } from "./question";

/** Ports of the programs of a node (siderolabs/talos pkg/machinery/constants, v1.13). */
export const PORTS = { etcdClients: 2379, etcdPeers: 2380, apiServer: 6443, kubelet: 10_250 } as const;

/** A probe that takes longer is given up. */
export const PROBE_MS = 10_000;

/** What a call found, or why it failed. @throws what is no PkiError */
export async function readingOf<T>(call: Promise<T>): Promise<T | PkiError> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PkiError) return error;
    throw error;
  }
}

/** A node that is being asked: one connection to its Talos API, and what was read there once. */
export class ProbedNode {
  private readonly known = new Map<string, Promise<unknown>>();

  private constructor(
    readonly target: Target,
    readonly question: RotationQuestion,
    private readonly session: NodeSession | PkiError | undefined,
  ) {}

  /** @throws what is no PkiError; a node that cannot be called is one that cannot be read */
  static async open(target: Target, question: RotationQuestion): Promise<ProbedNode> {
    const session = question.options.mayRead ? await readingOf(question.access.connect(target)) : undefined;
    return new ProbedNode(target, question, session);
  }

  close(): void {
    if (this.session !== undefined && !(this.session instanceof PkiError)) this.session.close();
  }

  /** Whether some client may read. */
  get isReadable(): boolean {
    return this.session !== undefined;
  }

  /** Works on the connection to the Talos API. @throws PkiError also where no client may read */
  read<T>(work: (session: NodeSession) => Promise<T>): Promise<T> {
    const { session } = this;
    if (session === undefined) {
      const message = "no client with the role os:admin is at hand to read what it has in use (ERR_ROLE_MISSING)";
      return Promise.reject(new PkiError("ERR_ROLE_MISSING", message));
    }
    return session instanceof PkiError ? Promise.reject(session) : work(session);
  }

  /** A resource of Talos, read once. @throws PkiError */
  resource(namespace: string, type: string, id: string): Promise<NodeResource | undefined> {
    return this.once(`${type}/${id}`, () => this.read((session) => session.resource(namespace, type, id)));
  }

  /** The spec of a resource as a tree; empty where the node has none. @throws PkiError */
  async spec(namespace: string, type: string, id: string): Promise<Readonly<Record<string, unknown>>> {
    const found = await this.resource(namespace, type, id);
    const spec = found === undefined ? undefined : readPlainYaml(found.spec, "");
    return isPlainObject(spec) ? spec : {};
  }

  /** Asks the node's API server as this client, which it must verify for. @throws PkiError when there is no answer */
  askAPIServer(path: string, identity: NodeIdentity, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const { access } = this.question;
    return access.nodes.request({
      url: `https://${formatNodeAddress({ host: this.target.node.host, port: PORTS.apiServer })}${path}`,
      identity,
      ...(headers === undefined ? {} : { headers }),
      authorities: this.question.trusted("kubernetes"),
      patience: PROBE_MS,
      signal: access.signal,
    });
  }

  /**
   * Reads JSON from the node's API server as an administrator of whichever Kubernetes CA it accepts.
   *
   * @throws PkiError when there is no such client, or another answer than 200
   */
  json(path: string): Promise<unknown> {
    return this.once(`json ${path}`, async () => {
      const { issuing, other } = await this.question.clients("kubernetes");
      const clients = [issuing, other].filter((client) => client !== undefined);
      let answer: HttpAnswer | undefined;
      for (const client of clients) {
        answer = await this.askAPIServer(path, client);
        if (answer.status !== 401) break;
      }
      if (answer?.status === 200) return JSON.parse(answer.body) as unknown;
      const message =
        answer === undefined
          ? "the key of the Kubernetes CA is not at hand to ask its API server with (ERR_ROLE_MISSING)"
          : `its API server answers ${answer.status} to ${path} (ERR_NODE_UNREACHABLE)`;
      throw new PkiError(answer === undefined ? "ERR_ROLE_MISSING" : "ERR_NODE_UNREACHABLE", message);
    });
  }

  private once<T>(key: string, work: () => Promise<T>): Promise<T> {
    // Each key has one kind of value.
    const known = this.known.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const found = work();
    found.catch(() => undefined);
    this.known.set(key, found);
    return found;
  }
}
