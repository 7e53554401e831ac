import { formatKubeconfig } from "../../provider/core/config/kubeconfig";
import type { KubeconfigOptions } from "../../provider/core/config/kubeconfig";
import { issueKubernetesClientCertificate } from "../../provider/core/x509/kubernetesClientCertificate";
import type { KubernetesClientCertificateOptions } from "../../provider/core/x509/kubernetesClientCertificate";

import { Cluster, clusterEndpoint, clusterName, now } from "./support/cluster";
import { assertAccepted, assertProblem, judgeK8s, needJudge } from "./support/judge";

type Client = Omit<KubernetesClientCertificateOptions, "certificateAuthority">;

describe("Kubernetes accepts our kubeconfig", () => {
  needJudge();

  let cluster: Cluster;

  before("make a cluster", async () => {
    cluster = await Cluster.make();
  });

  async function kubeconfig(name: string, client: Client = {}, file: Partial<KubeconfigOptions> = {}): Promise<string> {
    const { crt, key } = cluster.bundle.certs.k8s;
    const certificateAuthority = { certificatePem: crt, privateKeyPem: key };
    const issued = await issueKubernetesClientCertificate({ ...client, certificateAuthority }, now);
    const text = formatKubeconfig({
      clusterName,
      clusterEndpoint,
      caCertificatesPem: crt,
      clientCertificatePem: issued.certificate.pem,
      clientKeyPem: issued.key.pem,
      ...file,
    });
    return cluster.folder.write(name, text);
  }

  it("which Talos would have written alike", async () => {
    const { secretsYaml: bundle } = cluster;
    assertAccepted(await judgeK8s(await kubeconfig("admin"), { bundle, cn: "admin", endpoint: clusterEndpoint }));
  });

  it("of another user, group, lifetime and namespace", async () => {
    const { secretsYaml: bundle } = cluster;
    const client = { commonName: "jane", organizations: ["developers"], validityPeriodHours: 24 };
    const path = await kubeconfig("jane", client, { userName: "jane", namespace: "apps" });
    assertAccepted(await judgeK8s(path, { bundle, cn: "jane", org: "developers", ttl: "24h" }), [
      /^Talos would write the file with other names or bytes$/,
    ]);
  });

  it("and the API server rejects it in another cluster", async () => {
    const { secretsYaml: bundle } = await Cluster.make();
    const verdict = await judgeK8s(await kubeconfig("stranger"), { bundle });
    assertProblem(verdict, /^client certificate: doesn't verify for client authentication/);
    assertProblem(verdict, /^log in with client-go: .*certificate signed by unknown authority/);
  });
});
