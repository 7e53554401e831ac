import type * as pulumi from "@pulumi/pulumi";

import { secretsOf, TalosPkiResource } from "./resource";
import type { CertificateAuthorityPair, Hours, KeyAlgorithm, SecretsInput, TalosRole } from "./types";

/** What every certificate has in common. */
export interface CertificateArgs {
  /** Kind of the private key. Default: as Talos chooses, the kind of the authority's. */
  algorithm?: pulumi.Input<KeyAlgorithm>;
  /** Lifetime; cut to the authority's end, with a warning. */
  validityPeriodHours?: pulumi.Input<Hours>;
  /** How long before its end it is renewed. Default: the lesser of 720 hours and a third of the lifetime. */
  earlyRenewalHours?: pulumi.Input<Hours>;
  /** Any values; a change of one issues the certificate anew. */
  rotationTriggers?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;
  /** Time of issuance, RFC 3339. Set by the provider; give it only to pin it. */
  issuedAt?: pulumi.Input<string>;
}

export interface ClientConfigurationArgs extends CertificateArgs {
  /** A TalosSecrets, its output `secrets`, or a plain bundle. This or `certificateAuthority`. */
  secrets?: SecretsInput;
  /** A bare OS authority. */
  certificateAuthority?: pulumi.Input<CertificateAuthorityPair>;
  clusterName: pulumi.Input<string>;
  /** Addresses of control planes that talosctl calls. */
  endpoints?: pulumi.Input<pulumi.Input<string>[]>;
  /** Nodes that talosctl asks by default. */
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
export class ClientConfiguration extends TalosPkiResource {
  /** The talosconfig, YAML. Secret. */
  declare readonly talosconfig: pulumi.Output<string>;
  /** Private key of the client, PEM. Secret. */
  declare readonly clientKeyPem: pulumi.Output<string>;
  /** Base64 of PEM, as @pulumiverse/talos takes it. Secret. */
  declare readonly clientConfiguration: pulumi.Output<{
    caCertificate: string;
    clientCertificate: string;
    clientKey: string;
  }>;
  declare readonly clientCertificatePem: pulumi.Output<string>;
  /** Every authority to trust, PEM: the issuing one first. */
  declare readonly caCertificatesPem: pulumi.Output<string>;
  declare readonly roles: pulumi.Output<string[]>;
  declare readonly serialNumber: pulumi.Output<string>;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  declare readonly fingerprint: pulumi.Output<string>;
  declare readonly issuerFingerprint: pulumi.Output<string>;
  /** RFC 3339 UTC, like the other times. */
  declare readonly notBefore: pulumi.Output<string>;
  declare readonly notAfter: pulumi.Output<string>;
  /** From when on an update renews the certificate. */
  declare readonly renewalTime: pulumi.Output<string>;
  declare readonly readyForRenewal: pulumi.Output<boolean>;

  constructor(name: string, args: ClientConfigurationArgs, opts?: pulumi.CustomResourceOptions) {
    super("ClientConfiguration", name, secretsOf(args), CLIENT_OUTPUTS, opts);
  }
}

/** Plain outputs of every certificate. */
export const CERTIFICATE_OUTPUTS = [
  "caCertificatesPem",
  "serialNumber",
  "fingerprint",
  "issuerFingerprint",
  "notBefore",
  "notAfter",
  "renewalTime",
  "readyForRenewal",
] as const;

const CLIENT_OUTPUTS = {
  plain: ["clientCertificatePem", "roles", ...CERTIFICATE_OUTPUTS],
  secret: ["talosconfig", "clientKeyPem", "clientConfiguration"],
} as const;
