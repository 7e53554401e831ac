import { PkiError } from "../../core/errors";
import type { RotationAction } from "../../core/lifecycle/rotation";
import { planRotationOrder } from "../../core/lifecycle/rotationOrder";
import { generateAuthority } from "../../core/secrets/authority";
import type { DecodedBundle } from "../../core/secrets/decodedBundle";
import { DecodedCA, DecodedPem } from "../../core/secrets/decodedPem";
import { generateDecodedBundle, type GenerateOptions } from "../../core/secrets/generate";
import {
  type CAName,
  INVENTORY,
  isCAName,
  type OnlyImmediateName,
  STAGED,
  type StagedName,
} from "../../core/secrets/inventory";
import { type StagedSecret, stagedAlgorithm, withStagedSecret } from "../../core/secrets/stagedSecret";
import { parseTalosVersion } from "../../core/talosVersion";
import { KEY_ALGORITHMS } from "../../core/x509/algorithms";
import { generatePrivateKey } from "../../core/x509/privateKey";
import type { Context } from "../../engine/ports";
import { isKnown, knownOr } from "../../engine/unknown";
import type { CreationPlan } from "./creationPlan";
import { caInput, type SecretsInputs } from "./inputs";
import { isUsable } from "./keyRules";
import { byCA, byStagedCA } from "./names";
import { AT_REST, issuingFingerprint, issuingSecret, type SecretsState, type StagedState } from "./state";
import type { UpdatePlan } from "./updatePlan";

/** Makes a cluster's secrets, or what an adopted bundle lacks. */
export async function createState(
  { bundle: supplied, unknown, talosVersion, requests }: CreationPlan,
  inputs: SecretsInputs,
  { environment }: Context,
): Promise<SecretsState> {
  return {
    bundle: await generateDecodedBundle({ talosVersion, supplied, ...generateOptions(inputs) }, environment),
    unknown,
    talosVersion,
    staged: byStagedCA((name) => {
      const id = requests.staged[name]?.id ?? requests.all?.id;
      return id === undefined ? AT_REST : { ...AT_REST, position: "finish", id, spentIds: [id] };
    }),
    immediate: requests.immediate,
  };
}

/** How a CA is made; what is not configured is chosen as Talos chooses it. */
function caOptions(
  inputs: SecretsInputs,
  name: CAName,
): NonNullable<GenerateOptions["certificateAuthorities"]>[CAName] & object {
  const input = caInput(inputs, name);
  const algorithm = isKnown(input) ? knownOr(input?.algorithm) : undefined;
  const validityPeriodHours = isKnown(input) ? knownOr(input?.validityPeriodHours) : undefined;
  return {
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(validityPeriodHours === undefined ? {} : { validityPeriodHours }),
  };
}

/** How secrets are made that are not supplied. */
function generateOptions(inputs: SecretsInputs): Pick<GenerateOptions, "certificateAuthorities" | "serviceAccount"> {
  const { serviceAccount } = inputs;
  const algorithm = isKnown(serviceAccount) ? knownOr(serviceAccount?.algorithm) : undefined;
  return {
    certificateAuthorities: byCA((name) => caOptions(inputs, name)),
    serviceAccount: algorithm === undefined ? {} : { algorithm },
  };
}

/** Carries out a plan without problems. */
export async function applyUpdate(
  state: SecretsState,
  plan: UpdatePlan,
  inputs: SecretsInputs,
  context: Context,
): Promise<SecretsState> {
  let next: SecretsState = {
    ...state,
    talosVersion: plan.talosVersion,
    immediate: { ...state.immediate, ...plan.requests.immediate },
  };
  for (const name of STAGED) next = await applyStaged(next, plan, name, inputs, context);
  next = withOrder(next, plan);
  for (const name of plan.immediate) next = { ...next, bundle: await replaceSecret(next, plan, name, inputs, context) };
  return next;
}

