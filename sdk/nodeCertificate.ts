import type * as pulumi from "@pulumi/pulumi";

import { CERTIFICATE_OUTPUTS, type CertificateArgs, CertificateResource } from "./certificate";
import { secretsOf } from "./resource";
import type { CertificateAuthorityPair, SecretsInput } from "./types";

export interface NodeCertificateArgs extends CertificateArgs {
  /** A TalosSecrets, its output `secrets`, or a plain bundle. This or `certificateAuthority`. */
  secrets?: SecretsInput;
  /** A bare OS authority. */
  certificateAuthority?: pulumi.Input<CertificateAuthorityPair>;
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /** Default: `talos-node`. */
  commonName?: pulumi.Input<string>;
  /** A certificate signing request, PEM; then no key is made here. */
  csrPem?: pulumi.Input<string>;
}

/**
 * A server certificate from the cluster's OS authority, like the one a Talos node serves its API with.
 *
 * @example
 * const node = new NodeCertificate("node-1", { secrets, ipAddresses: ["10.0.0.2"], validityPeriodHours: 24 });
 */
export class NodeCertificate extends CertificateResource {
  declare readonly certificatePem: pulumi.Output<string>;
  /** Private key, PEM; absent with `csrPem`. Secret. */
  declare readonly privateKeyPem: pulumi.Output<string | undefined>;

  constructor(name: string, args: NodeCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super("NodeCertificate", name, secretsOf(args), NODE_OUTPUTS, opts);
  }
}

const NODE_OUTPUTS = { plain: ["certificatePem", ...CERTIFICATE_OUTPUTS], secret: ["privateKeyPem"] } as const;
