import { request } from "node:https";

import { parse } from "yaml";

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

/** Gets a path of the Kubernetes API, such as "/api/v1/nodes", as the client of a kubeconfig. */
export function kubernetesGet(kubeconfig: string, path: string): Promise<unknown> {
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const { cluster } = clusters[0];
  const { user } = users[0];
  const pem = (text = ""): Buffer => Buffer.from(text, "base64");
  const options = {
    ca: pem(cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
    timeout: 10_000,
  };
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, cluster["server"]), options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${path}: ${response.statusCode ?? 0} ${text}`));
      });
    });
    call.on("timeout", () => call.destroy(new Error(`${path}: no answer`)));
    call.on("error", reject).end();
  });
}
