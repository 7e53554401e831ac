// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import type { ConfigPatchInput, LiveSecretsInput, MachineConfigInput, TextInput } from "./inputs";
import { type ResourceKind, TalosPkiResource } from "./resource";
import type {
  NodeClientArgs,
  NodeMaintenanceArgs,
  NodeOnDestroyArgs,
  NodeServerCertificate,
  NodeTimeoutsArgs,
} from "./types";

/** Inputs of ConfigurationApply. */
export interface ConfigurationApplyArgs {
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
  /** The machine config: a MachineConfig, its output `machineConfig`, or YAML text. */
  machineConfig: MachineConfigInput;
  /** Patches in order: YAML text or objects, several documents allowed; merged as talosctl merges. */
  configPatches?: pulumi.Input<ConfigPatchInput[]>;
  /**
   * How the node takes a change: `auto` (it reboots where it must), `no_reboot` (a change that needs a reboot is
   * rejected), `reboot`, `staged` (at the next reboot). Default: `auto`.
   */
  applyMode?: TextInput<"auto" | "no_reboot" | "reboot" | "staged">;
  /** How to take a machine that has no config yet. Without it nothing is sent to one. */
  maintenance?: pulumi.Input<NodeMaintenanceArgs>;
  /** What becomes of the node when the resource is deleted. Default: nothing. */
  onDestroy?: pulumi.Input<NodeOnDestroyArgs>;
  /** How long operations may take, Go durations. */
  timeouts?: pulumi.Input<NodeTimeoutsArgs>;
  /** Any values; a change of one applies the config again, such as to a replaced machine. */
  triggers?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;
}

/**
 * Gives a node its machine config and proves that the node runs with it. The node is verified before anything is sent
 * to it.
 *
 * @example
 * import { ConfigurationApply, MachineConfig, TalosSecrets } from "pulumi-talos-pki";
 *
 * const secrets = new TalosSecrets("prod");
 * const controlPlane = new MachineConfig("controlplane", {
 *   secrets,
 *   clusterName: "prod",
 *   clusterEndpoint: "https://10.0.0.10:6443",
 *   machineType: "controlplane",
 * });
 * const node = new ConfigurationApply("cp-1", {
 *   node: "10.0.0.2",
 *   secrets,
 *   machineConfig: controlPlane,
 *   maintenance: { fingerprint: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
 * });
 */
export class ConfigurationApply extends TalosPkiResource {
  /** SHA-256 of the applied config's normalised documents, lower-case hex. */
  declare readonly configHash: pulumi.Output<string>;
  /** The same of the config that the node has, as the last refresh has seen it. */
  declare readonly liveHash: pulumi.Output<string>;
  /** The applied config with secrets and free text replaced. */
  declare readonly redactedConfig: pulumi.Output<string>;
  /** How the node took it: `no_reboot`, `reboot`, `staged`; `none` where it had it already. */
  declare readonly appliedMode: pulumi.Output<string>;
  /** Release of Talos that the node runs. */
  declare readonly talosVersion: pulumi.Output<string | undefined>;
  /** The certificate that the node served when the config was proved. Absent until the node has been proved once. */
  declare readonly serverCertificate: pulumi.Output<NodeServerCertificate | undefined>;
  /** A restart that was not seen to happen: `reboot` or `kubelet`. The next update does it. */
  declare readonly pendingRestart: pulumi.Output<string | undefined>;

  constructor(name: string, args: ConfigurationApplyArgs, opts?: pulumi.CustomResourceOptions) {
    super(CONFIGURATION_APPLY, name, args, opts);
  }
}

const CONFIGURATION_APPLY: ResourceKind = {
  name: "ConfigurationApply",
  outputs: {
    plain: [
      "configHash",
      "liveHash",
      "redactedConfig",
      "appliedMode",
      "talosVersion",
      "serverCertificate",
      "pendingRestart",
    ],
    secret: [],
  },
  takes: {
    secrets: { output: "secrets", as: "members", beside: ["rotationSecrets"] },
    machineConfig: { output: "machineConfig", as: "members", beside: ["redactedConfig"] },
  },
  reportsSecretsExcept: ["secrets", "machineConfig"],
};
