import { describeConfigChanges } from "../../core/config/configChanges";
import { generateMachineConfig } from "../../core/config/machineConfig";
import { MACHINE_FIELDS } from "../../core/config/machineSecrets";
import { collectProblems, describeProblem, type Problem } from "../../core/errors";
import { canonical } from "../../core/lifecycle/renewal";
import { BUNDLE_FIELDS, setAt, valueAt } from "../../core/secrets/fields";
import { joinPath, type PartialSecretsBundle } from "../../core/secrets/read";
import { validateSecretsBundle } from "../../core/secrets/validate";
import {
  defaultInstallImage,
  defaultKubernetesVersion,
  NEWEST_TALOS_VERSION,
  parseTalosVersion,
} from "../../core/talosVersion";
import { authorityProblems } from "../../core/x509/authority";
import { parseCertificate, parseCertificates } from "../../core/x509/certificate";
import { decodeBase64 } from "../../core/x509/pem";
import { type CheckVerdict, SECRET_INPUTS, type Values } from "../definition";
import { memoize } from "../memo";
import { checkProperties, wellFormed } from "../schema";
import { type ClusterSecrets, keepSecrets, readSecretsInput } from "../secretsInput";
import { holdsUnknown, UNKNOWN } from "../wire";
import { INPUTS } from "./inputs";
import { configOptions, DEFAULTED } from "./options";
import { type AuthorityPlace, lifetimeNotices, placesOfSecrets } from "./lifetimes";
import { redaction } from "./redaction";
import { tryConfig } from "./trial";

/** Checks the inputs of a MachineConfig; every problem that can be told from what is known. */
export function checkMachineConfig(olds: Values, given: Values, now: Date): CheckVerdict {
  const { [SECRET_INPUTS]: marked, ...news } = given;
  const problems = checkProperties(news, INPUTS);
  const known = wellFormed(news, INPUTS, problems);
  const inputs: Record<string, unknown> = { ...known };
  const secrets = holdsUnknown(known["secrets"])
    ? undefined
    : collectProblems(problems, () => readSecretsInput(known["secrets"], "secrets"));
  const authorities: AuthorityPlace[] = [];
  for (const name of ["acceptedCAs", "kubernetesAcceptedCAs"]) {
    if (known[name] === undefined || holdsUnknown(known[name])) continue;
    inputs[name] = (known[name] as unknown[]).flatMap((value, index) => {
      const path = `${name}[${index}]`;
      const certificates = readAccepted(value, path, problems);
      // An AcceptedCA tells itself that it comes near its end.
      authorities.push(...certificates.map((pem) => ({ path, pem, isWatched: typeof value !== "string" })));
      return certificates;
    });
  }
  Object.assign(inputs, versionDefaults(olds, known, secrets, problems));
  // The bundle is a secret, marked or not.
  const paths = ((marked as string[] | undefined) ?? []).filter((path) => path !== "secrets");
  if (paths.length > 0) inputs[SECRET_INPUTS] = paths;
  const type = known["machineType"];
  if (secrets === undefined) inputs["secrets"] = UNKNOWN;
  else if (type === "controlplane" || type === "worker") {
    const part = partFor(secrets.bundle, type);
    inputs["secrets"] = keepSecrets(secrets, part, ["os", "kubernetes"], true);
    authorities.unshift(...placesOfSecrets(known["secrets"], part, secrets.acceptedCAs));
  }
  const notices = lifetimeNotices(authorities, now);
  // What was written once was checked then; a stricter package must not refuse it now.
  if (problems.length === 0 && canonical(inputs) === canonical(olds)) return { inputs, problems, notices };
  const lacking = secrets === undefined ? [] : bundleProblems(secrets, type);
  problems.push(...lacking);
  if (lacking.length > 0) inputs["secrets"] = UNKNOWN;
  const verdict = tryConfig(inputs);
  const told = problems.map(({ path }) => path);
  problems.push(...verdict.problems.filter(({ path }) => !told.includes(path)));
  const changes = verdict.machineConfig === undefined ? [] : configChanges(olds, inputs, verdict.machineConfig);
  return { inputs, problems, notices: [...notices, ...verdict.warnings.map(describeProblem), ...changes] };
}

/** More lines than a person reads are counted. */
const MOST_CHANGES = 40;

