// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import type { Hours, SecretsInput, TextInput } from "./inputs";
import { type ResourceKind, TalosPkiResource } from "./resource";
import type { CertificateAuthorityPair, ClientConfigurationData, KeyAlgorithm, TalosRole } from "./types";

/** Inputs of ClientConfiguration. */
export interface ClientConfigurationArgs {
  /**
   * The cluster's secrets: a TalosSecrets, its output `secrets`, or a plain bundle (the text or the parsed form of a
   * `talosctl gen secrets` file). Only the part that this resource needs is kept in its state.
   */
  secrets?: SecretsInput;
  /** A bare CA instead of `secrets`: certificate and private key, PEM. */
  certificateAuthority?: pulumi.Input<CertificateAuthorityPair>;
  /** Name of the cluster. */
  clusterName: pulumi.Input<string>;
  /** Addresses of control planes that talosctl calls. A change keeps the certificate. */
  endpoints?: pulumi.Input<pulumi.Input<string>[]>;
  /** Nodes that talosctl asks by default. A change keeps the certificate. */
  nodes?: pulumi.Input<pulumi.Input<string>[]>;
  /** Name of the context. Default: the cluster's. */
  contextName?: pulumi.Input<string>;
  /**
   * Talos roles of the client: os:admin, os:operator, os:reader, os:etcd:backup, os:impersonator, os:image:verifier,
   * os:meta:writer. Default: `os:admin`.
   */
  roles?: pulumi.Input<pulumi.Input<TalosRole | (string & {})>[]>;
  /** CN of the subject. Default: `talosctl-client`. */
  commonName?: pulumi.Input<string>;
  /** Kind of the private key. Default: as Talos chooses, the kind of the CA's. */
  algorithm?: TextInput<KeyAlgorithm>;
  /** Lifetime in hours, or a Go duration; cut to the CA's end, with a warning. Default: `8760`. */
  validityPeriodHours?: pulumi.Input<Hours>;
  /**
   * How long before its end the certificate is renewed. Default: the lesser of 720 hours and a third of the lifetime.
   */
  earlyRenewalHours?: pulumi.Input<Hours>;
  /** Any values; a change of one reissues the certificate. */
  rotationTriggers?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;
  /**
   * Time of issuance, RFC 3339 UTC. Set by the provider: kept while the certificate is fresh, set anew when it is due.
   * Name it in `ignoreChanges` to pin it, in `replaceOnChanges` to have the certificate replaced.
   */
  issuedAt?: pulumi.Input<string>;
}

/**
 * A talosconfig with a client certificate from the cluster's OS CA. The certificate is renewed in an ordinary `pulumi
 * up` before it expires, and follows a rotation of the CA.
 *
 * @example
 * import { ClientConfiguration, TalosSecrets } from "pulumi-talos-pki";
 *
 * const secrets = new TalosSecrets("prod");
 * const admin = new ClientConfiguration("admin", { secrets, clusterName: "prod", endpoints: ["10.0.0.2"] });
 * export const talosconfig = admin.talosconfig;
 */
export class ClientConfiguration extends TalosPkiResource {
  /** The talosconfig, YAML. Secret. */
  declare readonly talosconfig: pulumi.Output<string>;
  /** Private key of the client, PEM. Secret. */
  declare readonly clientKeyPem: pulumi.Output<string>;
  /** The same in base64, as @pulumiverse/talos takes it. Secret. */
  declare readonly clientConfiguration: pulumi.Output<ClientConfigurationData>;
  /** The client certificate, PEM. */
  declare readonly clientCertificatePem: pulumi.Output<string>;
  /** Roles in the certificate, sorted. */
  declare readonly roles: pulumi.Output<string[]>;
  /** PEM of every CA to trust: the issuing one first, then those accepted while a rotation lasts. */
  declare readonly caCertificatesPem: pulumi.Output<string>;
  /** Serial number, lower-case hex. */
  declare readonly serialNumber: pulumi.Output<string>;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  declare readonly fingerprint: pulumi.Output<string>;
  /** Fingerprint of the CA that issued the certificate. */
  declare readonly issuerFingerprint: pulumi.Output<string>;
  /** Start of validity, RFC 3339 UTC. */
  declare readonly notBefore: pulumi.Output<string>;
  /** End of validity, RFC 3339 UTC. */
  declare readonly notAfter: pulumi.Output<string>;
  /** From when on an update renews the certificate, RFC 3339 UTC. */
  declare readonly renewalTime: pulumi.Output<string>;
  /** Whether the certificate has come into its renewal window; `pulumi refresh` brings it up to date. */
  declare readonly readyForRenewal: pulumi.Output<boolean>;

  constructor(name: string, args: ClientConfigurationArgs, opts?: pulumi.CustomResourceOptions) {
    super(CLIENT_CONFIGURATION, name, args, opts);
  }
}

const CLIENT_CONFIGURATION: ResourceKind = {
  name: "ClientConfiguration",
  outputs: {
    plain: [
      "clientCertificatePem",
      "roles",
      "caCertificatesPem",
      "serialNumber",
      "fingerprint",
      "issuerFingerprint",
      "notBefore",
      "notAfter",
      "renewalTime",
      "readyForRenewal",
    ],
    secret: ["talosconfig", "clientKeyPem", "clientConfiguration"],
  },
  takes: { secrets: { output: "secrets", as: "value" } },
};
