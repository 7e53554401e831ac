import { formatTime } from "../../core/environment";
import { isUnderWay, nextStep, type RotationPosition, type RotationState } from "../../core/lifecycle/rotation";
import { ROTATION_STAGES } from "../../core/lifecycle/rotation";
import { decodeSecretsYaml, formatSecretsBundle, pulumiverseSecrets, structureBundle } from "../../core/secrets/codec";
import type { DecodedBundle } from "../../core/secrets/decodedBundle";
import { type DecodedCA, decodeCA } from "../../core/secrets/decodedPem";
import type { Tree } from "../../core/secrets/fields";
import { type CAName, IMMEDIATE, type ImmediateName, STAGED, type StagedName } from "../../core/secrets/inventory";
import { type Certificate, fingerprintOf } from "../../core/x509/certificate";
import type { Context } from "../../engine/ports";
import { byCA, byStagedCA } from "./names";
import type { SecretsOutputs, StoredSecrets } from "./outputs";

/** A staged rotation with its other CA: the next one at `accept`, the old one at `swap`. */
export interface StagedState extends RotationState {
  readonly other?: DecodedCA;
  /** Fingerprints of CAs that have issued before. */
  readonly retired: readonly string[];
  /** The stages are chosen by `auto`; no output says so, but for what is to be done next. */
  readonly isAutomatic?: boolean;
}

/** All that TalosSecrets holds, decoded from its outputs. */
export interface SecretsState {
  readonly bundle: DecodedBundle;
  readonly unknown: Tree;
  readonly talosVersion: string;
  readonly staged: Readonly<Record<StagedName, StagedState>>;
  readonly immediate: { readonly [Name in ImmediateName]?: string };
}

/** A staged CA before any rotation. */
export const AT_REST: StagedState = { position: "none", spentIds: [], retired: [] };

/** Where a staged rotation stands; CAs by their fingerprints. */
export interface StagedStatus extends RotationState {
  readonly issuing?: string;
  readonly accepted: readonly string[];
  readonly retired: readonly string[];
  /** All of them. */
  readonly fingerprints: readonly string[];
}

/** Where a staged rotation stands by the plain output `rotationStatus`; no secret is read. */
export function readStagedStatus({ rotationStatus }: StoredSecrets, name: StagedName): StagedStatus {
  const { id, stage, issuing, accepted = [], retired = [], spentIds = [] } = rotationStatus?.[name] ?? {};
  return {
    position: readPosition(stage),
    spentIds,
    accepted,
    retired,
    fingerprints: [...(issuing === undefined ? [] : [issuing]), ...accepted, ...retired],
    ...(issuing === undefined ? {} : { issuing }),
    ...(id === undefined ? {} : { id }),
  };
}

const readPosition = (stage: string | undefined): RotationPosition =>
  ROTATION_STAGES.find((known) => known === stage) ?? "none";

/** The part that planRotation moves. */
export function rotationState({ position, id, spentIds }: RotationState): RotationState {
  return { position, spentIds, ...(id === undefined ? {} : { id }) };
}

/** Ids of the rotations that were done at once. */
export function readImmediateIds({ rotationStatus }: StoredSecrets): SecretsState["immediate"] {
  const ids: { [Name in ImmediateName]?: string } = {};
  for (const name of IMMEDIATE) {
    const id = rotationStatus?.[name]?.id;
    if (id !== undefined) ids[name] = id;
  }
  return ids;
}

/** The state behind a resource's outputs. */
export function readState(outputs: StoredSecrets, { environment, pems }: Context): SecretsState {
  const { decoded, unknown } = decodeSecretsYaml(outputs.secretsYaml ?? "", { now: environment.now() });
  return {
    bundle: decoded,
    unknown,
    talosVersion: outputs.talosVersion ?? "",
    staged: byStagedCA((name) => {
      const status = readStagedStatus(outputs, name);
      const other = outputs.rotationSecrets?.[name];
      const path = `rotationSecrets.${name}`;
      return {
        ...rotationState(status),
        retired: status.retired,
        ...(other === undefined
          ? {}
          : {
              other: decodeCA(
                { crt: other.certificatePem, key: other.privateKeyPem },
                { crt: `${path}.certificatePem`, key: `${path}.privateKeyPem` },
                pems,
              ),
            }),
      };
    }),
    immediate: readImmediateIds(outputs),
  };
}

/** Every output of the resource, from its state. */
export function stateOutputs(state: SecretsState): SecretsOutputs {
  const { bundle, talosVersion } = state;
  const whole = bundle.wholeBundle;
  const secretsYaml = formatSecretsBundle(whole, state.unknown);
  const accepted = byStagedCA((name) => {
    const { other, position } = state.staged[name];
    return other !== undefined && isUnderWay(position) ? other.certificates : [];
  });
  const acceptedCAs = byStagedCA((name) => accepted[name].map(({ pem }) => pem));
  return {
    secretsYaml,
    secrets: { ...structureBundle(whole), talosVersion, acceptedCAs },
    rotationSecrets: Object.fromEntries(
      STAGED.flatMap((name) => {
        const { other, position } = state.staged[name];
        const { crt, key } = other?.pem ?? {};
        return crt !== undefined && key !== undefined && isUnderWay(position)
          ? [[name, { certificatePem: crt, privateKeyPem: key }]]
          : [];
      }),
    ),
    machineSecrets: pulumiverseSecrets(whole),
    certificateAuthorities: byCA((name) => describeCA(issuing(bundle, name))),
    acceptedCAs,
    trust: byStagedCA((name) =>
      [...new Set([...bundle.ca(name).certificates.map(({ pem }) => pem), ...acceptedCAs[name]])].join(""),
    ),
    rotationStatus: {
      ...byStagedCA((name) => describeRotation(state.staged[name], issuing(bundle, name), accepted[name])),
      ...Object.fromEntries(Object.entries(state.immediate).map(([name, id]) => [name, { id }])),
    },
    talosVersion,
    fingerprint: fingerprintOf(Buffer.from(secretsYaml)),
  };
}

/** The CA that issues; a valid bundle has it. */
export function issuing(bundle: DecodedBundle, name: CAName): Certificate {
  return bundle.authority(name).certificate;
}

function describeCA(certificate: Certificate) {
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

function describeRotation(state: StagedState, { fingerprint }: Certificate, accepted: readonly Certificate[]) {
  const fingerprints = accepted.map((certificate) => certificate.fingerprint);
  return {
    ...(state.id === undefined ? {} : { id: state.id }),
    stage: state.position,
    issuing: fingerprint,
    accepted: fingerprints,
    ...(state.position === "accept" ? { next: fingerprints[0] } : {}),
    retired: [...state.retired],
    spentIds: [...state.spentIds],
    // A rotation that was merely noted at creation has put no CA out.
    todo: nextStep(state.retired.length === 0 && state.position === "finish" ? AT_REST : state, state),
  };
}
