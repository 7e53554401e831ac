import type * as pulumi from "@pulumi/pulumi";

import type { ClientConfigurationArgs } from "./clientConfiguration";

/**
 * One of some texts. What is written in a program is checked by the compiler; an Output of another resource is merely
 * text to it, and the provider checks it.
 */
export type TextInput<Known extends string> = pulumi.Input<Known> | Promise<string> | pulumi.OutputInstance<string>;

/** Whole hours, or a Go duration such as `"8760h"` or `"90m"`. */
export type Hours = number | string;

/**
 * The cluster's secrets as the resources take them: a TalosSecrets, its output `secrets`, or a plain bundle (the text
 * or the parsed form of a `talosctl gen secrets` file, or `machineSecrets` of `@pulumiverse/talos`).
 */
export type SecretsInput = pulumi.Input<string | object>;

/**
 * The cluster's secrets as the resources that call nodes take them: a TalosSecrets, or its output `secrets` (then with
 * its output `rotationSecrets` beside it), or a plain bundle.
 */
export type LiveSecretsInput = pulumi.Input<string | object>;

/** A machine config: a MachineConfig, its output `machineConfig`, or YAML text. */
export type MachineConfigInput =
  | pulumi.Input<string>
  | { readonly machineConfig: pulumi.Output<string>; readonly redactedConfig: pulumi.Output<string> };

/** A CA to trust: an AcceptedCA, its outputs, or PEM. */
export type AcceptedCAInput =
  | pulumi.Input<string>
  | pulumi.Input<{ certificatePem: pulumi.Input<string> }>
  | { readonly certificates: pulumi.Output<{ certificatePem: string }[]> };

/** A patch of a machine config: YAML text, or the object that it stands for. */
export type ConfigPatchInput = pulumi.Input<string | object>;

/** What every certificate has in common. */
export type CertificateArgs = Pick<
  ClientConfigurationArgs,
  "algorithm" | "validityPeriodHours" | "earlyRenewalHours" | "rotationTriggers" | "issuedAt"
>;
