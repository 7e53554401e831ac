// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import type { LiveSecretsInput } from "./inputs";
import { type ResourceKind, TalosPkiResource } from "./resource";
import type { EtcdMember, NodeClientArgs, NodeTimeoutsArgs } from "./types";

/** Inputs of Bootstrap. */
export interface BootstrapArgs {
  /** IP address or DNS name of the node, with or without a port (50000). */
  node: pulumi.Input<string>;
  /**
   * A control plane to call the node through. Default: the node itself. A machine in maintenance mode is always called
   * directly.
   */
  endpoint?: pulumi.Input<string>;
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
  /**
   * Addresses of all control planes. They are asked first: if one runs etcd already, or cannot be asked, nothing is
   * started, so that a replaced machine never begins a second cluster.
   */
  controlPlaneNodes?: pulumi.Input<pulumi.Input<string>[]>;
  /** How long operations may take, Go durations. */
  timeouts?: pulumi.Input<NodeTimeoutsArgs>;
}

/**
 * Starts etcd on the first control plane of a cluster. It happens once: no change of an input repeats it, and deleting
 * the resource undoes nothing.
 *
 * @example
 * import { Bootstrap, TalosSecrets } from "pulumi-talos-pki";
 *
 * const secrets = new TalosSecrets("prod");
 * const etcd = new Bootstrap("etcd", { node: "10.0.0.2", secrets, controlPlaneNodes: ["10.0.0.2", "10.0.0.3",
 * "10.0.0.4"] });
 */
export class Bootstrap extends TalosPkiResource {
  /** The members of etcd, as the node listed them when it had started. */
  declare readonly members: pulumi.Output<EtcdMember[]>;

  constructor(name: string, args: BootstrapArgs, opts?: pulumi.CustomResourceOptions) {
    super(BOOTSTRAP, name, args, opts);
  }
}

const BOOTSTRAP: ResourceKind = {
  name: "Bootstrap",
  outputs: { plain: ["members"], secret: [] },
  takes: { secrets: { output: "secrets", as: "members", beside: ["rotationSecrets"] } },
};
