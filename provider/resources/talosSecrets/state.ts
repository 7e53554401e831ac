import { formatTime } from "../../core/environment";
import { PkiError } from "../../core/errors";
import {
  isUnderWay,
  nextStep,
  ROTATION_STAGES,
  type RotationPosition,
  type RotationState,
} from "../../core/lifecycle/rotation";
import { decodeSecretsYaml, formatSecretsBundle, pulumiverseSecrets, structureBundle } from "../../core/secrets/codec";
import type { DecodedBundle } from "../../core/secrets/decodedBundle";
import { decodeCA, DecodedCA, decodeKey } from "../../core/secrets/decodedPem";
import type { Tree } from "../../core/secrets/fields";
import {
  type CAName,
  INVENTORY,
  isCAName,
  ONLY_IMMEDIATE,
  type OnlyImmediateName,
  STAGED,
  type StagedName,
} from "../../core/secrets/inventory";
import { type PublicPart, publicParts, type StagedSecret, stagedSecretOf } from "../../core/secrets/stagedSecret";
import { type Certificate, fingerprintOf } from "../../core/x509/certificate";
import { parseKeys } from "../../core/x509/publicKey";
import type { Context } from "../../engine/ports";
import { ACCEPTED_KEYS } from "../clusterSecrets";
import { byCA, byStagedCA } from "./names";
import type { SecretsOutputs, StoredSecrets } from "./outputs";

/** A staged rotation with its other CA or key: the next one at `accept`, the old one at `swap`. */
export interface StagedState extends RotationState {
  readonly other?: StagedSecret;
  /** Fingerprints of CAs or keys that have issued before. */
  readonly retired: readonly string[];
  /** The stages are chosen by `auto`; no output says so, but for what is to be done next. */
  readonly isAutomatic?: boolean;
  /** Set where a rotation of all moves it, with the next step that does. */
  readonly order?: { readonly restsUntil?: number };
}

/** All that TalosSecrets holds, decoded from its outputs. */
export interface SecretsState {
  readonly bundle: DecodedBundle;
  readonly unknown: Tree;
  readonly talosVersion: string;
  readonly staged: Readonly<Record<StagedName, StagedState>>;
  readonly immediate: { readonly [Name in OnlyImmediateName]?: string };
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

type StoredStatus = Partial<NonNullable<StoredSecrets["rotationStatus"]>["os"]>;

/** Where a staged rotation stands by the plain output `rotationStatus`; no secret is read. */
export function readStagedStatus(
  { rotationStatus, certificateAuthorities }: StoredSecrets,
  name: StagedName,
): StagedStatus {
  const status: StoredStatus = rotationStatus?.[name] ?? {};
  const { id, stage, accepted = [], retired = [] } = status;
  const { issuing = isCAName(name) ? certificateAuthorities?.[name].fingerprint : undefined } = status;
  // A state of before has the id alone of a CA that was replaced at once.
  const isBare = stage === undefined && id !== undefined;
  const { spentIds = isBare ? [id] : [] } = status;
  return {
    position: isBare ? "finish" : readPosition(stage),
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
  const ids: { [Name in OnlyImmediateName]?: string } = {};
  for (const name of ONLY_IMMEDIATE) {
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
      const other = readOther(outputs, name, pems);
      return { ...rotationState(status), retired: status.retired, ...(other === undefined ? {} : { other }) };
    }),
    immediate: readImmediateIds(outputs),
  };
}

function readOther(
  { rotationSecrets }: StoredSecrets,
  name: StagedName,
  pems: Context["pems"],
): StagedSecret | undefined {
  const path = `rotationSecrets.${name}`;
  if (!isCAName(name)) {
    const pem = rotationSecrets?.[name]?.privateKeyPem;
    return pem === undefined ? undefined : decodeKey(pem, `${path}.privateKeyPem`, pems);
  }
  const other = rotationSecrets?.[name];
  return other === undefined
    ? undefined
    : decodeCA(
        { crt: other.certificatePem, key: other.privateKeyPem },
        { crt: `${path}.certificatePem`, key: `${path}.privateKeyPem` },
        pems,
      );
}

/** Lists that states have had from the beginning are those of the rotation; later ones have what came with an adoption, too. */
const WITHOUT_ADOPTED: readonly StagedName[] = ["os", "kubernetes"];

