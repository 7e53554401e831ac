import { request } from "node:https";
import { setTimeout as delay } from "node:timers/promises";

import { parse } from "yaml";

/** A client of the Kubernetes API: a certificate, or a token in its headers. */
export interface ApiClient {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an API server answered; status 0 and the reason where it did not. */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

/** The client of a kubeconfig, wherever its server is. */
export function apiClientOf(kubeconfig: string): ApiClient {
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const pem = (text = ""): string => Buffer.from(text, "base64").toString("utf8");
  const { user } = users[0];
  return {
    ca: pem(clusters[0].cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  };
}

/** What is asked of an API server. */
export interface ApiRequest {
  readonly method?: string;
  readonly type?: string;
  readonly body?: object;
}

const PATIENCE_MS = 3000;

/** One request on a connection of its own. */
export function callApi(
  address: string,
  { headers, ...identity }: ApiClient,
  path: string,
  { method = "GET", type = "application/json", body }: ApiRequest = {},
): Promise<ApiAnswer> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => {
      resolve({ status: 0, text: error.message });
    };
    const call = request(
      `https://${address}:6443${path}`,
      { ...identity, method, agent: false, timeout: PATIENCE_MS, headers: { ...headers, "content-type": type } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("error", fail);
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer")));
    call.on("error", fail);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** One attempt at one API server; says why it failed. */
export type Attempt = (address: string, client: ApiClient) => Promise<string | undefined>;

const why = ({ status, text }: ApiAnswer): string => `${status} ${text.slice(0, 160)}`;

/** Writes a value of a ConfigMap. */
export const write: Attempt = async (address, client) => {
  const data = { at: String(Date.now()) };
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "rotation" }, data };
  const path = "/api/v1/namespaces/default/configmaps/rotation?fieldManager=rotation&force=true";
  const answer = await callApi(address, client, path, { method: "PATCH", type: "application/apply-patch+yaml", body });
  return answer.status === 200 || answer.status === 201 ? undefined : why(answer);
};

/** Asks whether the API server knows the client, who may do nothing: 401 is for those whom it does not know. */
export const isKnown: Attempt = async (address, client) => {
  const answer = await callApi(address, client, "/api/v1/namespaces/default");
  return answer.status === 200 || answer.status === 403 ? undefined : why(answer);
};

/** How a caller has fared. */
export interface Fortune {
  readonly name: string;
  readonly requests: number;
  readonly failed: number;
  /** The longest time without a success, seconds. */
  readonly away: number;
  /** Some reasons of failures. */
  readonly reasons: readonly string[];
}

/** How a caller goes on. */
export interface CallerOptions {
  readonly name: string;
  readonly attempt: Attempt;
  /** API servers; with several a request fails where none of them takes it. */
  readonly addresses: readonly string[];
  /** Milliseconds between two requests. */
  readonly pause: number;
}

/** Calls API servers all the time until `stop`, each time on a new connection, in an order of chance. */
export class Caller {
  readonly name: string;
  /** Since the beginning. */
  total = { requests: 0, failed: 0 };
  private requests = 0;
  private failed = 0;
  private away = 0;
  private since = Date.now();
  private reasons: string[] = [];
  private isStopped = false;
  private readonly loop: Promise<void>;

  /** @param clients those that somebody holds at the moment; they take turns */
  constructor(
    private readonly options: CallerOptions,
    private clients: readonly ApiClient[],
  ) {
    this.name = options.name;
    this.loop = this.run();
  }

  /** From now on these clients call. */
  hold(...clients: readonly ApiClient[]): void {
    this.clients = clients;
  }

  /** Waits until there were so many requests since the beginning. */
  async until(count: number): Promise<void> {
    while (this.total.requests < count && !this.isStopped) await delay(50);
  }

  /** How it has fared since the last time that somebody asked. */
  fortune(): Fortune {
    this.note();
    const { name, requests, failed, reasons } = this;
    const told = { name, requests, failed, away: Math.round(this.away / 100) / 10, reasons: reasons.slice(0, 3) };
    [this.requests, this.failed, this.away, this.reasons] = [0, 0, 0, []];
    return told;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.loop;
  }

  private note(): void {
    this.away = Math.max(this.away, Date.now() - this.since);
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const client = this.clients[this.total.requests % this.clients.length]!;
      const reason = await this.tryAll(client);
      this.requests += 1;
      this.total.requests += 1;
      if (reason === undefined) {
        this.note();
        this.since = Date.now();
      } else {
        this.failed += 1;
        this.total.failed += 1;
        this.reasons.push(reason);
      }
      await delay(this.options.pause);
    }
  }

  private async tryAll(client: ApiClient): Promise<string | undefined> {
    const { addresses, attempt } = this.options;
    const reasons: string[] = [];
    const first = Math.floor(Math.random() * addresses.length);
    for (const address of [...addresses.slice(first), ...addresses.slice(0, first)]) {
      const reason = await attempt(address, client);
      if (reason === undefined) return undefined;
      reasons.push(`${address}: ${reason}`);
    }
    return `${new Date().toISOString()} ${reasons.join(" | ")}`;
  }
}
