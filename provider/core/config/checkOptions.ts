import { collectProblems, type Problem } from "../errors";
import {
  defaultInstallImage,
  defaultKubernetesVersion,
  hasFeature,
  parseTalosVersion,
  type TalosVersion,
} from "../talosVersion";
import { valueAt } from "../secrets/fields";
import { isDnsName } from "../x509/subjectAltNames";
import { isIpAddress } from "../ipAddress";
import { checkClusterEndpoint } from "./clusterEndpoint";
import type { MachineConfigInput, MachineConfigOptions } from "./machineConfigOptions";
import { isWholeBundle, MACHINE_FIELDS, type MachineSecrets, secretsForMachine } from "./machineSecrets";
import { distinctCertificates } from "./trust";

export interface CheckedOptions {
  /** Missing when there are problems. */
  readonly input?: MachineConfigInput;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

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
  const problems: Problem[] = missingOptions(options);
  const warnings: Problem[] = [];
  if (problems.length > 0) return { problems, warnings };
  const version = collectProblems(problems, () => parseTalosVersion(options.talosVersion, "talosVersion", oldest));
  const { endpoint, ...endpointReport } = checkClusterEndpoint(options.clusterEndpoint);
  problems.push(...endpointReport.problems);
  warnings.push(...endpointReport.warnings);
  problems.push(...machineProblems(options, version), ...textProblems(options));
  warnings.push(...oddities(options, version));
  problems.push(
    ...kubernetesVersionProblems(options.kubernetesVersion, version),
    ...mirrorProblems(options.registryMirrors ?? {}),
  );
  for (const name of ["certSANs", "additionalSans"] as const) checkNames(options[name] ?? [], name, problems, warnings);
  const accepted = checkTrust(options, version, problems);
  if (problems.length > 0 || version === undefined || endpoint === undefined) return { problems, warnings };
  return { input: { ...filledIn(options, version), ...accepted, endpoint }, problems, warnings };
}

/** Options that a program without types has left out. */
function missingOptions(options: MachineConfigOptions): Problem[] {
  const names = ["clusterName", "clusterEndpoint", "machineType", "talosVersion"];
  const secrets = MACHINE_FIELDS.map((name) => `secrets.${name}`);
  return [...names, ...secrets]
    .filter((name) => typeof valueAt(options, name.split(".")) !== "string")
    .map((path) => ({ code: "ERR_INPUT_MISSING", path, message: "is required; expected a string" }));
}

