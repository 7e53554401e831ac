// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import type { Hours, SecretsInput, TextInput } from "./inputs";
import { type ResourceKind, TalosPkiResource } from "./resource";
import type { CertificateAuthorityPair, KeyAlgorithm } from "./types";

/** Inputs of NodeCertificate. */
export interface NodeCertificateArgs {
  /**
   * The cluster's secrets: a TalosSecrets, its output `secrets`, or a plain bundle (the text or the parsed form of a
   * `talosctl gen secrets` file). Only the part that this resource needs is kept in its state.
   */
  secrets?: SecretsInput;
  /** A bare CA instead of `secrets`: certificate and private key, PEM. */
  certificateAuthority?: pulumi.Input<CertificateAuthorityPair>;
  /** IP addresses of the node (subject alternative names). */
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** DNS names of the node (subject alternative names). */
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  /** A certificate signing request, PEM; then no key is made here. Its names are kept, its organizations dropped. */
  csrPem?: pulumi.Input<string>;
  /** CN of the subject. Default: `talos-node`. */
  commonName?: pulumi.Input<string>;
  /** Kind of the private key. Default: as Talos chooses, the kind of the CA's. */
  algorithm?: TextInput<KeyAlgorithm>;
  /** Lifetime in hours, or a Go duration; cut to the CA's end, with a warning. Default: `24`. */
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
 * A server certificate from the cluster's OS CA, like the one a Talos node serves its API with.
 *
 * @example
 * import { NodeCertificate, TalosSecrets } from "pulumi-talos-pki";
 *
 * const secrets = new TalosSecrets("prod");
 * const node = new NodeCertificate("node-1", { secrets, ipAddresses: ["10.0.0.2"], dnsNames: ["node-1"] });
 */
export class NodeCertificate extends TalosPkiResource {
  /** The certificate, PEM. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** Its private key, PEM; absent with `csrPem`. Secret. */
  declare readonly privateKeyPem: pulumi.Output<string | undefined>;
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

  constructor(name: string, args: NodeCertificateArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super(NODE_CERTIFICATE, name, args, opts);
  }
}

const NODE_CERTIFICATE: ResourceKind = {
  name: "NodeCertificate",
  outputs: {
    plain: [
      "certificatePem",
      "caCertificatesPem",
      "serialNumber",
      "fingerprint",
      "issuerFingerprint",
      "notBefore",
      "notAfter",
      "renewalTime",
      "readyForRenewal",
    ],
    secret: ["privateKeyPem"],
  },
  takes: { secrets: { output: "secrets", as: "value" } },
};
