import { describeConfigChanges } from "../core/config/configChanges";
import { checkMachineConfigOptions } from "../core/config/checkOptions";
import { generateMachineConfig } from "../core/config/machineConfig";
import type { MachineConfigOptions } from "../core/config/machineConfigOptions";
import { type MachineSecrets, secretsForMachine } from "../core/config/machineSecrets";
import { configHash, redactMachineConfig } from "../core/config/redact";
import { collectProblems, describeProblem, type Problem } from "../core/errors";
import { canonical } from "../core/lifecycle/renewal";
import { BUNDLE_FIELDS, valueAt } from "../core/secrets/fields";
import { joinPath, type PartialSecretsBundle } from "../core/secrets/read";
import { validateSecretsBundle } from "../core/secrets/validate";
import {
  defaultInstallImage,
  defaultKubernetesVersion,
  NEWEST_TALOS_VERSION,
  parseTalosVersion,
  SUPPORTED_TALOS_VERSIONS,
} from "../core/talosVersion";
import { authorityProblems } from "../core/x509/authority";
import { parseCertificate, parseCertificates } from "../core/x509/certificate";
import { decodeBase64, encodeBase64 } from "../core/x509/pem";
import { memoize } from "./memo";
import { type CheckVerdict, COMPARE, type ResourceDefinition, type Values } from "./definition";
import {
  ANY,
  BOOLEAN,
  checkProperties,
  type Properties,
  type PropertyType,
  STRING,
  STRINGS,
  wellFormed,
} from "./schema";
import { type ClusterSecrets, keepSecrets, readSecretsInput, SECRETS_INPUT } from "./secretsInput";
import { holdsUnknown, UNKNOWN } from "./wire";

const AUTHORITIES: PropertyType = { kind: "list", item: ANY };

const INPUTS: Properties = {
  secrets: SECRETS_INPUT,
  clusterName: { type: STRING, description: "Name of the cluster.", required: true },
  clusterEndpoint: {
    type: STRING,
    description:
      "URL of the Kubernetes API, `https://host:6443`. Without a port it is taken as talosctl takes it, with a warning.",
    required: true,
  },
  machineType: {
    type: { kind: "enum", values: ["controlplane", "worker"] },
    description: "Role of the machine. The state of a worker's config holds no private key of an authority.",
    required: true,
  },
  talosVersion: {
    type: STRING,
    description: `Version contract or release (\`v1.13\`, \`v1.13.2\`); supported: ${SUPPORTED_TALOS_VERSIONS.join(", ")}. Default: that of \`secrets\`.`,
  },
  kubernetesVersion: {
    type: STRING,
    description: "Kubernetes version. Default: that of the Talos release; once written it stays.",
  },
  certSANs: { type: STRINGS, description: "Further names in the machine's certificate." },
  additionalSans: { type: STRINGS, description: "Further names in the machine's and the API server's certificate." },
  acceptedCAs: {
    type: AUTHORITIES,
    description:
      "Further authorities of the Talos API that the machine trusts: AcceptedCA resources, their outputs, or PEM.",
  },
  kubernetesAcceptedCAs: {
    type: AUTHORITIES,
    description: "Further Kubernetes authorities that the machine trusts, likewise.",
  },
  dnsDomain: { type: STRING, description: "DNS domain of the cluster.", default: "cluster.local" },
  installDisk: { type: STRING, description: 'Disk to install Talos to; `""` for none.', default: "/dev/sda" },
  installImage: {
    type: STRING,
    description: "Installer image. Default: that of the Talos release; once written it stays.",
  },
  registryMirrors: {
    type: { kind: "map", value: STRINGS },
    description: "Registry host to the list of its mirrors' URLs.",
  },
  kubeSpan: { type: BOOLEAN, description: "Whether KubeSpan is on.", default: false },
  clusterDiscovery: { type: BOOLEAN, description: "Whether cluster discovery is on.", default: true },
  configPatches: {
    type: { kind: "list", item: ANY },
    description: "Patches in order: YAML text or objects, several documents allowed; merged as talosctl merges.",
    secret: true,
  },
};

/** Inputs that the outputs repeat: plain facts of the config. */
const ECHOES = [
  "clusterName",
  "clusterEndpoint",
  "machineType",
  "talosVersion",
  "kubernetesVersion",
  "installImage",
] as const;

