import type * as pulumi from "@pulumi/pulumi";

import { TalosPkiResource } from "./resource";

export interface AcceptedCAArgs {
  /** PEM, base64 of PEM, or a bundle of several certificates. Never a private key. */
  certificatePem: pulumi.Input<string>;
}

/** One certificate of an AcceptedCA. */
export interface AcceptedCertificate {
  certificatePem: string;
  /** Base64 of the PEM, as in `machine.acceptedCAs`. */
  crt: string;
  fingerprint: string;
  subject: string;
  notBefore: string;
  notAfter: string;
  expiresSoon: boolean;
}

/**
 * A further authority that the nodes of a cluster trust: its certificate, never its key.
 *
 * @example
 * const other = new AcceptedCA("west", { certificatePem: west.trust.os });
 * new MachineConfig("east", { secrets, …, acceptedCAs: [other] });
 */
export class AcceptedCA extends TalosPkiResource {
  declare readonly certificatePem: pulumi.Output<string>;
  /** Base64 of the PEM, as in `machine.acceptedCAs`. */
  declare readonly crt: pulumi.Output<string>;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  declare readonly fingerprint: pulumi.Output<string>;
  declare readonly subject: pulumi.Output<string>;
  /** RFC 3339 UTC. */
  declare readonly notBefore: pulumi.Output<string>;
  declare readonly notAfter: pulumi.Output<string>;
  /** Whether the authority ends within a year. */
  declare readonly expiresSoon: pulumi.Output<boolean>;
  /** All certificates of the input; the other outputs are of the first. */
  declare readonly certificates: pulumi.Output<AcceptedCertificate[]>;

  constructor(name: string, args: AcceptedCAArgs, opts?: pulumi.CustomResourceOptions) {
    super("AcceptedCA", name, args, ACCEPTED_CA_OUTPUTS, opts);
  }
}

const ACCEPTED_CA_OUTPUTS = {
  plain: ["certificatePem", "crt", "fingerprint", "subject", "notBefore", "notAfter", "expiresSoon", "certificates"],
  secret: [],
} as const;
