import type { Problem } from "../core/errors";
import { KEY_ALGORITHMS, type KeyAlgorithm } from "../core/x509/algorithms";
import type { Authority } from "../core/x509/authority";
import type { CertificateProfile } from "../core/x509/profiles";
import type { Host, Values } from "./definition";
import { ANY, HOURS, type Properties, type Property, STRING } from "./schema";
import { SECRETS_INPUT } from "./secretsInput";

/** The signer of a leaf and whom its holder shall trust. */
export interface Signer {
  readonly authority: Authority;
  /** PEM of the accepted authorities beside the issuing one. */
  readonly accepted: readonly string[];
}

/** A certificate and, when it was made here, its key; PEM. */
export interface LeafMaterial {
  readonly certificatePem: string;
  readonly privateKeyPem: string | undefined;
}

/** What every leaf is issued with. */
export interface LeafOptions {
  readonly certificateAuthority: Authority;
  readonly issuedAt: Date;
  /** A Go duration. */
  readonly validityPeriodHours: string;
  readonly commonName?: string;
  readonly algorithm?: KeyAlgorithm;
}

/** What sets one kind of leaf apart; all else is the same for clients, nodes and kubeconfigs. */
export interface LeafSpec {
  readonly name: string;
  readonly description: string;
  /** Inputs beside those that every leaf has. */
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly profile: CertificateProfile;
  /** Which authority of a bundle signs. */
  readonly signer: "os" | "k8s";
  /** Whether a bare `certificateAuthority` may stand in for `secrets`. */
  readonly takesAuthority: boolean;
  readonly defaultCommonName: string;
  /** Inputs that are part of the certificate, beside those of every leaf, with their defaults. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** Problems of the inputs that only this kind has; unknown values are left out. */
  checkInputs(inputs: Values, host: Host): Problem[] | Promise<Problem[]>;
  /** What a person should read of inputs that only this kind has. */
  notices?(inputs: Values): string[];
  /** Inputs whose form does not matter, in one form, so that a mere reordering is no change. */
  normalize?(inputs: Values): Values;
  issue(inputs: Values, options: LeafOptions, host: Host): Promise<LeafMaterial>;
  /** Outputs that only this kind has. */
  render(inputs: Values, material: LeafMaterial, signer: Signer): Values;
}

const AUTHORITY_INPUT: Property = {
  type: {
    kind: "object",
    name: "CertificateAuthority",
    properties: {
      certificatePem: { type: STRING, description: "The authority's certificate, PEM.", required: true },
      privateKeyPem: { type: STRING, description: "Its private key, PEM.", required: true, secret: true },
    },
  },
  description: "A bare authority instead of `secrets`: certificate and private key, PEM.",
  secret: true,
};

/** Inputs of every leaf. */
export function commonInputs(spec: LeafSpec): Properties {
  return {
    secrets: spec.takesAuthority ? { ...SECRETS_INPUT, required: false } : SECRETS_INPUT,
    ...(spec.takesAuthority ? { certificateAuthority: AUTHORITY_INPUT } : {}),
    ...spec.inputs,
    commonName: { type: STRING, description: "CN of the subject.", default: spec.defaultCommonName },
    algorithm: {
      type: { kind: "enum", values: KEY_ALGORITHMS },
      description: "Kind of the private key. Default: as Talos chooses, the kind of the authority's.",
    },
    validityPeriodHours: {
      type: HOURS,
      description: "Lifetime in hours, or a Go duration; cut to the authority's end, with a warning.",
      default: spec.profile.validityPeriodHours,
    },
    earlyRenewalHours: {
      type: HOURS,
      description:
        "How long before its end the certificate is renewed. Default: the lesser of 720 hours and a third of the lifetime.",
    },
    rotationTriggers: {
      type: { kind: "map", value: ANY },
      description: "Any values; a change of one issues the certificate anew.",
    },
    issuedAt: {
      type: STRING,
      description:
        "Time of issuance, RFC 3339 UTC. Set by the provider: kept while the certificate is fresh, set anew when it is due. Name it in `ignoreChanges` to freeze the certificate, in `replaceOnChanges` to have it replaced.",
    },
  };
}
