import type { RotationAction } from "../../core/lifecycle/rotation";
import { PkiError, type Problem } from "../../core/errors";
import { authorityPem, BUNDLE_KEYS, generateAuthority } from "../../core/secrets/authority";
import { generateSecretsBundle, generateServiceAccountKey, type GenerateOptions } from "../../core/secrets/generate";
import { generateToken } from "../../core/secrets/tokens";
import type { CertificateAndKey, SecretsBundle } from "../../core/secrets/types";
import { parseTalosVersion } from "../../core/talosVersion";
import { KEY_ALGORITHMS, type KeyAlgorithm } from "../../core/x509/algorithms";
import { type Hours, parseHours } from "../../core/duration";
import { type Certificate, parseCertificate } from "../../core/x509/certificate";
import type { Host, Values } from "../definition";
import { mergeGiven, readAdopted } from "./adopt";
import { readGiven } from "./given";
import { serves } from "./keyLimits";
import type { ImmediateName, SecretsState, StagedName, StagedState } from "./state";
import { AT_REST, STAGED } from "./state";
import type { SecretsPlan } from "./plan";
import { readRequests } from "./requests";

type AuthorityInputs = Record<string, { algorithm?: KeyAlgorithm; validityPeriodHours?: Hours } | undefined>;

/** Makes or adopts a cluster's secrets. @throws PkiError */
export async function createState(inputs: Values, host: Host): Promise<SecretsState> {
  const problems: Problem[] = [];
  const talosVersion = String(inputs["talosVersion"]);
  const version = parseTalosVersion(talosVersion);
  const given = readGiven(inputs, version, host.environment.now(), problems);
  const adopted = await readAdopted(inputs, given.bundle, host, problems);
  const merged = problems.length === 0 ? mergeGiven(adopted.bundle, given.bundle, problems) : {};
  const requests = readRequests(inputs, version, problems);
  if (problems.length > 0) throw PkiError.of(problems);
  const bundle = await generateSecretsBundle(
    { talosVersion, given: merged, certificateAuthorities: authorityOptions(inputs), ...serviceAccountOptions(inputs) },
    host.environment,
  );
  const staged = (name: StagedName): StagedState => {
    const id = requests.staged[name]?.id;
    return id === undefined ? AT_REST : { ...AT_REST, position: "finish", id, spentIds: [id] };
  };
  return {
    bundle,
    unknown: adopted.unknown,
    talosVersion,
    staged: { os: staged("os"), kubernetes: staged("kubernetes") },
    immediate: requests.immediate,
  };
}

function authorityOptions(inputs: Values): NonNullable<GenerateOptions["certificateAuthorities"]> {
  const authorities = (inputs["certificateAuthorities"] ?? {}) as AuthorityInputs;
  return Object.fromEntries(
    Object.entries(authorities).map(([name, { algorithm, validityPeriodHours } = {}]) => [
      name,
      {
        ...(algorithm === undefined ? {} : { algorithm }),
        ...(validityPeriodHours === undefined
          ? {}
          : {
              validityPeriodHours: parseHours(
                validityPeriodHours,
                `certificateAuthorities.${name}.validityPeriodHours`,
              ),
            }),
      },
    ]),
  );
}

function serviceAccountOptions(inputs: Values): Pick<GenerateOptions, "serviceAccount"> {
  const { algorithm } = (inputs["serviceAccount"] ?? {}) as { algorithm?: KeyAlgorithm };
  return algorithm === undefined ? {} : { serviceAccount: { algorithm } };
}

/** Carries out a plan without problems. */
export async function applyPlan(
  state: SecretsState,
  plan: SecretsPlan,
  inputs: Values,
  host: Host,
): Promise<SecretsState> {
  let next: SecretsState = {
    ...state,
    talosVersion: plan.talosVersion,
    immediate: { ...state.immediate, ...plan.requests.immediate },
  };
  for (const name of STAGED) next = await applyStaged(next, plan, name, inputs, host);
  for (const name of plan.immediate) next = { ...next, bundle: await replaceValue(next, plan, name, inputs, host) };
  return next;
}