/** What the update changes in the config, as one notice of several lines. */
function configChanges(olds: Values, news: Values, machineConfig: string): string[] {
  if (Object.keys(olds).length === 0 || holdsUnknown(olds)) return [];
  // An older package may have let pass what this one refuses; then there is nothing to compare with.
  const before = collectProblems([], () => generateMachineConfig(configOptions(olds)).machineConfig);
  const changes =
    before === undefined
      ? []
      : describeConfigChanges(before, machineConfig, {
          secrets: [redaction(olds).secrets, redaction(news).secrets],
        });
  if (changes.length === 0) return [];
  const more = changes.length - MOST_CHANGES;
  const lines = [...changes.slice(0, MOST_CHANGES), ...(more > 0 ? [`and ${more} more`] : [])];
  return [`the config changes:\n${lines.map((line) => `  ${line}`).join("\n")}`];
}

// Lifetimes are of no concern here, so any time will do.
const problemsOf = memoize(
  (bundle: PartialSecretsBundle) => validateSecretsBundle(bundle, new Date(0), "secrets").problems,
);

/** What the bundle lacks for a machine of this type; a worker needs no keys, so theirs are not looked at. */
function bundleProblems({ bundle }: ClusterSecrets, type: unknown): Problem[] {
  if (type === "controlplane") return [...problemsOf(bundle)];
  const problems: Problem[] = [];
  for (const field of BUNDLE_FIELDS.filter((candidate) => MACHINE_FIELDS.includes(candidate.bundle.join(".")))) {
    const value = valueAt(bundle, field.bundle);
    const path = joinPath("secrets", field.talosctl);
    if (typeof value !== "string" || value === "") {
      problems.push({ code: "ERR_INPUT_MISSING", path, message: "is required; expected the bundle of a cluster" });
    } else if (field.kind === "pem") {
      const certificate = collectProblems(problems, () => parseCertificate(value, path));
      if (certificate !== undefined) problems.push(...authorityProblems(certificate, path));
    }
  }
  return problems;
}

/** The part of a bundle that a machine of this type needs, complete or not: no private key for a worker. */
function partFor(bundle: PartialSecretsBundle, type: "controlplane" | "worker"): PartialSecretsBundle {
  if (type === "controlplane") return bundle;
  const part: Record<string, unknown> = {};
  for (const field of MACHINE_FIELDS.map((name) => name.split("."))) {
    const value = valueAt(bundle, field);
    if (value !== undefined) setAt(part, field, value);
  }
  return part;
}

/** PEM, base64 of PEM, or the outputs of an AcceptedCA. */
function readAccepted(value: unknown, path: string, problems: Problem[]): string[] {
  if (typeof value === "string") {
    const decoded = value.includes("-----BEGIN") ? undefined : decodeBase64(value.replace(/\s+/g, ""));
    const text = decoded === undefined ? value : Buffer.from(decoded).toString("utf8");
    const certificates = collectProblems(problems, () => parseCertificates(text, path)) ?? [];
    problems.push(...certificates.flatMap((certificate) => authorityProblems(certificate, path)));
    return certificates.map(({ pem }) => pem);
  }
  const { certificates, certificatePem } = (value ?? {}) as { certificates?: unknown; certificatePem?: unknown };
  if (Array.isArray(certificates)) return certificates.flatMap((item) => readAccepted(item, path, problems));
  if (typeof certificatePem === "string") return [certificatePem];
  problems.push({ code: "ERR_INPUT_INVALID", path, message: "is no authority; expected PEM text or an AcceptedCA" });
  return [];
}

/**
 * What follows from the Talos version where it is not given. Once written such a default stays, whatever a newer
 * package would choose, until the Talos version itself changes.
 */
function versionDefaults(olds: Values, news: Values, secrets: ClusterSecrets | undefined, problems: Problem[]): Values {
  const oldDefaults = (olds[DEFAULTED] as string[] | undefined) ?? [];
  const kept = (name: string): unknown => (oldDefaults.includes(name) ? olds[name] : undefined);
  const talosVersion =
    news["talosVersion"] ??
    (secrets === undefined
      ? kept("talosVersion")
      : (secrets.talosVersion ?? kept("talosVersion") ?? NEWEST_TALOS_VERSION));
  if (typeof talosVersion !== "string" || holdsUnknown(talosVersion)) return {};
  const version = collectProblems(problems, () => parseTalosVersion(talosVersion));
  if (version === undefined) return {};
  const sameVersion = olds["talosVersion"] === talosVersion;
  const values: Record<string, unknown> = { talosVersion };
  const defaults = news["talosVersion"] === undefined ? ["talosVersion"] : [];
  const byRelease = { installImage: defaultInstallImage, kubernetesVersion: defaultKubernetesVersion };
  for (const [name, defaultOf] of Object.entries(byRelease)) {
    if (news[name] !== undefined) continue;
    values[name] = (sameVersion ? kept(name) : undefined) ?? defaultOf(version);
    defaults.push(name);
  }
  return { ...values, [DEFAULTED]: defaults };
}
