/** What the program says of its nodes. */
export interface LiveProgramOptions {
  readonly entry: "" | "/plugin";
  readonly controlPlane: string;
  readonly worker: string;
  /** Changes the config of both nodes, and makes a new Bootstrap; absent: no live resource. */
  readonly generation?: number;
  /** Of the worker: `secrets`, or a client. */
  readonly workerCredentials?: "secrets" | "clientConfiguration";
}

/** The program of a cluster whose nodes it configures, bootstraps and waits for. */
export const liveProgram = ({
  entry,
  controlPlane,
  worker,
  generation,
  workerCredentials = "secrets",
}: LiveProgramOptions): string => `
const talos = require("pulumi-talos-pki${entry}");
const secrets = new talos.TalosSecrets(
  "prod", { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" } }, { protect: false },
);
const clusterName = "prod";
const cluster = { secrets, clusterName, clusterEndpoint: "https://${controlPlane}:6443" };
const admin = new talos.ClientConfiguration("admin", { secrets, clusterName, endpoints: ["${controlPlane}"] });
const configs = ["controlplane", "worker"].map((machineType) => new talos.MachineConfig(machineType, { ...cluster, machineType }));
exports.controlplane = configs[0].machineConfig;
exports.worker = configs[1].machineConfig;
exports.talosconfig = admin.talosconfig;
${generation === undefined ? "" : liveResources({ controlPlane, worker, generation, workerCredentials })}`;

const liveResources = ({
  controlPlane,
  worker,
  generation,
  workerCredentials,
}: Required<Omit<LiveProgramOptions, "entry">>): string => `
const apply = (name, node, machineConfig, credentials, dependsOn) => new talos.ConfigurationApply(name, {
  node, machineConfig, ...credentials, applyMode: "no_reboot",
  configPatches: [{ machine: { sysctls: { "net.core.somaxconn": "${1000 + generation}" } } }],
  timeouts: { connect: "20s", create: "60s", update: "60s" },
}, { dependsOn });
const first = apply("cp1", "${controlPlane}", configs[0], { secrets }, []);
const second = apply("w1", "${worker}", configs[1], ${
  workerCredentials === "secrets" ? "{ secrets }" : "{ clientConfiguration: admin.clientConfiguration }"
}, [first]);
const etcd = new talos.Bootstrap("etcd-${generation}", {
  node: "${controlPlane}", secrets, controlPlaneNodes: ["${controlPlane}"], timeouts: { create: "60s" },
}, { dependsOn: [first] });
exports.checks = new talos.ClusterHealth("health", {
  controlPlaneNodes: ["${controlPlane}"], workerNodes: ["${worker}"], secrets, level: "etcd",
  triggers: { generation: "${generation}" }, timeouts: { create: "60s", update: "60s" },
}, { dependsOn: [second, etcd] }).checks;
`;