/** The machine config of one role of a cluster. */
export const MachineConfig: ResourceDefinition = {
  name: "MachineConfig",
  description:
    "A Talos machine config: what `talosctl gen config` of that version makes from the same secrets and options, without docs.",
  inputs: INPUTS,
  outputs: {
    machineConfig: { type: STRING, description: "The machine config, YAML.", secret: true },
    redactedConfig: {
      type: STRING,
      description: "The same with every secret replaced, so that a preview shows what really changes.",
    },
    configHash: { type: STRING, description: "SHA-256 of the machine config, lower-case hex." },
    ...Object.fromEntries(ECHOES.map((name) => [name, { ...INPUTS[name]!, required: false }])),
  },
  check: (olds, news) => Promise.resolve(check(olds, news)),
  diff: () => Promise.resolve(COMPARE),
  create: (inputs) => {
    const outputs = outputsOf(inputs);
    return Promise.resolve({ id: `${String(inputs["clusterName"])}/${String(inputs["machineType"])}`, outputs });
  },
  read: (outputs) => Promise.resolve(outputs),
  update: (_olds, news) => Promise.resolve({ outputs: outputsOf(news) }),
};

function check(olds: Values, news: Values): CheckVerdict {
  const problems = checkProperties(news, INPUTS);
  const known = wellFormed(news, INPUTS, problems);
  const inputs: Record<string, unknown> = { ...known };
  const secrets = holdsUnknown(known["secrets"])
    ? undefined
    : collectProblems(problems, () => readSecretsInput(known["secrets"], "secrets"));
  for (const name of ["acceptedCAs", "kubernetesAcceptedCAs"]) {
    if (known[name] === undefined || holdsUnknown(known[name])) continue;
    inputs[name] = (known[name] as unknown[]).flatMap((value, index) =>
      readAccepted(value, `${name}[${index}]`, problems),
    );
  }
  Object.assign(inputs, versionDefaults(olds, known, secrets, problems));
  const type = known["machineType"];
  const lacking = secrets === undefined ? [] : bundleProblems(secrets, type);
  problems.push(...lacking);
  if (secrets === undefined || lacking.length > 0) inputs["secrets"] = UNKNOWN;
  else if (type === "controlplane" || type === "worker") {
    const part = secretsForMachine(secrets.bundle as MachineSecrets, type);
    inputs["secrets"] = keepSecrets(secrets, part, ["os", "kubernetes"], true);
  }
  // What was written once was checked then; a stricter package must not refuse it now.
  if (canonical(inputs) === canonical(olds)) return { inputs, problems, notices: [] };
  const verdict = checkConfig(inputs);
  const told = problems.map(({ path }) => path);
  problems.push(...verdict.problems.filter(({ path }) => !told.includes(path)));
  const changes = verdict.machineConfig === undefined ? [] : configChanges(olds, verdict.machineConfig);
  return { inputs, problems, notices: [...verdict.warnings.map(describeProblem), ...changes] };
}

/** More lines than a person reads are counted. */
const MOST_CHANGES = 40;