async function applyStaged(
  state: SecretsState,
  plan: SecretsPlan,
  name: StagedName,
  inputs: Values,
  host: Host,
): Promise<SecretsState> {
  const { action, state: position, brought } = plan.staged[name];
  if (action === "none") return state;
  const key = BUNDLE_KEYS[name];
  const { other, retired } = state.staged[name];
  const issuing = state.bundle.certs[key];
  const next =
    brought?.authority.pem ??
    (action === "begin" ? await makeAuthority(state, name, issuing, inputs, host) : undefined);
  const moved = move(action, issuing, other, next);
  const bundle: SecretsBundle = { ...state.bundle, certs: { ...state.bundle.certs, [key]: moved.issuing } };
  const gone = moved.issuing === issuing ? [] : [fingerprint(issuing.crt)];
  const kept = [...new Set([...retired, ...gone])].filter((old) => old !== fingerprint(moved.issuing.crt));
  const staged: StagedState = {
    ...position,
    retired: kept,
    ...(moved.other === undefined ? {} : { other: moved.other }),
  };
  return { ...state, bundle, staged: { ...state.staged, [name]: staged } };
}

/** Who issues and who stands beside after a move. */
function move(
  action: RotationAction,
  issuing: CertificateAndKey,
  other: CertificateAndKey | undefined,
  next: CertificateAndKey | undefined,
): { issuing: CertificateAndKey; other?: CertificateAndKey } {
  const needed = (pair: CertificateAndKey | undefined): CertificateAndKey => {
    if (pair !== undefined) return pair;
    throw new PkiError(
      "ERR_ROTATION_ILLEGAL",
      "the other authority of this rotation is not in the state; restore the state that holds it",
      { path: "rotation" },
    );
  };
  switch (action) {
    case "none":
      return { issuing, ...(other === undefined ? {} : { other }) };
    case "begin":
      return { issuing, other: needed(next) };
    case "swap":
    case "unswap":
      return { issuing: needed(other), other: issuing };
    case "finish":
    case "abort":
      return { issuing };
    case "takeOver":
      return { issuing: needed(next) };
  }
}

function fingerprint(pem: string): string {
  return parseCertificate(pem, "").fingerprint;
}

/** The next authority is of the kind of the issuing one, if that serves, unless the inputs say otherwise. */
async function makeAuthority(
  state: SecretsState,
  name: StagedName,
  issuing: CertificateAndKey,
  inputs: Values,
  host: Host,
): Promise<CertificateAndKey> {
  const version = parseTalosVersion(state.talosVersion);
  const algorithm = keyAlgorithm(parseCertificate(issuing.crt, name));
  const options = {
    ...(algorithm !== undefined && serves(name, algorithm, version) ? { algorithm } : {}),
    ...authorityOptions(inputs)[name],
  };
  return authorityPem(await generateAuthority(name, version, options, host.environment));
}

function keyAlgorithm(certificate: Certificate): KeyAlgorithm | undefined {
  return KEY_ALGORITHMS.find((algorithm) => algorithm === certificate.algorithm);
}

async function replaceValue(
  state: SecretsState,
  plan: SecretsPlan,
  name: ImmediateName,
  inputs: Values,
  host: Host,
): Promise<SecretsBundle> {
  const { bundle } = state;
  const { given } = plan;
  const version = parseTalosVersion(state.talosVersion);
  switch (name) {
    case "aggregator": {
      const { crt, key } = given.certs?.k8sAggregator ?? {};
      const pair =
        crt !== undefined && key !== undefined
          ? { crt, key }
          : authorityPem(
              await generateAuthority(
                "aggregator",
                version,
                authorityOptions(inputs).aggregator ?? {},
                host.environment,
              ),
            );
      return { ...bundle, certs: { ...bundle.certs, k8sAggregator: pair } };
    }
    case "serviceAccount": {
      const { algorithm } = serviceAccountOptions(inputs).serviceAccount ?? {};
      const key =
        given.certs?.k8sServiceAccount?.key ?? (await generateServiceAccountKey(version, algorithm, host.environment));
      return { ...bundle, certs: { ...bundle.certs, k8sServiceAccount: { key } } };
    }
    case "bootstrapToken":
      return {
        ...bundle,
        secrets: {
          ...bundle.secrets,
          bootstrapToken: given.secrets?.bootstrapToken ?? generateToken(host.environment),
        },
      };
    case "trustdToken":
      return { ...bundle, trustdInfo: { token: given.trustdInfo?.token ?? generateToken(host.environment) } };
  }
}
