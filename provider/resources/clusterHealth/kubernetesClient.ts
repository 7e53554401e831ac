import { PkiError } from "../../core/errors";
import { parseKubeconfigClient } from "../../core/config/kubeconfigClient";
import { issueKubernetesClientCertificate } from "../../core/x509/kubernetesClientCertificate";
import type { HttpAnswer, NodeIdentity } from "../../engine/nodes";
import type { Context } from "../../engine/ports";
import { isKnown } from "../../engine/unknown";
import type { CredentialInputs } from "../live/credentials";
import type { NodeAccess, Target } from "../live/nodeAccess";
import { nodeIdentity, passingLifetime } from "../live/passingClient";

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
    const { environment } = context;
    const authority = secrets.cluster.decoded.authority("kubernetes");
    const client = await issueKubernetesClientCertificate(
      { certificateAuthority: authority, ...passingLifetime(environment) },
      environment,
    );
    const authorities = [authority.certificate.pem, ...secrets.cluster.acceptedCAs.kubernetes];
    return new KubernetesClient(access, nodeIdentity(client), authorities);
  }

  /** @param server `https://host:port` @throws PkiError when there is no answer */
  get(server: string, path: string): Promise<HttpAnswer> {
    return this.access.nodes.request({
      url: `${server}${path}`,
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
