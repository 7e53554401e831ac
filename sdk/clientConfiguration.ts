import type * as pulumi from "@pulumi/pulumi";

import { CERTIFICATE_OUTPUTS, type CertificateArgs, CertificateResource } from "./certificate";
import { secretsOf } from "./resource";
import type { CertificateAuthorityPair, SecretsInput, TalosRole } from "./types";

export interface ClientConfigurationArgs extends CertificateArgs {
  /** A TalosSecrets, its output `secrets`, or a plain bundle. This or `certificateAuthority`. */
  secrets?: SecretsInput;
  /** A bare OS authority. */
  certificateAuthority?: pulumi.Input<CertificateAuthorityPair>;
  clusterName: pulumi.Input<string>;
  /** Addresses of control planes that talosctl calls, with or without a port (50000). */
  endpoints?: pulumi.Input<pulumi.Input<string>[]>;
  /** Nodes that talosctl asks by default, without a port. */
  nodes?: pulumi.Input<pulumi.Input<string>[]>;
  /** Default: the cluster's name. */
  contextName?: pulumi.Input<string>;
  /** Default: `["os:admin"]`. */
  roles?: pulumi.Input<pulumi.Input<TalosRole | (string & {})>[]>;
  /** Default: `talosctl-client`. */
  commonName?: pulumi.Input<string>;
}

/**
 * A talosconfig with a client certificate from the cluster's OS authority, renewed in an ordinary `pulumi up`.
 *
 * @example
 * const admin = new ClientConfiguration("admin", { secrets, clusterName: "prod", endpoints: ["10.0.0.2"] });
 * export const talosconfig = admin.talosconfig;
 */
export class ClientConfiguration extends CertificateResource {
  /** The talosconfig, YAML. Secret. */
  declare readonly talosconfig: pulumi.Output<string>;
  /** Private key of the client, PEM. Secret. */
  declare readonly clientKeyPem: pulumi.Output<string>;
  /** Base64 of PEM, as `@pulumiverse/talos` takes it. Secret. */
  declare readonly clientConfiguration: pulumi.Output<{
    caCertificate: string;
    clientCertificate: string;
    clientKey: string;
  }>;
  declare readonly clientCertificatePem: pulumi.Output<string>;
  declare readonly roles: pulumi.Output<string[]>;

  constructor(name: string, args: ClientConfigurationArgs, opts?: pulumi.CustomResourceOptions) {
    super("ClientConfiguration", name, secretsOf(args), CLIENT_OUTPUTS, opts);
  }
}

const CLIENT_OUTPUTS = {
  plain: ["clientCertificatePem", "roles", ...CERTIFICATE_OUTPUTS],
  secret: ["talosconfig", "clientKeyPem", "clientConfiguration"],
} as const;