/** What a rotation of all does next with each, as the update leaves them. */
function withOrder(state: SecretsState, { requests: { all } }: UpdatePlan): SecretsState {
  if (all?.stage !== "auto") return state;
  const { step } = planRotationOrder(state.staged, all, "rotation.all");
  const staged = byStagedCA((name) => {
    const until = step?.resting.find((resting) => resting.name === name)?.until;
    return { ...state.staged[name], order: until === undefined ? {} : { restsUntil: until } };
  });
  return { ...state, staged };
}

async function applyStaged(
  state: SecretsState,
  plan: UpdatePlan,
  name: StagedName,
  inputs: SecretsInputs,
  context: Context,
): Promise<SecretsState> {
  const { action, state: position, supplied, isAutomatic } = plan.staged[name];
  if (action === "none")
    return { ...state, staged: { ...state.staged, [name]: { ...state.staged[name], isAutomatic } } };
  const { other, retired } = state.staged[name];
  const current = issuingSecret(state.bundle, name);
  const isMade = action === "begin" || action === "replace";
  const next = supplied?.secret ?? (isMade ? await makeNext(state, name, inputs, context) : undefined);
  const moved = move(action, current, other, next);
  const bundle = withStagedSecret(state.bundle, name, moved.issuing);
  const issues = issuingFingerprint(bundle, name);
  const gone = moved.issuing === current ? [] : [issuingFingerprint(state.bundle, name)];
  const staged: StagedState = {
    ...position,
    isAutomatic,
    retired: [...new Set([...retired, ...gone])].filter((old) => old !== issues),
    ...(moved.other === undefined ? {} : { other: moved.other }),
  };
  return { ...state, bundle, staged: { ...state.staged, [name]: staged } };
}

/** Which CA issues and which is beside it after a move. */
function move(
  action: RotationAction,
  current: StagedSecret,
  other: StagedSecret | undefined,
  next: StagedSecret | undefined,
): { readonly issuing: StagedSecret; readonly other?: StagedSecret } {
  const needed = (secret: StagedSecret | undefined): StagedSecret => {
    if (secret !== undefined) return secret;
    throw new PkiError(
      "ERR_ROTATION_ILLEGAL",
      "the other CA of this rotation is not in the state; restore the state that holds it",
      { path: "rotation" },
    );
  };
  switch (action) {
    case "none":
      return { issuing: current, ...(other === undefined ? {} : { other }) };
    case "begin":
      return { issuing: current, other: needed(next) };
    case "swap":
    case "unswap":
      return { issuing: needed(other), other: current };
    case "finish":
    case "abort":
      return { issuing: current };
    case "takeOver":
    case "replace":
      return { issuing: needed(next) };
  }
}

/** The next CA or key is of the kind of the issuing one, if that works, unless the inputs say otherwise. */
async function makeNext(
  state: SecretsState,
  name: StagedName,
  inputs: SecretsInputs,
  { environment }: Context,
): Promise<StagedSecret> {
  const version = parseTalosVersion(state.talosVersion);
  const current = stagedAlgorithm(issuingSecret(state.bundle, name));
  const known = KEY_ALGORITHMS.find((algorithm) => algorithm === current);
  const usable = known !== undefined && isUsable(name, known, version) ? known : undefined;
  if (isCAName(name)) {
    const options = { ...(usable === undefined ? {} : { algorithm: usable }), ...caOptions(inputs, name) };
    return DecodedCA.of(await generateAuthority(name, version, options, environment));
  }
  const { serviceAccount } = generateOptions(inputs);
  const { config, algorithm } = INVENTORY[name];
  const key = await generatePrivateKey(serviceAccount?.algorithm ?? usable ?? algorithm(version), environment);
  return DecodedPem.of(key.pem, config.v1alpha1, key);
}

/** Replaces a secret by the one that the program supplies, else by a new one. */
function replaceSecret(
  { bundle, talosVersion }: SecretsState,
  { supplied }: UpdatePlan,
  name: OnlyImmediateName,
  inputs: SecretsInputs,
  { environment }: Context,
): Promise<DecodedBundle> {
  const rest = bundle.without(name).filledFrom(supplied.bundle);
  return generateDecodedBundle({ talosVersion, supplied: rest, ...generateOptions(inputs) }, environment);
}
