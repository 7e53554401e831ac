// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
/**
 * The same resources, served by the plugin `pulumi-resource-talos-pki` instead of the program's own process: for
 * `pulumi import`, the provider's configuration, and stacks that are shared with other languages.
 */

import * as pulumi from "@pulumi/pulumi";

import * as resources from "./index";
import type { Hours } from "./inputs";
import { asPlugin } from "./resource";

export * from "./index";

export class TalosSecrets extends resources.TalosSecrets {
  /** @internal */
  static override readonly register = asPlugin;
}

export class ClientConfiguration extends resources.ClientConfiguration {
  /** @internal */
  static override readonly register = asPlugin;
}

export class MachineConfig extends resources.MachineConfig {
  /** @internal */
  static override readonly register = asPlugin;
}

export class AcceptedCA extends resources.AcceptedCA {
  /** @internal */
  static override readonly register = asPlugin;
}

export class NodeCertificate extends resources.NodeCertificate {
  /** @internal */
  static override readonly register = asPlugin;
}

export class Kubeconfig extends resources.Kubeconfig {
  /** @internal */
  static override readonly register = asPlugin;
}

export class ConfigurationApply extends resources.ConfigurationApply {
  /** @internal */
  static override readonly register = asPlugin;
}

export class Bootstrap extends resources.Bootstrap {
  /** @internal */
  static override readonly register = asPlugin;
}

export class ClusterHealth extends resources.ClusterHealth {
  /** @internal */
  static override readonly register = asPlugin;
}

export class TalosCluster extends resources.TalosCluster {
  /** @internal */
  static override readonly children = () => ({
    Bootstrap,
    ClientConfiguration,
    ClusterHealth,
    ConfigurationApply,
    Kubeconfig,
    MachineConfig,
    TalosSecrets,
  });
}

/** Defaults for every resource that names this provider in its options. */
export interface ProviderArgs {
  /**
   * Lifetime of client certificates (ClientConfiguration, Kubeconfig) whose resource does not say otherwise: hours, or
   * a Go duration.
   */
  validityPeriodHours?: pulumi.Input<Hours>;
  /**
   * How long before their end client certificates are renewed whose resource does not say otherwise; left aside for one
   * that does not live that long.
   */
  earlyRenewalHours?: pulumi.Input<Hours>;
  /**
   * File to which every issuance, adoption and step of a rotation is appended, one JSON object per line. Default: the
   * environment variable TALOS_PKI_AUDIT_LOG.
   */
  auditLog?: pulumi.Input<string>;
}

/**
 * The plugin with a configuration of its own.
 *
 * @example
 * const talos = new Provider("talos", { validityPeriodHours: 720, auditLog: "audit.jsonl" });
 * new ClientConfiguration("admin", { secrets, clusterName: "prod" }, { provider: talos });
 */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    super("talos-pki", name, { ...args }, opts);
  }
}
