import type * as pulumi from "@pulumi/pulumi";

import { CERTIFICATE_OUTPUTS, type CertificateArgs, CertificateResource } from "./certificate";
import { secretsOf } from "./resource";
import type { SecretsInput } from "./types";

export interface KubeconfigArgs extends CertificateArgs {
  /** A TalosSecrets, its output `secrets`, or a plain bundle. */
  secrets: SecretsInput;
  clusterName: pulumi.Input<string>;
  /** URL of the Kubernetes API, `https://host:6443`. */
  clusterEndpoint: pulumi.Input<string>;
  /** Kubernetes user, default `admin`. */
  commonName?: pulumi.Input<string>;
  /** Kubernetes groups, default `["system:masters"]`. */
  organizations?: pulumi.Input<pulumi.Input<string>[]>;
  /** Default: `default`. */
  namespace?: pulumi.Input<string>;
}

/**
 * An admin kubeconfig issued offline from the cluster's Kubernetes authority.
 *
 * @example
 * const kubeconfig = new Kubeconfig("admin", { secrets, clusterName: "prod", clusterEndpoint: "https://10.0.0.1:6443" });
 */
export class Kubeconfig extends CertificateResource {
  /** The kubeconfig, YAML. Secret. */
  declare readonly kubeconfig: pulumi.Output<string>;
  /** Private key of the user, PEM. Secret. */
  declare readonly clientKeyPem: pulumi.Output<string>;
  declare readonly clientCertificatePem: pulumi.Output<string>;

  constructor(name: string, args: KubeconfigArgs, opts?: pulumi.CustomResourceOptions) {
    super("Kubeconfig", name, secretsOf(args), KUBECONFIG_OUTPUTS, opts);
  }
}

const KUBECONFIG_OUTPUTS = {
  plain: ["clientCertificatePem", ...CERTIFICATE_OUTPUTS],
  secret: ["kubeconfig", "clientKeyPem"],
} as const;
