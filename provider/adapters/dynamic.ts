import { AUDIT_LOG, auditTrail } from "../audit";
import { DEFINITIONS } from "../resources";
import { type DynamicProvider, dynamicProvider, type Reporting } from "./dynamicProvider";
import { createShells } from "./shells";
import { systemHost } from "./systemHost";

export type { DynamicProvider } from "./dynamicProvider";

// What a provider process writes to stdout becomes an info line of the update.
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

// Pulumi tells a dynamic provider no stack.
const audit = auditTrail({ host: systemHost, say, file: process.env[AUDIT_LOG], stack: process.env["PULUMI_STACK"] });
const reporting: Reporting = { say, audit };
const shells = createShells(DEFINITIONS, systemHost);

/** What the `__provider` of a dynamic resource requires, by resource. */
export const TalosSecrets: DynamicProvider = dynamicProvider(shells.TalosSecrets, reporting);
export const ClientConfiguration: DynamicProvider = dynamicProvider(shells.ClientConfiguration, reporting);
export const MachineConfig: DynamicProvider = dynamicProvider(shells.MachineConfig, reporting);
export const AcceptedCA: DynamicProvider = dynamicProvider(shells.AcceptedCA, reporting);
export const NodeCertificate: DynamicProvider = dynamicProvider(shells.NodeCertificate, reporting);
export const Kubeconfig: DynamicProvider = dynamicProvider(shells.Kubeconfig, reporting);
export const ConfigurationApply: DynamicProvider = dynamicProvider(shells.ConfigurationApply, reporting);
export const Bootstrap: DynamicProvider = dynamicProvider(shells.Bootstrap, reporting);
export const ClusterHealth: DynamicProvider = dynamicProvider(shells.ClusterHealth, reporting);
