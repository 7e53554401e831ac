import type { Problem } from "../errors";
import { ADDRESS_RULES, placeOf, textsOf } from "./addressRules";
import type { ConfigDocument } from "./documents";
import type { SchemaVersion } from "./schema";
import { type ConfigValue, isConfigMap } from "./value";

export interface ConfigVerdict {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** The rules that are broken, to tell what a patch has broken from what was broken before. */
  readonly broken: ReadonlySet<unknown>;
}

/** What a config of several documents says, by kind and dotted path; the v1alpha1 document has the kind "". */
class Facts {
  constructor(readonly documents: readonly ConfigDocument[]) {}

  get(kind: string, path = ""): ConfigValue {
    const document = this.documents.find((candidate) => candidate.kind === kind);
    if (document === undefined || path === "") return document?.value;
    return path
      .split(".")
      .reduce<ConfigValue>((value, key) => (isConfigMap(value) ? value.get(key) : undefined), document.value);
  }

  has(kind: string, path = ""): boolean {
    const value = this.get(kind, path);
    return value !== undefined && value !== null && value !== "";
  }

  get isControlPlane(): boolean {
    return ["controlplane", "init"].includes(this.get("", "machine.type") as string);
  }

  get isWorker(): boolean {
    return ["worker", "join"].includes(this.get("", "machine.type") as string);
  }
}

interface Rule {
  readonly path: string;
  /** What is wrong; what would be right. */
  readonly message: string;
  /** Refused by this package; other rules warn of what Talos's own `validate` refuses. */
  readonly fatal?: true;
  /** Only Talos from this version on says so. */
  readonly since?: SchemaVersion;
  breaks(facts: Facts): boolean;
}

const AUTHORITIES_OF_CONTROL_PLANE: readonly (readonly [kind: string, path: string])[] = [
  ["", "machine.ca.key"],
  ["", "cluster.ca.key"],
  ["", "cluster.aggregatorCA.key"],
  ["", "cluster.serviceAccount.key"],
  ["", "cluster.etcd.ca.key"],
  ["KubeAPIServerCAConfig", "issuingCA.key"],
  ["KubeAggregatorCAConfig", "issuingCA.key"],
  ["KubeServiceAccountConfig", "issuer.privateKey"],
];

/** Documents that say the same as a section of v1alpha1. Source: V1Alpha1ConflictValidate in config/types/k8s, v1.14.1. */
const TWINS: readonly (readonly [kind: string, path: string])[] = [
  ["KubeAPIServerConfig", "cluster.apiServer"],
  ["KubeAPIServerCAConfig", "cluster.ca"],
  ["KubeAPIServerCAConfig", "cluster.acceptedCAs"],
  ["KubeAggregatorCAConfig", "cluster.aggregatorCA"],
  ["KubeServiceAccountConfig", "cluster.serviceAccount"],
  ["KubeControllerManagerConfig", "cluster.controllerManager"],
  ["KubeSchedulerConfig", "cluster.scheduler"],
  ["KubeProxyConfig", "cluster.proxy"],
  ["KubeNetworkConfig", "cluster.network"],
  ["KubeletConfig", "machine.kubelet"],
  ["KubeEtcdEncryptionConfig", "cluster.secretboxEncryptionSecret"],
  ["KubeEtcdEncryptionConfig", "cluster.aescbcEncryptionSecret"],
];

