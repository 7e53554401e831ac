// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import { type ResourceKind, TalosPkiResource } from "./resource";
import type { AcceptedCertificate } from "./types";

/** Inputs of AcceptedCA. */
export interface AcceptedCAArgs {
  /** The CA to trust: PEM, base64 of PEM, or a bundle of several certificates. Never a private key. */
  certificatePem: pulumi.Input<string>;
}

/**
 * A further certificate authority that the nodes of a cluster trust: its certificate, never its key.
 *
 * @example
 * import * as fs from "node:fs";
 * import { AcceptedCA } from "pulumi-talos-pki";
 *
 * const west = new AcceptedCA("west", { certificatePem: fs.readFileSync("west.crt", "utf8") });
 */
export class AcceptedCA extends TalosPkiResource {
  /** The certificate, PEM. */
  declare readonly certificatePem: pulumi.Output<string>;
  /** Base64 of the PEM, as in `machine.acceptedCAs`. */
  declare readonly crt: pulumi.Output<string>;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  declare readonly fingerprint: pulumi.Output<string>;
  /** Subject of the certificate. */
  declare readonly subject: pulumi.Output<string>;
  /** Start of validity, RFC 3339 UTC. */
  declare readonly notBefore: pulumi.Output<string>;
  /** End of validity, RFC 3339 UTC. */
  declare readonly notAfter: pulumi.Output<string>;
  /** Whether the CA ends within a year. */
  declare readonly expiresSoon: pulumi.Output<boolean>;
  /** All certificates of the input; the other outputs are of the first. */
  declare readonly certificates: pulumi.Output<AcceptedCertificate[]>;

  constructor(name: string, args: AcceptedCAArgs, opts?: pulumi.CustomResourceOptions) {
    super(ACCEPTED_CA, name, args, opts);
  }
}

const ACCEPTED_CA: ResourceKind = {
  name: "AcceptedCA",
  outputs: {
    plain: ["certificatePem", "crt", "fingerprint", "subject", "notBefore", "notAfter", "expiresSoon", "certificates"],
    secret: [],
  },
};
