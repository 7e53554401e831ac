import type * as pulumi from "@pulumi/pulumi";

import { TalosPkiResource } from "./resource";
import type { Hours, KeyAlgorithm, TextInput } from "./types";

/** What every certificate has in common. */
export interface CertificateArgs {
  /** Kind of the private key. Default: as Talos chooses, the kind of the authority's. */
  algorithm?: TextInput<KeyAlgorithm>;
  /** Lifetime; cut to the authority's end, with a warning. */
  validityPeriodHours?: pulumi.Input<Hours>;
  /** How long before its end it is renewed. Default: the lesser of 720 hours and a third of the lifetime. */
  earlyRenewalHours?: pulumi.Input<Hours>;
  /** Any values; a change of one issues the certificate anew. */
  rotationTriggers?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;
  /** Time of issuance, RFC 3339. Set by the provider; give it only to pin it. */
  issuedAt?: pulumi.Input<string>;
}

/** A resource that holds a certificate issued by one of the cluster's authorities. */
export abstract class CertificateResource extends TalosPkiResource {
  /** Every authority to trust, PEM: the issuing one first. */
  declare readonly caCertificatesPem: pulumi.Output<string>;
  declare readonly serialNumber: pulumi.Output<string>;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  declare readonly fingerprint: pulumi.Output<string>;
  /** The same of the authority that issued it. */
  declare readonly issuerFingerprint: pulumi.Output<string>;
  /** RFC 3339 UTC, like the other times. */
  declare readonly notBefore: pulumi.Output<string>;
  declare readonly notAfter: pulumi.Output<string>;
  /** From when on an update renews the certificate. */
  declare readonly renewalTime: pulumi.Output<string>;
  declare readonly readyForRenewal: pulumi.Output<boolean>;
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