/** What the update changes in the config, as one notice of several lines. */
function configChanges(olds: Values, machineConfig: string): string[] {
  if (Object.keys(olds).length === 0 || holdsUnknown(olds)) return [];
  const changes = describeConfigChanges(generateMachineConfig(configOptions(olds)).machineConfig, machineConfig);
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
  for (const field of BUNDLE_FIELDS.filter((candidate) => WORKER_FIELDS.includes(candidate.bundle.join(".")))) {
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

/** What every machine needs of a bundle. */
const WORKER_FIELDS = [
  "cluster.id",
  "cluster.secret",
  "secrets.bootstrapToken",
  "trustdInfo.token",
  "certs.k8s.crt",
  "certs.os.crt",
];

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

const DEFAULTED = "__defaults";

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

/** Harmless stand-ins for what a preview does not know; problems of theirs are not reported. */
const STAND_INS: Values = {
  clusterName: "unknown",
  clusterEndpoint: "https://unknown.invalid:6443",
  machineType: "controlplane",
  talosVersion: NEWEST_TALOS_VERSION,
};
const PAIR = { crt: "unknown", key: "unknown" };
const UNKNOWN_SECRETS: MachineSecrets = {
  cluster: { id: "unknown", secret: "unknown" },
  secrets: { bootstrapToken: "unknown", secretboxEncryptionSecret: "unknown" },
  trustdInfo: { token: "unknown" },
  certs: { etcd: PAIR, k8s: PAIR, k8sAggregator: PAIR, k8sServiceAccount: { key: "unknown" }, os: PAIR },
};

function checkConfig(inputs: Values): {
  problems: readonly Problem[];
  warnings: readonly Problem[];
  machineConfig?: string;
} {
  const unknown = Object.keys(INPUTS).filter((name) => holdsUnknown(inputs[name]));
  const known = {
    ...STAND_INS,
    ...Object.fromEntries(Object.entries(inputs).filter(([name]) => !unknown.includes(name))),
  };
  const problems: Problem[] = [];
  const options = configOptions(known);
  if (unknown.length > 0) {
    const { talosVersion } = inputs;
    const versions = talosVersion === undefined || holdsUnknown(talosVersion) ? ALL_VERSIONS : [talosVersion];
    const verdicts = versions.map((version) =>
      checkMachineConfigOptions(configOptions({ ...known, talosVersion: version })),
    );
    const isKnown = ({ path }: Problem): boolean => !unknown.some((name) => path.startsWith(name));
    return {
      problems: [
        ...commonProblems(verdicts.map((verdict) => verdict.problems.filter(isKnown))),
        ...patchProblems(inputs, versions),
      ],
      warnings: commonProblems(verdicts.map((verdict) => verdict.warnings.filter(isKnown))),
    };
  }
  const generated = collectProblems(problems, () => generateMachineConfig(options));
  return generated === undefined ? { problems, warnings: [] } : { problems, ...generated };
}

const ALL_VERSIONS = SUPPORTED_TALOS_VERSIONS.toReversed();

/** What is wrong in every case. */
function commonProblems(verdicts: readonly (readonly Problem[])[]): readonly Problem[] {
  const [first = [], ...others] = verdicts;
  return first.filter(({ path }) => others.every((problems) => problems.some((problem) => problem.path === path)));
}

/**
 * What is wrong with the patches whatever the unknown inputs turn out to be: they are tried on configs of stand-ins, of
 * every type and version that the machine may have.
 */
function patchProblems(inputs: Values, versions: readonly unknown[]): readonly Problem[] {
  const { configPatches, machineType } = inputs;
  if (configPatches === undefined || holdsUnknown(configPatches)) return [];
  const types = holdsUnknown(machineType) ? ["controlplane", "worker"] : [machineType];
  const verdicts = versions.flatMap((talosVersion) =>
    types.map((type) => {
      const problems: Problem[] = [];
      const standIn = { ...STAND_INS, machineType: type, talosVersion, configPatches };
      collectProblems(problems, () => generateMachineConfig(configOptions(standIn)));
      // A delete may be meant for what only the real inputs bring.
      return problems.filter(({ code, message }) => code === "ERR_PATCH_INVALID" && !message.includes("lookup failed"));
    }),
  );
  return commonProblems(verdicts);
}

/** The options of the core from checked inputs. */
function configOptions(inputs: Values): MachineConfigOptions {
  const { secrets, acceptedCAs, kubernetesAcceptedCAs, ...rest } = inputs;
  const parsed = secrets === undefined ? undefined : readSecretsInput(secrets, "secrets");
  const { [DEFAULTED]: _, ...options } = rest;
  return {
    ...options,
    secrets: (parsed?.bundle ?? UNKNOWN_SECRETS) as MachineSecrets,
    acceptedCAs: [...(parsed?.acceptedCAs.os ?? []), ...((acceptedCAs as string[] | undefined) ?? [])],
    kubernetesAcceptedCAs: [
      ...(parsed?.acceptedCAs.kubernetes ?? []),
      ...((kubernetesAcceptedCAs as string[] | undefined) ?? []),
    ],
  } as unknown as MachineConfigOptions;
}

function outputsOf(inputs: Values): Values {
  const { machineConfig } = generateMachineConfig(configOptions(inputs));
  return {
    ...Object.fromEntries(ECHOES.map((name) => [name, inputs[name]])),
    machineConfig,
    redactedConfig: redactMachineConfig(machineConfig, { secrets: secretValues(inputs["secrets"]) }),
    configHash: configHash(machineConfig),
  };
}

/** Everything in the bundle that is secret in itself; certificates and the cluster's id are not. */
function secretValues(secrets: unknown): string[] {
  const { cluster, secrets: kubernetes, trustdInfo, certs } = readSecretsInput(secrets, "secrets").bundle;
  const keys = Object.values(certs ?? {}).flatMap((pair) =>
    typeof pair.key === "string" ? [pair.key, encodeBase64(pair.key)] : [],
  );
  const texts: unknown[] = [cluster?.secret, ...Object.values(kubernetes ?? {}), trustdInfo?.token, ...keys];
  return texts.filter((text) => typeof text === "string");
}
