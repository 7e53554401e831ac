import { collectProblems, PkiError, type Problem, type Warning } from "../errors";
import type { WarningReason } from "../reasons";
import {
  defaultInstallImage,
  defaultKubernetesVersion,
  hasFeature,
  parseTalosVersion,
  type TalosVersion,
} from "../talosVersion";
import { byName } from "../secrets/byName";
import { valueAt } from "../secrets/fields";
import { CA_NAMES, HALVES, INVENTORY, isCAName, STAGED } from "../secrets/inventory";
import { isDnsName } from "../x509/subjectAltNames";
import { isIpAddress } from "../ipAddress";
import { checkClusterEndpoint } from "./clusterEndpoint";
import type { MachineConfigInput, MachineConfigOptions } from "./machineConfigOptions";
import { isWholeBundle, MACHINE_FIELDS, type MachineSecrets, secretsForMachine } from "./machineSecrets";
import { serviceAccountKeysOf } from "./serviceAccountKeys";
import { distinctCertificates } from "./trust";

export interface CheckedOptions {
  /** Missing when there are problems. */
  readonly input?: MachineConfigInput;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

/** Options of which a preview may know only some. */
export type KnownOptions = { readonly [Name in keyof MachineConfigOptions]?: MachineConfigOptions[Name] | undefined };

const KUBERNETES_VERSION = /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/;
const REGISTRY_HOST =
  /^(?:\*|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?)$/;
const MIRROR_URL =
  /^https?:\/\/(?:[^\s/?#@\\]+@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/:?#[\]@\\]+)(?::\d{1,5})?(?:[/?#][\x21-\x7e]*)?$/i;

/**
 * Checks the options of a machine config and fills in the defaults; every problem at once.
 *
 * @param oldest Lowest minor that is taken, see parseTalosVersion.
 */
export function checkMachineConfigOptions(options: MachineConfigOptions, oldest?: number): CheckedOptions {
  const missing = missingOptions(options);
  if (missing.length > 0) return { problems: missing, warnings: [] };
  const { version, endpoint, problems, warnings } = judgeOptions(options, oldest);
  const accepted = collectProblems(problems, () => trustOf(options, version));
  if (problems.length > 0 || version === undefined || endpoint === undefined || accepted === undefined)
    return { problems, warnings };
  return { input: { ...filledIn(options, version), ...accepted, endpoint }, problems, warnings };
}

/** The same of those options that are known: what is wrong with them whatever the others turn out to be. */
export function checkKnownOptions(options: KnownOptions): Omit<CheckedOptions, "input"> {
  const { problems, warnings } = judgeOptions(options);
  return { problems, warnings };
}

interface Judgement {
  readonly version: TalosVersion | undefined;
  readonly endpoint: MachineConfigInput["endpoint"] | undefined;
  readonly problems: Problem[];
  readonly warnings: readonly Warning[];
}

function judgeOptions(options: KnownOptions, oldest?: number): Judgement {
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  const { talosVersion, clusterEndpoint } = options;
  const version =
    talosVersion === undefined
      ? undefined
      : collectProblems(problems, () => parseTalosVersion(talosVersion, "talosVersion", oldest));
  const endpoint = clusterEndpoint === undefined ? undefined : checkClusterEndpoint(clusterEndpoint);
  problems.push(...(endpoint?.problems ?? []));
  warnings.push(...(endpoint?.warnings ?? []));
  problems.push(...machineProblems(options, version), ...textProblems(options));
  warnings.push(...oddities(options, version));
  problems.push(
    ...kubernetesVersionProblems(options.kubernetesVersion, version),
    ...mirrorProblems(options.registryMirrors ?? {}),
  );
  for (const name of ["certSANs", "additionalSans"] as const) checkNames(options[name] ?? [], name, problems, warnings);
  problems.push(...trustProblems(options, version));
  return { version, endpoint: endpoint?.endpoint, problems, warnings };
}

/** Options that a program without types has left out. */
function missingOptions(options: MachineConfigOptions): Problem[] {
  const names = ["clusterName", "clusterEndpoint", "machineType", "talosVersion"];
  const secrets = MACHINE_FIELDS.map((name) => `secrets.${name}`);
  return [...names, ...secrets]
    .filter((name) => typeof valueAt(options, name.split(".")) !== "string")
    .map((path) => ({ code: "ERR_INPUT_MISSING", path, message: "is required; must be a string" }));
}

function filledIn(
  options: MachineConfigOptions,
  version: TalosVersion,
): Omit<MachineConfigInput, "endpoint" | keyof AcceptedInput> {
  const additional = options.additionalSans ?? [];
  const secrets = secretsForMachine(options.secrets, options.machineType);
  return {
    version,
    clusterName: options.clusterName,
    kubernetesVersion: (options.kubernetesVersion ?? defaultKubernetesVersion(version)).replace(/^v/, ""),
    // What is given twice stands twice, as talosctl has it.
    machineSANs: [...new Set(options.certSANs)].filter((name) => !additional.includes(name)).concat(additional),
    apiServerSANs: additional,
    dnsDomain: options.dnsDomain ?? "cluster.local",
    installDisk: options.installDisk ?? "/dev/sda",
    installImage: options.installImage ?? defaultInstallImage(version),
    registryMirrors: new Map(
      Object.entries(options.registryMirrors ?? {}).map(([host, urls]) => [host, urls.map(lowerCaseScheme)]),
    ),
    kubeSpan: options.kubeSpan ?? false,
    clusterDiscovery: options.clusterDiscovery ?? true,
    machine:
      options.machineType === "controlplane" && isWholeBundle(secrets)
        ? { type: "controlplane", secrets }
        : { type: "worker", secrets },
  };
}

/** As Go's net/url writes it. */
const lowerCaseScheme = (url: string): string => url.replace(/^[A-Za-z]+/, (scheme) => scheme.toLowerCase());

const bad = (path: string, message: string): Problem => ({ code: "ERR_INPUT_INVALID", path, message });

/** What talosctl generates without a word and Talos then rejects or takes otherwise than meant. */
function oddities(options: KnownOptions, version: TalosVersion | undefined): Warning[] {
  const odd = (reason: WarningReason, path: string, message: string): Warning => ({
    severity: "warning",
    reason,
    path,
    message,
  });
  const { aescbcEncryptionSecret } = encryptionSecrets(options.secrets);
  const isCarried =
    options.machineType === "controlplane" &&
    Boolean(aescbcEncryptionSecret) &&
    version !== undefined &&
    !hasFeature(version, "aescbcEncryption");
  return [
    ...(options.clusterName === ""
      ? [odd("empty-cluster-name", "clusterName", "is empty; give the name of the cluster")]
      : []),
    ...(options.kubeSpan === true && options.clusterDiscovery === false
      ? [
          odd(
            "needs-discovery",
            "kubeSpan",
            "KubeSpan requires cluster discovery to be enabled; leave clusterDiscovery on",
          ),
        ]
      : []),
    ...(isCarried
      ? [
          odd(
            "encryption-key-carried",
            "secrets.secrets.aescbcEncryptionSecret",
            `is of Talos v1.2 or older and carried into the config of ${version.contract}, where talosctl would lose it; move the cluster to a secretbox key`,
          ),
        ]
      : []),
  ];
}

function machineProblems(options: KnownOptions, version: TalosVersion | undefined): Problem[] {
  const { machineType, secrets } = options;
  if (machineType === undefined) return [];
  if (!["controlplane", "worker"].includes(machineType)) {
    return [
      bad("machineType", `${JSON.stringify(machineType)} is not a machine type; must be "controlplane" or "worker"`),
    ];
  }
  if (machineType === "worker" || secrets === undefined) return [];
  if (!isWholeBundle(secrets)) {
    const message = "lacks private keys that a control plane needs; give the whole secrets bundle";
    return [{ code: "ERR_INPUT_MISSING", path: "secrets.certs", message }];
  }
  return version === undefined ? [] : encryptionProblems(secrets, version);
}

/** The keys that encrypt Secrets in etcd; the reduced bundle of a worker has none. */
function encryptionSecrets(secrets: MachineSecrets | undefined): {
  readonly aescbcEncryptionSecret?: string;
  readonly secretboxEncryptionSecret?: string;
} {
  return secrets !== undefined && isWholeBundle(secrets) ? secrets.secrets : {};
}

/** A key that nodes of this version do not read would leave the cluster without its encrypted data. */
function encryptionProblems(secrets: MachineSecrets, version: TalosVersion): Problem[] {
  const { secretboxEncryptionSecret: secretbox } = encryptionSecrets(secrets);
  if (!hasFeature(version, "aescbcEncryption") || !secretbox) return [];
  const message = `holds a secretbox key, which Talos ${version.contract} does not read; must be an AES-CBC key or a newer talosVersion`;
  return [{ code: "ERR_CONFIG_INVALID", path: "secrets.secrets.secretboxEncryptionSecret", message }];
}

function kubernetesVersionProblems(text: string | undefined, version: TalosVersion | undefined): Problem[] {
  if (text === undefined || KUBERNETES_VERSION.test(text)) return [];
  if (text !== "")
    return [bad("kubernetesVersion", `${JSON.stringify(text)} is not a Kubernetes version; must be one like 1.36.0`)];
  if (version === undefined || !hasFeature(version, "kubernetesDocuments")) return [];
  return [
    bad(
      "kubernetesVersion",
      "kubernetes version must be specified; leave it out for the default or give one like 1.37.0",
    ),
  ];
}

function textProblems(options: KnownOptions): Problem[] {
  const problems: Problem[] = [];
  const { dnsDomain, installDisk, installImage } = options;
  if (dnsDomain !== undefined && !isDnsName(dnsDomain.replace(/\.$/, ""))) {
    problems.push(
      bad("dnsDomain", `${JSON.stringify(dnsDomain)} is not a valid DNS name; must be one like cluster.local`),
    );
  }
  for (const [path, value, example] of [
    ["installDisk", installDisk, "/dev/sda"],
    ["installImage", installImage, "ghcr.io/siderolabs/installer:v1.13.0"],
  ] as const) {
    if (value !== undefined && !/^[\x21-\x7e]*$/.test(value)) {
      problems.push(
        bad(path, `holds a space or another character that cannot be in it; must be something like ${example}`),
      );
    }
  }
  return problems;
}

function mirrorProblems(mirrors: Readonly<Record<string, readonly string[]>>): Problem[] {
  return Object.entries(mirrors).flatMap(([host, urls]) => {
    const path = `registryMirrors[${JSON.stringify(host)}]`;
    if (!REGISTRY_HOST.test(host)) return [bad(path, "is not a registry host; must be one like docker.io")];
    if (urls.length === 0) return [bad(path, "has no URL; must be one like https://mirror.example.org")];
    return urls.flatMap((url, index) =>
      MIRROR_URL.test(url)
        ? []
        : [bad(`${path}[${index}]`, "is not a URL; must be one like https://mirror.example.org")],
    );
  });
}

function checkNames(names: readonly string[], property: string, problems: Problem[], warnings: Warning[]): void {
  names.forEach((name, index) => {
    const path = `${property}[${index}]`;
    // Go refuses to put these into a certificate, so the node would have none.
    if (name === "")
      problems.push({ code: "ERR_SAN_INVALID", path, message: "is empty; must be an IP address or DNS name" });
    else if (!/^[\x20-\x7e]*$/.test(name)) {
      const message = `${JSON.stringify(name)} cannot stand in a certificate; must be an IP address or a DNS name in ASCII (punycode)`;
      problems.push({ code: "ERR_SAN_INVALID", path, message });
    } else if (!isIpAddress(name) && !isDnsName(name)) {
      const message = `${JSON.stringify(name)} is neither an IP address nor a DNS name, so no client will match it; must be one like 10.0.0.1 or node.example.org`;
      warnings.push({ severity: "warning", reason: "name-matches-nothing", path, message });
    }
  });
}

/** Options with what a node accepts beside what issues. */
const ACCEPTED_OPTIONS = STAGED.map((name) => ({ name, option: INVENTORY[name].acceptedOption }));

function trustProblems(options: KnownOptions, version: TalosVersion | undefined): Problem[] {
  if (version === undefined || hasFeature(version, "acceptedCAs")) return [];
  return ACCEPTED_OPTIONS.filter(({ option }) => (options[option] ?? []).length > 0).map(({ name, option }) =>
    bad(
      option,
      `Talos ${version.contract} knows no accepted ${isCAName(name) ? "CAs" : "keys"}; they need v1.7 or newer`,
    ),
  );
}

type AcceptedInput = Pick<MachineConfigInput, "accepted" | "serviceAccountKeys">;

/** What is accepted, as it is written. @throws PkiError ERR_PRIVATE_KEY_GIVEN, ERR_PEM_INVALID, all at once */
function trustOf(options: MachineConfigOptions, version: TalosVersion | undefined): AcceptedInput {
  const problems: Problem[] = [];
  const { secrets } = options;
  const accepted = byName(CA_NAMES, (name) => {
    const { acceptedOption, bundle } = INVENTORY[name];
    const issuing = valueAt(secrets, [...bundle.split("."), HALVES.crt.bundle]);
    return (
      collectProblems(problems, () =>
        distinctCertificates(options[acceptedOption] ?? [], acceptedOption, typeof issuing === "string" ? issuing : ""),
      ) ?? []
    );
  });
  const serviceAccountKeys = collectProblems(problems, () => serviceAccountKeysOf(options, version)) ?? [];
  if (problems.length > 0) throw PkiError.of(problems);
  return { accepted, serviceAccountKeys };
}
