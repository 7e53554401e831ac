import type { Inputs, Output, ProviderResource, Resource } from "@pulumi/pulumi";
import type { ConstructRequest } from "@pulumi/pulumi/proto/provider_pb";

import { requireOfPulumi, type Struct } from "./pulumiModules";

/**
 * What Pulumi's own server makes components with, and its declarations leave out. Source: pulumi/pulumi
 * sdk/nodejs/provider/server.ts and sdk/nodejs/runtime, v3.142 to v3.245.
 */
interface PulumiInternals {
  readonly settings: {
    resetOptions(
      project: string,
      stack: string,
      parallel: number,
      engineAddress: string,
      monitorAddress: string,
      isDryRun: boolean,
      organization: string,
    ): void;
    awaitFeatureSupport(): Promise<void>;
    waitForRPCs(): Promise<void>;
  };
  readonly config: { setAllConfig(config: Record<string, string>, secretKeys: readonly string[]): void };
  readonly state: {
    withLocalStorage?<T>(work: () => Promise<T>): Promise<T>;
    readonly asyncLocalStorage?: { run<T>(store: object, work: () => Promise<T>): Promise<T> };
    readonly LocalStore: new () => object;
  };
  readonly rpc: {
    serializeResourceProperties(
      label: string,
      properties: Inputs,
    ): Promise<[Record<string, unknown>, Map<string, Set<Resource>>]>;
  };
  readonly server: {
    deserializeInputs(inputs: InstanceType<typeof Struct> | undefined, dependencies: object): Promise<Inputs>;
  };
  readonly resource: {
    readonly DependencyResource: new (urn: string) => Resource;
    readonly DependencyProviderResource: new (reference: string) => ProviderResource;
  };
}

let loaded: PulumiInternals | undefined;

/** Those parts of the installed @pulumi/pulumi, loaded when a component is first made. */
export function pulumiInternals(): PulumiInternals {
  loaded ??= {
    settings: requireOfPulumi("@pulumi/pulumi/runtime/settings") as PulumiInternals["settings"],
    config: requireOfPulumi("@pulumi/pulumi/runtime/config") as PulumiInternals["config"],
    state: requireOfPulumi("@pulumi/pulumi/runtime/state") as PulumiInternals["state"],
    rpc: requireOfPulumi("@pulumi/pulumi/runtime/rpc") as PulumiInternals["rpc"],
    server: requireOfPulumi("@pulumi/pulumi/provider/server") as PulumiInternals["server"],
    resource: requireOfPulumi("@pulumi/pulumi/resource") as PulumiInternals["resource"],
  };
  return loaded;
}

/** Runs `work` with settings of its own: several components may be under construction at a time. */
export function withOwnSettings<T>(work: () => Promise<T>): Promise<T> {
  const { state } = pulumiInternals();
  if (state.withLocalStorage !== undefined) return state.withLocalStorage(work);
  return state.asyncLocalStorage === undefined ? work() : state.asyncLocalStorage.run(new state.LocalStore(), work);
}

/** Points the settings at the program that a request comes from. */
export async function configureRuntime(request: ConstructRequest, engineAddress: string): Promise<void> {
  const { settings, config } = pulumiInternals();
  settings.resetOptions(
    request.getProject(),
    request.getStack(),
    request.getParallel(),
    engineAddress,
    request.getMonitorendpoint(),
    request.getDryrun(),
    request.getOrganization(),
  );
  await settings.awaitFeatureSupport();
  config.setAllConfig(Object.fromEntries(request.getConfigMap().entries()), request.getConfigsecretkeysList());
}

/** The parts of an Output that its declaration leaves out. */
interface OutputParts {
  promise(): Promise<unknown>;
  readonly isKnown: Promise<boolean>;
  readonly isSecret: Promise<boolean>;
}

/** A value that has arrived with a request. */
export interface Arrived {
  /** `undefined` where a preview does not know it. */
  readonly value: unknown;
  readonly isKnown: boolean;
  readonly isSecret: boolean;
}

/** What an Output holds. */
export async function partsOf(output: Output<unknown>): Promise<Arrived> {
  const parts = output as unknown as OutputParts;
  const [value, isKnown, isSecret] = await Promise.all([parts.promise(), parts.isKnown, parts.isSecret]);
  return { value: isKnown ? value : undefined, isKnown, isSecret };
}
