import * as pulumi from "@pulumi/pulumi";

import {
  type Child,
  type ChildKind,
  type ClusterPlan,
  type PassedInputs,
  planCluster,
  type Value,
} from "../provider/core/cluster";
import { dynamicType, skipPromiseTraces } from "./resource";

/** What the class of a component knows of its definition. */
export interface ComponentKind {
  readonly name: string;
  /** Inputs that a resource of it takes as they are. */
  readonly passed: PassedInputs;
}

/** The classes of its resources: those of the entry point that the component is imported from. */
export type ChildClasses = Readonly<
  Record<
    ChildKind,
    // Each class has arguments of its own, and its provider checks them.
    new (name: string, args: never, opts: pulumi.CustomResourceOptions) => pulumi.CustomResource
  >
>;

/** Makes the resources that the plan of a component names. */
export abstract class TalosPkiComponent extends pulumi.ComponentResource {
  /** @internal */
  static readonly children: () => ChildClasses;

  /** @internal */
  protected constructor(kind: ComponentKind, name: string, args: object, opts: pulumi.ComponentResourceOptions = {}) {
    const plan = planCluster({ ...args }, kind.passed);
    assertPossible(plan, kind, name);
    // Only the secrets are protected: all the rest can be made again. Said outright, or a protected parent's would count.
    super(`talos-pki:index:${kind.name}`, name, {}, { ...opts, protect: false });
    const restore = skipPromiseTraces();
    try {
      const made = makeChildren(this, plan.children, { name, opts, classes: new.target.children() });
      const outputs = Object.entries(plan.outputs).map(
        ([output, value]) => [output, pulumi.output(resolved(value, made))] as const,
      );
      Object.assign(this, Object.fromEntries(outputs));
      // The state has the secrets in the resources, and needs them nowhere else.
      this.registerOutputs(Object.fromEntries(outputs.filter(([output]) => PUBLIC_OUTPUTS.includes(output))));
    } finally {
      restore();
    }
  }
}

const PUBLIC_OUTPUTS: readonly string[] = ["rotationStatus", "health"];

/** @throws pulumi.RunError with every problem at once */
function assertPossible({ problems }: ClusterPlan, kind: ComponentKind, name: string): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ path, message, code }) => `  ${path}: ${message} (${code})`);
  throw new pulumi.RunError([`${kind.name} ${JSON.stringify(name)} is rejected:`, ...lines].join("\n"));
}

type Made = ReadonlyMap<string, pulumi.CustomResource>;

interface Making {
  readonly name: string;
  readonly opts: pulumi.ComponentResourceOptions;
  readonly classes: ChildClasses;
}

function makeChildren(parent: pulumi.Resource, children: readonly Child[], { name, opts, classes }: Making): Made {
  const made = new Map<string, pulumi.CustomResource>();
  for (const { key, kind, inputs, after, formerly } of children) {
    const args = Object.fromEntries(Object.entries(inputs).map(([input, value]) => [input, resolved(value, made)]));
    const before = after.flatMap((other) => made.get(other) ?? []);
    const options: pulumi.CustomResourceOptions = {
      parent,
      ...dependencies(opts.dependsOn, before),
      ...(formerly === undefined ? {} : { aliases: formerNames(formerly, kind) }),
      ...(kind === "TalosSecrets" ? { protect: opts.protect ?? true } : {}),
    };
    made.set(key, new classes[kind](`${name}-${key}`, args as never, options));
  }
  return made;
}

/** A value of the plan as a resource takes it. */
function resolved(value: Value, made: Made): unknown {
  if ("value" in value) return value.value;
  if ("from" in value) {
    const known = pulumi.all(value.from.map((part) => resolved(part, made)));
    return known.apply((parts) => value.make(parts));
  }
  const resource = made.get(value.child);
  // A record of the outputs that the class declares.
  return value.output === undefined ? resource : (resource as unknown as Record<string, unknown>)[value.output];
}

/** What the whole component waits for, its resources wait for. */
function dependencies(
  whole: pulumi.ComponentResourceOptions["dependsOn"],
  before: readonly pulumi.Resource[],
): Pick<pulumi.CustomResourceOptions, "dependsOn"> {
  if (whole === undefined) return before.length === 0 ? {} : { dependsOn: [...before] };
  const list = (known: pulumi.Resource | pulumi.Resource[]): pulumi.Resource[] => [known].flat();
  if (pulumi.Resource.isInstance(whole)) return { dependsOn: [whole, ...before] };
  if (Array.isArray(whole)) return { dependsOn: [...whole, ...before] };
  // One resource or several; an Output's type of the two has no room for either.
  const later = pulumi.output(whole as unknown) as unknown as pulumi.Output<pulumi.Resource | pulumi.Resource[]>;
  return { dependsOn: later.apply((known) => [...list(known), ...before]) };
}

/** A resource outside any component, of either entry point; or the one of a URN. */
function formerNames(formerly: string, kind: ChildKind): (pulumi.Alias | string)[] {
  if (formerly.startsWith("urn:pulumi:")) return [formerly];
  const alias = { name: formerly, parent: pulumi.rootStackResource };
  return [alias, { ...alias, type: dynamicType(kind) }];
}
