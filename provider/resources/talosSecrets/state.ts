import { formatTime } from "../../core/environment";
import type { RotationPosition, RotationState } from "../../core/lifecycle/rotation";
import { isUnderWay, nextStep } from "../../core/lifecycle/rotation";
import { AUTHORITY_NAMES, authorityCertificates, BUNDLE_KEYS } from "../../core/secrets/authority";
import { formatSecretsBundle, parseSecretsBundle, pulumiverseSecrets, structureBundle } from "../../core/secrets/codec";
import type { Tree } from "../../core/secrets/fields";
import { IMMEDIATE, type ImmediateName, STAGED, type StagedName } from "../../core/secrets/inventory";
import type { AuthorityName, CertificateAndKey, SecretsBundle } from "../../core/secrets/types";
import { fingerprintOf, parseCertificate } from "../../core/x509/certificate";
import type { Values } from "../definition";

export { IMMEDIATE, type ImmediateName, STAGED, type StagedName };

/** A staged rotation with its other authority: the next one at `accept`, the old one at `swap`. */
export interface StagedState extends RotationState {
  readonly other?: CertificateAndKey;
  /** Fingerprints of authorities that have issued before. */
  readonly retired: readonly string[];
}

/** All that TalosSecrets holds, parsed from its outputs. */
export interface SecretsState {
  readonly bundle: SecretsBundle;
  readonly unknown: Tree;
  readonly talosVersion: string;
  readonly staged: Readonly<Record<StagedName, StagedState>>;
  readonly immediate: { readonly [Name in ImmediateName]?: string };
}

/** A staged authority before any rotation. */
export const AT_REST: StagedState = { position: "none", spentIds: [], retired: [] };

/** Where a staged rotation stands; authorities by their fingerprints. */
export interface StagedStatus extends RotationState {
  readonly issuing?: string;
  readonly accepted: readonly string[];
  readonly retired: readonly string[];
  /** All of them. */
  readonly fingerprints: readonly string[];
}

/** Where a staged rotation stands by the plain output `rotationStatus`; no secret is read. */
export function readStagedStatus(outputs: Values, name: StagedName): StagedStatus {
  const status = (outputs["rotationStatus"] as Record<string, Values | undefined> | undefined)?.[name] ?? {};
  const list = (key: string): readonly string[] => (status[key] as string[] | undefined) ?? [];
  const { id, issuing } = status;
  return {
    position: (status["stage"] as RotationPosition | undefined) ?? "none",
    spentIds: list("spentIds"),
    accepted: list("accepted"),
    retired: list("retired"),
    ...(typeof issuing === "string" ? { issuing } : {}),
    fingerprints: [...(typeof issuing === "string" ? [issuing] : []), ...list("accepted"), ...list("retired")],
    ...(typeof id === "string" ? { id } : {}),
  };
}

/** The part that planRotation moves. */
export function rotationState({ position, id, spentIds }: RotationState): RotationState {
  return { position, spentIds, ...(id === undefined ? {} : { id }) };
}

/** Ids of the rotations that were done at once. */
export function readImmediateIds(outputs: Values): SecretsState["immediate"] {
  const status = (outputs["rotationStatus"] ?? {}) as Record<string, Values | undefined>;
  return Object.fromEntries(
    IMMEDIATE.map((name) => [name, status[name]?.["id"]] as const).filter(([, id]) => typeof id === "string"),
  );
}

/** The state behind a resource's outputs. */
export function readState(outputs: Values, now: Date): SecretsState {
  const { bundle, unknown } = parseSecretsBundle(String(outputs["secretsYaml"]), { now });
  const others = (outputs["rotationSecrets"] ?? {}) as Record<
    string,
    { certificatePem: string; privateKeyPem: string } | undefined
  >;
  const staged = (name: StagedName): StagedState => {
    const status = readStagedStatus(outputs, name);
    const other = others[name];
    return {
      ...rotationState(status),
      retired: status.retired,
      ...(other === undefined ? {} : { other: { crt: other.certificatePem, key: other.privateKeyPem } }),
    };
  };
  return {
    bundle,
    unknown,
    talosVersion: String(outputs["talosVersion"]),
    staged: { os: staged("os"), kubernetes: staged("kubernetes") },
    immediate: readImmediateIds(outputs),
  };
}

/** Every output of the resource, from its state. */
export function stateOutputs(state: SecretsState): Values {
  const { bundle, talosVersion } = state;
  const secretsYaml = formatSecretsBundle(bundle, state.unknown);
  const accepted = (name: StagedName): string[] => {
    const { other, position } = state.staged[name];
    return other !== undefined && isUnderWay(position) ? pemsOf(other.crt) : [];
  };
  const acceptedCAs = { os: accepted("os"), kubernetes: accepted("kubernetes") };
  const certificateAuthorities = Object.fromEntries(
    AUTHORITY_NAMES.map((name) => [name, authorityInfo(bundle, name)]),
  ) as Record<AuthorityName, Values>;
  const trust = (name: StagedName): string =>
    [...new Set([...pemsOf(bundle.certs[BUNDLE_KEYS[name]].crt), ...acceptedCAs[name]])].join("");
  const status = (name: StagedName): Values =>
    stagedStatus(state.staged[name], String(certificateAuthorities[name]["fingerprint"]), acceptedCAs[name]);
  return {
    secretsYaml,
    secrets: { ...structureBundle(bundle), talosVersion, acceptedCAs },
    rotationSecrets: Object.fromEntries(
      STAGED.flatMap((name) => {
        const { other, position } = state.staged[name];
        return other !== undefined && isUnderWay(position)
          ? [[name, { certificatePem: other.crt, privateKeyPem: other.key }]]
          : [];
      }),
    ),
    machineSecrets: pulumiverseSecrets(bundle),
    certificateAuthorities,
    acceptedCAs,
    trust: { os: trust("os"), kubernetes: trust("kubernetes") },
    rotationStatus: {
      os: status("os"),
      kubernetes: status("kubernetes"),
      ...Object.fromEntries(Object.entries(state.immediate).map(([name, id]) => [name, { id }])),
    },
    talosVersion,
    fingerprint: fingerprintOf(Buffer.from(secretsYaml)),
  };
}

const pemsOf = (crt: string): string[] => authorityCertificates(crt).map(({ pem }) => pem);

function authorityInfo(bundle: SecretsBundle, name: AuthorityName): Values {
  const certificate = parseCertificate(bundle.certs[BUNDLE_KEYS[name]].crt, name);
  return {
    certificatePem: certificate.pem,
    fingerprint: certificate.fingerprint,
    subject: certificate.subject,
    algorithm: certificate.algorithm,
    serialNumber: certificate.serialNumber,
    notBefore: formatTime(certificate.notBefore),
    notAfter: formatTime(certificate.notAfter),
  };
}

function stagedStatus(state: StagedState, issuing: string, accepted: readonly string[]): Values {
  const fingerprints = accepted.map((pem) => parseCertificate(pem, "").fingerprint);
  return {
    ...(state.id === undefined ? {} : { id: state.id }),
    stage: state.position,
    issuing,
    accepted: fingerprints,
    ...(state.position === "accept" ? { next: fingerprints[0] } : {}),
    retired: [...state.retired],
    spentIds: [...state.spentIds],
    // A rotation that was merely noted at creation has put no authority out.
    todo: nextStep(state.retired.length === 0 && state.position === "finish" ? AT_REST : state),
  };
}
