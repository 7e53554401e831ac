import { Cluster, contracts } from "./support/cluster";
import { assertAccepted, judgeBundle, needJudge } from "./support/judge";

// The named deviation: talosctl leaves the aggregator CA's subject empty, the docs page says CN=front-proxy.
const aggregatorName = [
  /^certs\.k8saggregator: subject is "2\.5\.4\.3=.*front-proxy", Talos makes ""$/,
  /^certs\.k8saggregator: issuer is "2\.5\.4\.3=.*front-proxy", Talos makes ""$/,
];

describe("Talos accepts our secrets bundle", () => {
  needJudge();

  for (const talosVersion of contracts) {
    it(`of contract ${talosVersion}, which differs from talosctl's in the aggregator's name alone`, async () => {
      const { secretsYaml } = await Cluster.makeAfresh(talosVersion);
      assertAccepted(await judgeBundle(secretsYaml, { talosVersion }), aggregatorName);
    });
  }
});
