// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import type { Hours, SecretsInput, TextInput } from "./inputs";
import { type ResourceKind, TalosPkiResource } from "./resource";
import type { KeyAlgorithm } from "./types";

/** Inputs of Kubeconfig. */
export interface KubeconfigArgs {
  /**
   * The cluster's secrets: a TalosSecrets, its output `secrets`, or a plain bundle (the text or the parsed form of a
   * `talosctl gen secrets` file). Only the part that this resource needs is kept in its state.
   */
  secrets: SecretsInput;
  /** Name of the cluster. */
  clusterName: pulumi.Input<string>;
  /** URL of the Kubernetes API, `https://host:6443`. */
  clusterEndpoint: pulumi.Input<string>;
  /** Kubernetes groups of the user. Default: `system:masters`. */
  organizations?: pulumi.Input<pulumi.Input<string>[]>;
  /** Namespace of the context. Default: `default`. */
  namespace?: pulumi.Input<string>;
  /** CN of the subject. Default: `admin`. */
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
 * An admin kubeconfig issued offline from the cluster's Kubernetes CA, as `talosctl kubeconfig` gets it from a control
 * plane.
 *
 * @example
 * import { Kubeconfig, TalosSecrets } from "pulumi-talos-pki";
 *
 * const secrets = new TalosSecrets("prod");
 * const admin = new Kubeconfig("admin", { secrets, clusterName: "prod", clusterEndpoint: "https://10.0.0.10:6443" });
 * export const kubeconfig = admin.kubeconfig;
 */
export class Kubeconfig extends TalosPkiResource {
  /** The kubeconfig, YAML. Secret. */
  declare readonly kubeconfig: pulumi.Output<string>;
  /** Private key of the user, PEM. Secret. */
  declare readonly clientKeyPem: pulumi.Output<string>;
  /** The user's certificate, PEM. */
  declare readonly clientCertificatePem: pulumi.Output<string>;
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

  constructor(name: string, args: KubeconfigArgs, opts?: pulumi.CustomResourceOptions) {
    super(KUBECONFIG, name, args, opts);
  }
}

const KUBECONFIG: ResourceKind = {
  name: "Kubeconfig",
  outputs: {
    plain: [
      "clientCertificatePem",
      "caCertificatesPem",
      "serialNumber",
      "fingerprint",
      "issuerFingerprint",
      "notBefore",
      "notAfter",
      "renewalTime",
      "readyForRenewal",
    ],
    secret: ["kubeconfig", "clientKeyPem"],
  },
  takes: { secrets: { output: "secrets", as: "value" } },
};
