import type * as pulumi from "@pulumi/pulumi";

/**
 * One of some texts. What is written in a program is checked by the compiler; an Output of another resource is merely
 * text to it, and the provider checks it.
 */
export type TextInput<Known extends string> = pulumi.Input<Known> | Promise<string> | pulumi.OutputInstance<string>;

/** Kinds of keys. */
export type KeyAlgorithm = "ed25519" | "ecdsa-p256" | "ecdsa-p384" | "rsa-2048" | "rsa-4096";

/** Roles of the Talos API. */
export type TalosRole =
  | "os:admin"
  | "os:operator"
  | "os:reader"
  | "os:etcd:backup"
  | "os:impersonator"
  | "os:image:verifier"
  | "os:meta:writer";

/** Whole hours, or a Go duration such as `"8760h"` or `"90m"`. */
export type Hours = number | string;

/** An authority that can sign: certificate and private key, PEM. */
export interface CertificateAuthorityPair {
  certificatePem: pulumi.Input<string>;
  privateKeyPem: pulumi.Input<string>;
}

/**
 * The cluster's secrets as the resources take them: a TalosSecrets, its output `secrets`, or a plain bundle (the text
 * or the parsed form of a `talosctl gen secrets` file, or `machineSecrets` of `@pulumiverse/talos`).
 */
export type SecretsInput = pulumi.Input<string | object>;
