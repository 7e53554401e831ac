import type * as pulumi from "@pulumi/pulumi";

import { CERTIFICATE_OUTPUTS, type CertificateArgs } from "./clientConfiguration";
import { secretsOf, TalosPkiResource } from "./resource";
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
export class NodeCertificate extends TalosPkiResource {
  declare readonly certificatePem: pulumi.Output<string>;
  /** Private key, PEM; absent with `csrPem`. Secret. */
  declare readonly privateKeyPem: pulumi.Output<string | undefined>;
  /** Every authority to trust, PEM: the issuing one first. */
  declare readonly caCertificatesPem: pulumi.Output<string>;
  declare readonly serialNumber: pulumi.Output<string>;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  declare readonly fingerprint: pulumi.Output<string>;
  declare readonly issuerFingerprint: pulumi.Output<string>;
  /** RFC 3339 UTC, like the other times. */
  declare readonly notBefore: pulumi.Output<string>;
  declare readonly notAfter: pulumi.Output<string>;
  declare readonly renewalTime: pulumi.Output<string>;
  declare readonly readyForRenewal: pulumi.Output<boolean>;

  constructor(name: string, args: NodeCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super("NodeCertificate", name, secretsOf(args), NODE_OUTPUTS, opts);
  }
}

const NODE_OUTPUTS = { plain: ["certificatePem", ...CERTIFICATE_OUTPUTS], secret: ["privateKeyPem"] } as const;
