import { ADDRESS_ROWS } from "./addressRules";
import { CLUSTER_RULES } from "./clusterRules";
import { CONFLICT_RULES } from "./conflictRules";
import { CONTAINER_RULES } from "./containerRules";
import { type ConfigDocument, ConfigFacts, isEmpty, textOf, type ValidationTarget, valueAt } from "./facts";
import { INTERFACE_RULES } from "./interfaceRules";
import { KUBERNETES_RULES } from "./kubernetesRules";
import { MACHINE_RULES } from "./machineRules";
import { NETWORK_RULES } from "./networkRules";
import { NEWER_RULES } from "./newerRules";
import { type Place, placesOf, type Row, rulesOf, type ValidationRule } from "./rule";
import { RUNTIME_RULES } from "./runtimeRules";
import { VOLUME_RULES } from "./volumeRules";
import { CONTROL_PLANE_RULES, WHOLE_CONFIG_RULES } from "./wholeConfigRules";

/** A rule that a config breaks, and where. */
export interface Finding {
  readonly rule: ValidationRule;
  /** The document; missing where it is the config as a whole. */
  readonly document?: ConfigDocument;
  /** In the document, with indices. */
  readonly path: string;
}

/** Private keys of a control plane: this package gives no worker one. */
const CONTROL_PLANE_KEYS: readonly (readonly [kind: string, path: string])[] = [
  ["", "machine.ca.key"],
  ["", "cluster.ca.key"],
  ["", "cluster.aggregatorCA.key"],
  ["", "cluster.serviceAccount.key"],
  ["", "cluster.etcd.ca.key"],
  ["KubeAPIServerCAConfig", "issuingCA.key"],
  ["KubeAggregatorCAConfig", "issuingCA.key"],
  ["KubeServiceAccountConfig", "issuer.privateKey"],
];

/** Talos says so itself of these two, from v1.7 on. */
const KEYS_THAT_TALOS_REJECTS = ["machine.ca.key", "cluster.ca.key"];

const KEY_RULES: readonly ValidationRule[] = CONTROL_PLANE_KEYS.flatMap(([kind, path]): ValidationRule[] => {
  const rule: ValidationRule = {
    kind,
    path,
    reason: "config-misplaced",
    problem: "a private key of the control plane is not allowed on a worker",
    remedy: "give the certificate only",
    fatal: true,
    machine: "worker",
    breaks: ({ value }) => !isEmpty(value),
  };
  if (!KEYS_THAT_TALOS_REJECTS.includes(path)) return [{ ...rule, beyondTalos: true }];
  return [
    { ...rule, since: 7 },
    { ...rule, until: 6, beyondTalos: true },
  ];
});

/** The kind of rules that look at the config as a whole. */
const WHOLE = "*";

const legacy = (rows: readonly Row[]): ValidationRule[] => rulesOf({ "": rows });

/** Every rule, in the order in which findings are told. */
export const VALIDATION_RULES: readonly ValidationRule[] = [
  ...NEWER_RULES,
  ...KEY_RULES,
  ...ADDRESS_ROWS,
  ...CONFLICT_RULES,
  ...legacy([...MACHINE_RULES, ...INTERFACE_RULES, ...CLUSTER_RULES]),
  ...rulesOf(NETWORK_RULES),
  ...rulesOf(VOLUME_RULES),
  ...rulesOf(RUNTIME_RULES),
  ...rulesOf(CONTAINER_RULES),
  ...rulesOf(KUBERNETES_RULES),
  ...rulesOf(CONTROL_PLANE_RULES),
  ...rulesOf({ [WHOLE]: WHOLE_CONFIG_RULES }),
];

const BY_KIND = new Map<string, readonly ValidationRule[]>();
for (const rule of VALIDATION_RULES) BY_KIND.set(rule.kind, [...(BY_KIND.get(rule.kind) ?? []), rule]);

/**
 * What Talos's validation rejects of a config that can be read, and what this package does not make. Certificates are
 * not looked at further than Talos does.
 *
 * @param trusted PEM that has been parsed before
 */
export function judgeMachineConfig(
  documents: readonly ConfigDocument[],
  target: ValidationTarget,
  trusted?: ReadonlySet<string>,
): readonly Finding[] {
  const config = new ConfigFacts(documents, target, trusted);
  const found = [...documents.flatMap((document) => findingsIn(document, config)), ...findingsOfWhole(config)];
  // A config that cannot be read is not looked at further.
  const unreadable = found.filter(({ rule }) => rule.reason === "config-unknown");
  return unreadable.length > 0 ? unreadable : found;
}

/** The PEM of a config that was made from a bundle which has been parsed. */
export function pemOf(documents: readonly ConfigDocument[]): ReadonlySet<string> {
  const paths = ["issuingCA.cert", "issuingCA.key", "issuer.privateKey"];
  return new Set(documents.flatMap(({ value }) => paths.map((path) => textOf(valueAt(value, path)))));
}

function findingsIn(document: ConfigDocument, config: ConfigFacts): Finding[] {
  // Without a machine section Talos says that and nothing else of v1alpha1.
  const isBare = document.kind === "" && !config.legacy("machine");
  const rules = BY_KIND.get(document.kind) ?? [];
  return rules
    .filter((rule) => !isBare || rule.path === "machine")
    .filter((rule) => applies(rule, config))
    .flatMap((rule) =>
      placesOf(rule, document, config)
        .filter((place) => isBroken(rule, place))
        .map(({ path }) => ({ rule, document, path })),
    );
}

function findingsOfWhole(config: ConfigFacts): Finding[] {
  const [document] = config.documents;
  if (document === undefined) return [];
  return (BY_KIND.get(WHOLE) ?? []).flatMap((rule) => {
    const place: Place = { path: rule.path, value: undefined, parent: undefined, key: "", document, config };
    return applies(rule, config) && isBroken(rule, place) ? [{ rule, path: rule.path }] : [];
  });
}

/** Whether a rule holds for this Talos and this machine. */
function applies(rule: ValidationRule, { target: { minor, mode }, isControlPlane, isWorker }: ConfigFacts): boolean {
  if (minor < (rule.since ?? minor) || minor > (rule.until ?? minor)) return false;
  if (rule.modes?.includes(mode) === false) return false;
  if (rule.machine === undefined) return true;
  return rule.machine === "controlplane" ? isControlPlane : isWorker;
}

function isBroken(rule: ValidationRule, place: Place): boolean {
  return rule.when?.(place) !== false && rule.breaks(place);
}
