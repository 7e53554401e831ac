import { NEWEST_TALOS_VERSION, SUPPORTED_TALOS_VERSIONS } from "../core/talosVersion";
import { DEFAULT_MAX_PARALLEL } from "../core/cluster";
import {
  integer,
  listOf,
  mapOf,
  objectOf,
  type Properties,
  row,
  type Rows,
  secretText,
  STRING,
  text,
} from "../engine/rows";
import { Bootstrap } from "./bootstrap";
import { ClientConfiguration } from "./clientConfiguration";
import { ClusterHealth } from "./clusterHealth";
import { INPUTS as APPLY_INPUTS } from "./configurationApply/inputs";
import { INPUTS as MACHINE_CONFIG_INPUTS } from "./machineConfig/inputs";
import { INPUTS as SECRETS_INPUTS } from "./talosSecrets/inputs";
import { OUTPUTS as SECRETS_OUTPUTS } from "./talosSecrets/outputs";

/** A component: resources of this package that a program makes by one object. */
export interface Component {
  readonly name: string;
  readonly description: string;
  readonly inputs: Rows;
  readonly outputs: Properties;
  /** Inputs that a resource of it takes as they are, by its kind. */
  readonly passed: { readonly TalosSecrets: readonly string[]; readonly MachineConfig: readonly string[] };
}

/** The rows without those of some names. */
function without<R extends Rows, const N extends keyof R & string>(rows: R, names: readonly N[]): Omit<R, N> {
  const left = Object.entries(rows).filter(([name]) => !(names as readonly string[]).includes(name));
  return Object.fromEntries(left) as Omit<R, N>;
}

const NODE = objectOf(
  "ClusterNode",
  {
    address: text(
      "IP address or DNS name, with or without a port (50000). It must not depend on a config of this cluster: use a reserved address or a DNS name.",
    ).asRequired(),
    name: text("Name of the node's resources, plain text. Required where `address` is an Output. Default: `address`."),
    maintenance: APPLY_INPUTS.maintenance,
    configPatches: row(
      APPLY_INPUTS.configPatches.type,
      "Patches of this node alone, after those of the cluster: YAML text or objects.",
    ).asSecret(),
    installDisk: text('Disk to install Talos to on this node; `""` for none. Default: that of the cluster.'),
    onDestroy: row(
      APPLY_INPUTS.onDestroy.type,
      "What becomes of the machine when the node is taken away. Default: that of the cluster.",
    ),
  },
  "A machine of the cluster.",
);

const CLIENT = objectOf(
  "ClusterClient",
  without(ClientConfiguration.inputs, ["secrets", "certificateAuthority", "clusterName"]),
  "A client of the Talos API: the options of ClientConfiguration. `endpoints` and `nodes` are the control planes unless configured otherwise.",
);

const MACHINE_OPTIONS = without(MACHINE_CONFIG_INPUTS, ["secrets", "clusterName", "clusterEndpoint", "machineType"]);
const SECRETS_OPTIONS = without(SECRETS_INPUTS, ["nodes"]);

/** A whole cluster: secrets, configs, clients, nodes, health. */
export const TalosCluster: Component = {
  name: "TalosCluster",
  description:
    "A whole Talos cluster as one object: its secrets, machine configs and clients, the nodes that get the configs, etcd's start and the wait for health. Without nodes it makes the PKI and the configs, for user data.",
  inputs: {
    clusterName: MACHINE_CONFIG_INPUTS.clusterName,
    clusterEndpoint: MACHINE_CONFIG_INPUTS.clusterEndpoint,
    controlPlaneNodes: row(
      listOf(NODE),
      "The control planes. The first starts etcd; a change reaches them one after the other.",
    ).asPlain(),
    workerNodes: row(
      listOf(NODE),
      "The workers. A change reaches them after the control planes, `maxParallel` at a time.",
    ).asPlain(),
    clients: row(
      mapOf(CLIENT),
      "Clients of the Talos API by name, beside `admin`, which is always there and may be configured here too.",
    ).asPlain(),
    healthLevel: ClusterHealth.inputs.level,
    maxParallel: integer("How many workers take a change at a time.")
      .withDocumentedDefault(DEFAULT_MAX_PARALLEL)
      .asPlain(),
    onDestroy: row(
      APPLY_INPUTS.onDestroy.type,
      "What becomes of a machine when its node is taken away or the cluster is destroyed. Default: nothing.",
    ),
    timeouts: Bootstrap.inputs.timeouts,
    aliases: row(
      mapOf(STRING),
      "Resources that the stack had before, which become those of the cluster without a change: name or URN by the part that follows the cluster's name (`secrets`, `controlplane`, `worker`, `client-admin`, `kubeconfig`, `apply-10.0.0.2`, `bootstrap`, `health`).",
    ).asPlain(),
    ...SECRETS_OPTIONS,
    ...MACHINE_OPTIONS,
    talosVersion: text(
      `Version contract or release of the Talos on the machines (\`v1.13\`, \`v1.13.2\`), which rejects the config of a newer one; supported: ${SUPPORTED_TALOS_VERSIONS.join(", ")}.`,
    ).withDocumentedDefault(NEWEST_TALOS_VERSION),
  },
  outputs: {
    secrets: SECRETS_OUTPUTS.secrets,
    talosconfig: secretText("The administrator's talosconfig, YAML."),
    talosconfigs: row(mapOf(STRING), "The talosconfigs by client.").asSecret(),
    kubeconfig: secretText("An admin kubeconfig, YAML; there once the cluster is healthy."),
    controlPlaneConfig: secretText("The machine config of the control planes, YAML, without patches of single nodes."),
    workerConfig: secretText("The machine config of the workers, YAML, without patches of single nodes."),
    rotationStatus: SECRETS_OUTPUTS.rotationStatus,
    health: row(ClusterHealth.outputs.checks.type, "Every check that was made; none where there are no nodes."),
  },
  passed: { TalosSecrets: Object.keys(SECRETS_OPTIONS), MachineConfig: Object.keys(MACHINE_OPTIONS) },
};
