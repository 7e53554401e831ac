// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import type { LiveSecretsInput, TextInput } from "./inputs";
import { type ResourceKind, TalosPkiResource } from "./resource";
import type { HealthCheck, NodeClientArgs, NodeTimeoutsArgs } from "./types";

/** Inputs of ClusterHealth. */
export interface ClusterHealthArgs {
  /** Addresses of the control planes. */
  controlPlaneNodes: pulumi.Input<pulumi.Input<string>[]>;
  /** Addresses of the workers. */
  workerNodes?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The cluster's secrets: a TalosSecrets or its output `secrets`. For each operation the provider issues itself a
   * client certificate of an hour, by whichever CA of a rotation the node accepts. Only the OS CAs are kept.
   */
  secrets?: LiveSecretsInput;
  /**
   * Output `rotationSecrets` of the same TalosSecrets, where `secrets` is its output and not the resource itself: with
   * it a node that missed a stage is reached.
   */
  rotationSecrets?: pulumi.Input<unknown>;
  /**
   * A client certificate in place of `secrets`, as ClientConfiguration and `@pulumiverse/talos` give it. A renewed one
   * applies nothing.
   */
  clientConfiguration?: pulumi.Input<NodeClientArgs>;
  /** URL of the Kubernetes API, to be checked too at level `kubernetes`. */
  clusterEndpoint?: pulumi.Input<string>;
  /**
   * What must hold: `talos` (every node answers and its services are well), `etcd` (and its members are healthy,
   * consistent, without alarms), `kubernetes` (and the API server answers on every control plane and kubelets are Ready
   * or, without a CNI, serve). Default: `etcd`.
   */
  level?: TextInput<"talos" | "etcd" | "kubernetes">;
  /** How long operations may take, Go durations. */
  timeouts?: pulumi.Input<NodeTimeoutsArgs>;
  /** Any values; a change of one checks again. */
  triggers?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;
}

/**
 * Waits, in `pulumi up`, until a cluster is healthy, so that what depends on it finds one that works. A preview and a
 * refresh ask nobody.
 *
 * @example
 * import { ClusterHealth, TalosSecrets } from "pulumi-talos-pki";
 *
 * const secrets = new TalosSecrets("prod");
 * const health = new ClusterHealth("health", { secrets, controlPlaneNodes: ["10.0.0.2"], level: "kubernetes" });
 */
export class ClusterHealth extends TalosPkiResource {
  /** Every check that was made. */
  declare readonly checks: pulumi.Output<HealthCheck[]>;

  constructor(name: string, args: ClusterHealthArgs, opts?: pulumi.CustomResourceOptions) {
    super(CLUSTER_HEALTH, name, args, opts);
  }
}

const CLUSTER_HEALTH: ResourceKind = {
  name: "ClusterHealth",
  outputs: { plain: ["checks"], secret: [] },
  takes: { secrets: { output: "secrets", as: "members", beside: ["rotationSecrets"] } },
};
