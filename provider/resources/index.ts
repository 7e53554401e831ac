import type { AnyDefinition } from "../engine/definition";
import { AcceptedCA } from "./acceptedCA";
import { Bootstrap } from "./bootstrap";
import { ClientConfiguration } from "./clientConfiguration";
import { ClusterHealth } from "./clusterHealth";
import { ConfigurationApply } from "./configurationApply";
import { Kubeconfig } from "./kubeconfig";
import { MachineConfig } from "./machineConfig";
import { NodeCertificate } from "./nodeCertificate";
import { type Component, TalosCluster } from "./talosCluster";
import { TalosSecrets } from "./talosSecrets";

/** Every resource of the package. */
export const DEFINITIONS = {
  TalosSecrets,
  ClientConfiguration,
  MachineConfig,
  AcceptedCA,
  NodeCertificate,
  Kubeconfig,
  ConfigurationApply,
  Bootstrap,
  ClusterHealth,
} as const satisfies Record<string, AnyDefinition>;

/** Every component of the package. */
export const COMPONENTS = { TalosCluster } as const satisfies Record<string, Component>;

export type ResourceName = keyof typeof DEFINITIONS;