function filledIn(
  options: MachineConfigOptions,
  version: TalosVersion,
): Omit<MachineConfigInput, "endpoint" | "acceptedCAs" | "kubernetesAcceptedCAs"> {
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

/** What talosctl generates without a word and Talos then refuses or takes otherwise than meant. */
function oddities(options: MachineConfigOptions, version: TalosVersion | undefined): Problem[] {
  const odd = (path: string, message: string): Problem => ({ code: "ERR_CONFIG_INVALID", path, message });
  const { aescbcEncryptionSecret } = options.secrets.secrets as { aescbcEncryptionSecret?: string };
  const isCarried =
    options.machineType === "controlplane" &&
    Boolean(aescbcEncryptionSecret) &&
    version !== undefined &&
    !hasFeature(version, "aescbcEncryption");
  return [
    ...(options.clusterName === "" ? [odd("clusterName", "is empty; give the name of the cluster")] : []),
    ...(options.kubeSpan === true && options.clusterDiscovery === false
      ? [odd("kubeSpan", "KubeSpan requires cluster discovery to be enabled; leave clusterDiscovery on")]
      : []),
    ...(isCarried
      ? [
          odd(
            "secrets.secrets.aescbcEncryptionSecret",
            `is of Talos v1.2 or older and carried into the config of ${version.contract}, where talosctl would lose it; move the cluster to a secretbox key`,
          ),
        ]
      : []),
  ];
}

function machineProblems(options: MachineConfigOptions, version: TalosVersion | undefined): Problem[] {
  const { machineType, secrets } = options;
  if (!["controlplane", "worker"].includes(machineType)) {
    return [
      bad("machineType", `${JSON.stringify(machineType)} is no machine type; expected "controlplane" or "worker"`),
    ];
  }
  if (machineType === "worker") return [];
  if (!isWholeBundle(secrets)) {
    const message = "lacks private keys that a control plane needs; give the whole secrets bundle";
    return [{ code: "ERR_INPUT_MISSING", path: "secrets.certs", message }];
  }
  return version === undefined ? [] : encryptionProblems(secrets, version);
}

/** A key that nodes of this version do not read would leave the cluster without its encrypted data. */
function encryptionProblems(secrets: MachineSecrets, version: TalosVersion): Problem[] {
  const { secretboxEncryptionSecret: secretbox } = secrets.secrets as { secretboxEncryptionSecret?: string };
  if (!hasFeature(version, "aescbcEncryption") || !secretbox) return [];
  const message = `holds a secretbox key, which Talos ${version.contract} does not read; expected an AES-CBC key or a newer talosVersion`;
  return [{ code: "ERR_CONFIG_INVALID", path: "secrets.secrets.secretboxEncryptionSecret", message }];
}

function kubernetesVersionProblems(text: string | undefined, version: TalosVersion | undefined): Problem[] {
  if (text === undefined || KUBERNETES_VERSION.test(text)) return [];
  if (text !== "")
    return [bad("kubernetesVersion", `${JSON.stringify(text)} is no Kubernetes version; expected one like 1.36.0`)];
  if (version === undefined || !hasFeature(version, "kubernetesDocuments")) return [];
  return [
    bad(
      "kubernetesVersion",
      "kubernetes version must be specified; leave it out for the default or give one like 1.37.0",
    ),
  ];
}

function textProblems(options: MachineConfigOptions): Problem[] {
  const problems: Problem[] = [];
  const { dnsDomain, installDisk, installImage } = options;
  if (dnsDomain !== undefined && !isDnsName(dnsDomain.replace(/\.$/, ""))) {
    problems.push(
      bad("dnsDomain", `${JSON.stringify(dnsDomain)} is not a valid DNS name; expected one like cluster.local`),
    );
  }
  for (const [path, value, example] of [
    ["installDisk", installDisk, "/dev/sda"],
    ["installImage", installImage, "ghcr.io/siderolabs/installer:v1.13.0"],
  ] as const) {
    if (value !== undefined && !/^[\x21-\x7e]*$/.test(value)) {
      problems.push(
        bad(path, `holds a space or another character that cannot be in it; expected something like ${example}`),
      );
    }
  }
  return problems;
}

function mirrorProblems(mirrors: Readonly<Record<string, readonly string[]>>): Problem[] {
  return Object.entries(mirrors).flatMap(([host, urls]) => {
    const path = `registryMirrors[${JSON.stringify(host)}]`;
    if (!REGISTRY_HOST.test(host)) return [bad(path, "is no registry host; expected one like docker.io")];
    if (urls.length === 0) return [bad(path, "has no URL; expected one like https://mirror.example.org")];
    return urls.flatMap((url, index) =>
      MIRROR_URL.test(url) ? [] : [bad(`${path}[${index}]`, "is no URL; expected one like https://mirror.example.org")],
    );
  });
}

function checkNames(names: readonly string[], property: string, problems: Problem[], warnings: Problem[]): void {
  names.forEach((name, index) => {
    const path = `${property}[${index}]`;
    // Go refuses to put these into a certificate, so the node would have none.
    if (name === "")
      problems.push({ code: "ERR_SAN_INVALID", path, message: "is empty; expected an IP address or DNS name" });
    else if (!/^[\x20-\x7e]*$/.test(name)) {
      const message = `${JSON.stringify(name)} cannot stand in a certificate; expected an IP address or a DNS name in ASCII (punycode)`;
      problems.push({ code: "ERR_SAN_INVALID", path, message });
    } else if (!isIpAddress(name) && !isDnsName(name)) {
      const message = `${JSON.stringify(name)} is neither an IP address nor a DNS name, so no client will match it; expected one like 10.0.0.1 or node.example.org`;
      warnings.push({ code: "ERR_SAN_INVALID", path, message });
    }
  });
}

function checkTrust(options: MachineConfigOptions, version: TalosVersion | undefined, problems: Problem[]) {
  const { acceptedCAs = [], kubernetesAcceptedCAs = [], secrets } = options;
  for (const [path, list] of Object.entries({ acceptedCAs, kubernetesAcceptedCAs })) {
    if (list.length > 0 && version !== undefined && !hasFeature(version, "acceptedCAs")) {
      problems.push(bad(path, `Talos ${version.contract} knows no accepted authorities; they need v1.7 or newer`));
    }
  }
  const distinct = (texts: readonly string[], path: string, issuing: string): readonly string[] =>
    collectProblems(problems, () => distinctCertificates(texts, path, issuing)) ?? [];
  return {
    acceptedCAs: distinct(acceptedCAs, "acceptedCAs", secrets.certs.os.crt),
    kubernetesAcceptedCAs: distinct(kubernetesAcceptedCAs, "kubernetesAcceptedCAs", secrets.certs.k8s.crt),
  };
}
