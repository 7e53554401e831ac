import { checkClusterEndpoint } from "../../core/config/clusterEndpoint";
import { PkiError, type Problem } from "../../core/errors";
import { defineResource } from "../../engine/definition";
import { ANY, enumOf, factsOf, flag, listOf, mapOf, row, text } from "../../engine/rows";
import { isKnown } from "../../engine/unknown";
import { CREDENTIAL_INPUTS, credentialProblems, keptCredentials, osCredentials } from "../live/credentials";
import { NodeAccess } from "../live/nodeAccess";
import { ADDRESS } from "../live/rows";
import { TIMEOUTS, timeoutsOf } from "../live/timeouts";
import { type Attempt, Overdue, waitFor } from "../live/waiting";
import { type Check, checkHealth, HEALTH_LEVELS } from "./checks";
import { KubernetesClient } from "../live/kubernetesClient";

const CHECK = factsOf(
  "HealthCheck",
  {
    name: text("What was checked."),
    node: text("Address of the node, where it is about one.").asOptional(),
    ok: flag("Whether it holds."),
    message: text("Why not.").asOptional(),
  },
  "A check of a cluster's health.",
);

/** Waits until a cluster is healthy. */
export const ClusterHealth = defineResource({
  name: "ClusterHealth",
  description:
    "Waits, in `pulumi up`, until a cluster is healthy, so that what depends on it finds one that works. A preview and a refresh ask nobody.",
  inputs: {
    controlPlaneNodes: row(listOf(ADDRESS), "Addresses of the control planes.").asRequired(),
    workerNodes: row(listOf(ADDRESS), "Addresses of the workers."),
    ...CREDENTIAL_INPUTS,
    clusterEndpoint: text("URL of the Kubernetes API, to be checked too at level `kubernetes`."),
    level: row(
      enumOf(HEALTH_LEVELS),
      "What must hold: `talos` (every node answers and its services are well), `etcd` (and its members are healthy, consistent, without alarms), `kubernetes` (and the API server answers on every control plane and kubelets are Ready or, without a CNI, serve).",
    ).withDefault("etcd"),
    timeouts: TIMEOUTS,
    triggers: row(mapOf(ANY), "Any values; a change of one checks again."),
  },
  outputs: { checks: row(listOf(CHECK), "Every check that was made.") },
  decidesFrom: "inputs",

  plan({ inputs }) {
    const problems: Problem[] = [...credentialProblems(inputs)];
    const { clusterEndpoint, controlPlaneNodes, level } = inputs;
    if (clusterEndpoint !== undefined && isKnown(clusterEndpoint))
      problems.push(...checkClusterEndpoint(clusterEndpoint).problems);
    if (isKnown(controlPlaneNodes) && controlPlaneNodes.length === 0) {
      problems.push({
        code: "ERR_INPUT_MISSING",
        path: "controlPlaneNodes",
        message: "is empty; must name the control planes",
      });
    }
    const names = level === "kubernetes" || !isKnown(level) ? (["os", "kubernetes"] as const) : (["os"] as const);
    const keep = problems.length > 0 ? {} : keptCredentials(inputs, names);
    const decision = problems.length > 0 ? undefined : osCredentials(inputs);
    return { problems, reports: [], keep, ...(decision === undefined ? {} : { decision }) };
  },

  async apply({ inputs, decision, previous }, context) {
    const timeouts = timeoutsOf(inputs.timeouts);
    const access = await NodeAccess.of(decision, context, timeouts);
    const { controlPlaneNodes, workerNodes = [], clusterEndpoint, level } = inputs;
    const [first] = controlPlaneNodes;
    let client: Promise<KubernetesClient> | undefined;
    const request = {
      access,
      controlPlaneNodes,
      workerNodes,
      clusterEndpoint,
      kubernetes: () => {
        client ??= KubernetesClient.of(inputs, access, { node: first! }, context);
        client.catch(() => (client = undefined));
        return client;
      },
    };
    const patience = access.patience(previous === undefined ? timeouts.create : timeouts.update);
    try {
      const checks = await waitFor(
        "the cluster to be healthy",
        patience,
        async (): Promise<Attempt<readonly Check[]>> => {
          const made = await checkHealth(level, request);
          const gaps = made.filter(({ ok }) => !ok);
          return gaps.length === 0 ? { found: made } : { missing: gaps.map(describeCheck).join("; ") };
        },
      );
      return { id: level, outputs: { checks } };
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      const message = `the cluster is not healthy at level ${level}: ${error.missing}; look at these nodes (ERR_NODE_TIMEOUT)`;
      throw new PkiError("ERR_NODE_TIMEOUT", message);
    }
  },
});

function describeCheck({ name, node, message }: Check): string {
  return `${name}${node === undefined ? "" : ` on ${node}`}: ${message ?? "does not hold"}`;
}