/** What is accepted beside the one that issues: the other one of a rotation, and what an adopted config accepted with it. */
function acceptedParts({ bundle, staged }: SecretsState, name: StagedName): readonly PublicPart[] {
  const { other, position } = staged[name];
  const ofRotation = other !== undefined && isUnderWay(position) ? publicParts(other) : [];
  const [, ...adopted] = WITHOUT_ADOPTED.includes(name) ? [] : publicParts(issuingSecret(bundle, name));
  const known = new Set(ofRotation.map(({ fingerprint }) => fingerprint));
  return [...ofRotation, ...adopted.filter(({ fingerprint }) => !known.has(fingerprint))];
}

/** The output `rotationSecrets` of one. */
function otherSecret({ other, position }: StagedState): object | undefined {
  if (other === undefined || !isUnderWay(position)) return undefined;
  if (!(other instanceof DecodedCA)) {
    const [part] = publicParts(other);
    return { publicKeyPem: part?.pem, privateKeyPem: other.pem };
  }
  const { crt, key } = other.pem;
  return crt === undefined || key === undefined ? undefined : { certificatePem: crt, privateKeyPem: key };
}

/** Private keys that nodes up to v1.13 accept tokens by. */
function acceptedPrivateKeys({ other, position }: StagedState): string[] {
  if (other === undefined || other instanceof DecodedCA || !isUnderWay(position)) return [];
  return parseKeys(other.pem, other.path).flatMap(({ pem, isPrivate }) => (isPrivate ? [pem] : []));
}

/** Every output of the resource, from its state. */
export function stateOutputs(state: SecretsState): SecretsOutputs {
  const { bundle, talosVersion } = state;
  const whole = bundle.wholeBundle;
  const secretsYaml = formatSecretsBundle(whole, state.unknown);
  const accepted = byStagedCA((name) => acceptedParts(state, name));
  const acceptedCAs = byStagedCA((name) => accepted[name].map(({ pem }) => pem));
  const keys = acceptedPrivateKeys(state.staged.serviceAccount);
  return {
    secretsYaml,
    secrets: {
      ...structureBundle(whole),
      talosVersion,
      acceptedCAs,
      ...(keys.length === 0 ? {} : { [ACCEPTED_KEYS]: keys }),
    },
    rotationSecrets: Object.fromEntries(
      STAGED.flatMap((name) => {
        const other = otherSecret(state.staged[name]);
        return other === undefined ? [] : [[name, other]];
      }),
    ),
    machineSecrets: pulumiverseSecrets(whole),
    certificateAuthorities: byCA((name) => describeCA(issuing(bundle, name))),
    acceptedCAs,
    trust: byStagedCA((name) =>
      [...new Set([...publicParts(issuingSecret(bundle, name)).map(({ pem }) => pem), ...acceptedCAs[name]])].join(""),
    ),
    rotationStatus: {
      ...byStagedCA((name) => describeRotation(name, state, accepted[name])),
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

/** The CA that issues or the key that signs; a valid bundle has it. */
export function issuingSecret(bundle: DecodedBundle, name: StagedName): StagedSecret {
  const secret = stagedSecretOf(bundle, name);
  if (secret !== undefined) return secret;
  throw new PkiError("ERR_INPUT_MISSING", `the state holds no ${INVENTORY[name].title} CA or key; restore it`, {
    path: INVENTORY[name].input,
  });
}

/** Its fingerprint. */
export const issuingFingerprint = (bundle: DecodedBundle, name: StagedName): string =>
  publicParts(issuingSecret(bundle, name))[0]?.fingerprint ?? "";

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

function describeRotation(name: StagedName, { staged, bundle }: SecretsState, accepted: readonly PublicPart[]) {
  const state = staged[name];
  const fingerprints = accepted.map((part) => part.fingerprint);
  const { isAutomatic = false, order } = state;
  const options = { authority: name, isAutomatic, ...(order === undefined ? {} : { order }) };
  return {
    ...(state.id === undefined ? {} : { id: state.id }),
    stage: state.position,
    issuing: issuingFingerprint(bundle, name),
    accepted: fingerprints,
    ...(state.position === "accept" ? { next: fingerprints[0] } : {}),
    retired: [...state.retired],
    spentIds: [...state.spentIds],
    // A rotation that was merely noted at creation has put no CA out.
    todo: nextStep(state.retired.length === 0 && state.position === "finish" ? AT_REST : state, options),
  };
}
