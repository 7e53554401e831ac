import { PkiError } from "../../core/errors";
import { parseKubeconfigClient } from "../../core/config/kubeconfigClient";
import type { Authority } from "../../core/x509/authority";
import { issueKubernetesClientCertificate } from "../../core/x509/kubernetesClientCertificate";
import type { HttpAnswer, NodeIdentity } from "../../engine/nodes";
import type { Context } from "../../engine/ports";
import { isKnown } from "../../engine/unknown";
import type { CredentialInputs } from "./credentials";
import type { NodeAccess, Target } from "./nodeAccess";
import { nodeIdentity, passingLifetime } from "./passingClient";

const REQUEST_MS = 10_000;

/** A client of the Kubernetes API of a cluster, for one operation. */
export class KubernetesClient {
  private constructor(
    private readonly access: NodeAccess,
    private readonly identity: NodeIdentity,
    private readonly authorities: readonly string[],
  ) {}

  /**
   * Issued from the cluster's secrets, or got through Talos's API where there is only a client of that.
   *
   * @throws PkiError
   */
  static async of(
    inputs: CredentialInputs,
    access: NodeAccess,
    target: Target,
    context: Context,
  ): Promise<KubernetesClient> {
    const { secrets } = inputs;
    if (secrets === undefined || !isKnown(secrets)) {
      const kubeconfig = await access.with(target, (session) => session.kubeconfig());
      const { authorities, identity } = parseKubeconfigClient(kubeconfig);
      return new KubernetesClient(access, identity, authorities);
    }
    const { decoded, acceptedCAs } = secrets.cluster;
    return KubernetesClient.issuedBy(decoded.authority("kubernetes"), acceptedCAs.kubernetes, access, context);
  }

  /**
   * An administrator issued by a Kubernetes CA.
   *
   * @param accepted certificates of CAs that API servers may serve by too, PEM
   * @throws PkiError for a CA that can sign no more
   */
  static async issuedBy(
    authority: Authority,
    accepted: readonly string[],
    access: NodeAccess,
    { environment }: Pick<Context, "environment">,
  ): Promise<KubernetesClient> {
    const client = await issueKubernetesClientCertificate(
      { certificateAuthority: authority, ...passingLifetime(environment) },
      environment,
    );
    return new KubernetesClient(access, nodeIdentity(client), [authority.certificate.pem, ...accepted]);
  }

  /** @param server `https://host:port` @throws PkiError when there is no answer */
  get(server: string, path: string): Promise<HttpAnswer> {
    return this.send("GET", server, path);
  }

  /** @param server `https://host:port` @throws PkiError when there is no answer */
  delete(server: string, path: string): Promise<HttpAnswer> {
    return this.send("DELETE", server, path);
  }

  private send(method: "GET" | "DELETE", server: string, path: string): Promise<HttpAnswer> {
    return this.access.nodes.request({
      url: `${server}${path}`,
      method,
      identity: this.identity,
      authorities: this.authorities,
      patience: REQUEST_MS,
      signal: this.access.signal,
    });
  }

  /** The answer as JSON. @throws PkiError for another status than 200 */
  async json(server: string, path: string): Promise<unknown> {
    const { status, body } = await this.get(server, path);
    if (status !== 200) {
      throw new PkiError("ERR_NODE_UNREACHABLE", `${server}: ${path} answers ${status} (ERR_NODE_UNREACHABLE)`);
    }
    return JSON.parse(body) as unknown;
  }
}
