import { AUDIT_LOG, auditTrail } from "../audit";
import { DEFINITIONS } from "../resources";
import { Changes } from "./changes";
import { type DynamicProvider, dynamicProvider, type Surroundings } from "./dynamicProvider";
import { endWithParent, hasWork } from "./parentWatch";
import { createShells } from "./shells";
import { systemHost } from "./systemHost";

export type { DynamicProvider } from "./dynamicProvider";

// What a provider process writes to stdout becomes an info line of the update.
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

// Pulumi tells a dynamic provider no stack.
const audit = auditTrail({ host: systemHost, say, file: process.env[AUDIT_LOG], stack: process.env["PULUMI_STACK"] });
const surroundings: Surroundings = { say, audit, changes: new Changes() };
const shells = createShells(DEFINITIONS, systemHost);

/** What the `__provider` of a dynamic resource requires, by resource. */
export const TalosSecrets: DynamicProvider = dynamicProvider(shells.TalosSecrets, surroundings);
export const ClientConfiguration: DynamicProvider = dynamicProvider(shells.ClientConfiguration, surroundings);
export const MachineConfig: DynamicProvider = dynamicProvider(shells.MachineConfig, surroundings);
export const AcceptedCA: DynamicProvider = dynamicProvider(shells.AcceptedCA, surroundings);
export const NodeCertificate: DynamicProvider = dynamicProvider(shells.NodeCertificate, surroundings);
export const Kubeconfig: DynamicProvider = dynamicProvider(shells.Kubeconfig, surroundings);
export const ConfigurationApply: DynamicProvider = dynamicProvider(shells.ConfigurationApply, surroundings);
export const Bootstrap: DynamicProvider = dynamicProvider(shells.Bootstrap, surroundings);
export const ClusterHealth: DynamicProvider = dynamicProvider(shells.ClusterHealth, surroundings);

// Dynamic resources of others live in the same process.
endWithParent({ isBusy: () => surroundings.changes.areUnderWay() || hasWork() });