/** Source: siderolabs/talos pkg/machinery/config/types/v1alpha1/v1alpha1_validation.go and container.go, v1.13.0 and v1.14.1. */
const RULES: readonly Rule[] = [
  ...AUTHORITIES_OF_CONTROL_PLANE.map(([kind, path]): Rule => ({
    path: kind === "" ? path : `${kind}.${path}`,
    message: "a private key of the control plane is not allowed on a worker; give the certificate only",
    fatal: true,
    breaks: (facts) => facts.isWorker && facts.has(kind, path),
  })),
  ...ADDRESS_RULES.map((rule): Rule => ({
    path: placeOf(rule),
    message: `${rule.what}; ${rule.cure}`,
    fatal: true,
    breaks: (facts) => textsOf(facts.get(rule.kind), rule).some((text) => !rule.accepts(text)),
  })),
  ...TWINS.map(([kind, path]): Rule => ({
    path,
    message: `stands beside the document ${kind}, so Talos refuses or ignores it; patch the document instead`,
    since: "1.14",
    breaks: (facts) => facts.has(kind) && facts.has("", path),
  })),
  {
    path: "machine.type",
    message: 'unknown machine type; expected "controlplane" or "worker"',
    breaks: (facts) => facts.has("", "machine") && !facts.isControlPlane && !facts.isWorker,
  },
  {
    path: "machine.ca",
    message: "issuing CA is required (.machine.ca); leave it in",
    breaks: (facts) => facts.isControlPlane && !facts.has("", "machine.ca"),
  },
  {
    path: "machine.ca.key",
    message: "issuing CA key is required for controlplane nodes (.machine.ca.key); patch certificate and key together",
    breaks: (facts) => facts.isControlPlane && facts.has("", "machine.ca") && !facts.has("", "machine.ca.key"),
  },
  {
    path: "machine.ca.crt",
    message:
      "trusted CA certificates are required on non-controlplane nodes (.machine.ca.crt, .machine.acceptedCAs); leave one in",
    breaks: (facts) => facts.isWorker && !facts.has("", "machine.ca.crt") && !facts.has("", "machine.acceptedCAs"),
  },
  {
    path: "cluster.etcd",
    message: "etcd config is only allowed on control plane machines; leave it out",
    breaks: (facts) => facts.isWorker && facts.has("", "cluster.etcd"),
  },
  {
    path: "cluster",
    message: "etcd encryption config is required for control plane machines running kube-apiserver; leave it in",
    since: "1.14",
    breaks: (facts) =>
      facts.isControlPlane &&
      (facts.has("", "cluster.apiServer") || facts.has("KubeAPIServerConfig")) &&
      !facts.has("KubeEtcdEncryptionConfig") &&
      !facts.has("", "cluster.secretboxEncryptionSecret") &&
      !facts.has("", "cluster.aescbcEncryptionSecret"),
  },
  {
    path: "kubeSpan",
    message: "KubeSpan requires cluster discovery to be enabled; turn it on",
    breaks: (facts) => isKubeSpanOn(facts) && !isDiscoveryOn(facts),
  },
];

function isKubeSpanOn(facts: Facts): boolean {
  return facts.get("KubeSpanConfig", "enabled") === true || facts.get("", "machine.network.kubespan.enabled") === true;
}

function isDiscoveryOn(facts: Facts): boolean {
  return facts.has("DiscoveryServiceConfig") || facts.get("", "cluster.discovery.enabled") === true;
}

/**
 * What Talos, or this package, would not take of a config that can be read: CA keys on a worker, bad subnets and bad
 * addresses are problems, what `talosctl validate` refuses are warnings. Certificates are not looked at.
 *
 * @param before the verdict on the config before it was patched: what was broken then is not warned of again
 */
export function judgeMachineConfig(
  documents: readonly ConfigDocument[],
  schemaVersion: SchemaVersion,
  path = "",
  before: Pick<ConfigVerdict, "broken"> = { broken: new Set() },
): ConfigVerdict {
  const facts = new Facts(documents);
  const broken = RULES.filter((rule) => (rule.since ?? schemaVersion) === schemaVersion && rule.breaks(facts));
  const found = (rules: readonly Rule[]): Problem[] =>
    rules.map((rule) => ({
      code: "ERR_CONFIG_INVALID",
      path: path === "" ? rule.path : path,
      message: path === "" ? rule.message : `${rule.path}: ${rule.message}`,
    }));
  return {
    problems: found(broken.filter(({ fatal }) => fatal)),
    warnings: found(broken.filter((rule) => !rule.fatal && !before.broken.has(rule))),
    broken: new Set(broken),
  };
}
