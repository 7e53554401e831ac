import { createRequire } from "node:module";

import * as pulumi from "@pulumi/pulumi";

/**
 * The dynamic provider of a resource: a constant text of about a hundred bytes that finds the installed package when
 * it is called. It must never change, or every resource of every stack would show a diff.
 */
function providerOf(name: string): string {
  return `exports.handler=()=>require("module").createRequire(process.cwd()+"/_")("pulumi-talos-pki/provider").${name}`;
}

// Before the program can change it: where it runs, and later the process that serves its dynamic resources.
const programFolder = process.cwd();
let isFound = false;

/** That process looks for the package as the text above says, and would say no more than that there is no such module. */
function assertFound(): void {
  // Set by the language host for the program that it runs; under mocks and in inline programs nobody knows the folder.
  if (isFound || process.env["PULUMI_NODEJS_MONITOR"] === undefined) return;
  try {
    createRequire(`${programFolder}/_`).resolve("pulumi-talos-pki/provider");
  } catch {
    throw new pulumi.RunError(
      `pulumi-talos-pki cannot be found from ${programFolder}, the folder of the Pulumi program, because it belongs to another package; make it a direct dependency of the program (npm install pulumi-talos-pki), or let that package use the entry point pulumi-talos-pki/plugin`,
    );
  }
  isFound = true;
}

/** How a resource is known to the engine. */
export interface Registration {
  readonly type: string;
  /** Inputs beside the resource's own. */
  readonly inputs: object;
  readonly aliases: readonly pulumi.Alias[];
}

/** Chooses who serves a resource: the one place where the two entry points of the package differ. */
export type Register = (kind: string, name: string) => Registration;

const dynamicType = (kind: string): string => `pulumi-nodejs:dynamic/talos-pki:${kind}`;

/** Served by the installed package itself, as a dynamic resource. */
const asDynamic: Register = (kind, name) => {
  assertFound();
  return {
    type: dynamicType(kind),
    inputs: { __resourceName: name, __provider: providerOf(kind) },
    aliases: [],
  };
};

/** Served by the plugin `pulumi-resource-talos-pki`; a stack with dynamic resources moves to it without a change. */
export const asPlugin: Register = (kind) => ({
  type: `talos-pki:index:${kind}`,
  inputs: {},
  aliases: [{ type: dynamicType(kind) }],
});

/** Registers a resource with every output declared. */
export abstract class TalosPkiResource extends pulumi.CustomResource {
  /** @internal */
  static readonly register: Register = asDynamic;

  /** @internal */
  protected constructor(
    kind: string,
    name: string,
    args: object,
    outputs: { readonly plain: readonly string[]; readonly secret: readonly string[] },
    opts: pulumi.CustomResourceOptions | undefined,
  ) {
    const declared = Object.fromEntries([...outputs.plain, ...outputs.secret].map((output) => [output, undefined]));
    const { type, inputs, aliases } = new.target.register(kind, name);
    super(
      type,
      name,
      { ...declared, ...args, ...inputs },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: [...outputs.secret], aliases: [...aliases] }),
    );
  }
}

/** A resource given where its output is meant; recognized by shape, so that two copies of the package get along. */
function outputOf(value: unknown, output: string): unknown {
  return pulumi.CustomResource.isInstance(value) && output in value
    ? (value as unknown as Record<string, unknown>)[output]
    : value;
}

/** Unpacks a value, also one that a program has as an Output or a Promise; what is given plainly stays plain. */
function unpacked(value: unknown, unpack: (value: unknown) => unknown): unknown {
  if (!(pulumi.Output.isInstance<unknown>(value) || value instanceof Promise)) return unpack(value);
  const given = pulumi.output(value as unknown) as unknown as pulumi.OutputInstance<unknown>;
  return given.apply((known) => pulumi.output(unpack(known)));
}

/** Puts the output `secrets` where a TalosSecrets is given. */
export function secretsOf<T extends { readonly secrets?: unknown }>(args: T): T {
  return { ...args, secrets: unpacked(args.secrets, (given) => outputOf(given, "secrets")) };
}

function certificatesOfOne(given: unknown): unknown {
  const certificates = outputOf(given, "certificates");
  return certificates === given ? given : { certificates };
}

/** Puts the certificates where an AcceptedCA is given. */
export function certificatesOf<T extends { readonly acceptedCAs?: unknown; readonly kubernetesAcceptedCAs?: unknown }>(
  args: T,
): T {
  const unpack = (list: unknown): unknown =>
    unpacked(list, (items) =>
      Array.isArray(items) ? items.map((item: unknown) => unpacked(item, certificatesOfOne)) : items,
    );
  return { ...args, acceptedCAs: unpack(args.acceptedCAs), kubernetesAcceptedCAs: unpack(args.kubernetesAcceptedCAs) };
}

/**
 * Which inputs the program marks as secret (`configPatches[1]`), for a provider that gets every value in clear and shows
 * a redacted view of them.
 */
export async function secretInputsOf(args: object): Promise<string[] | undefined> {
  const marked = async (path: string, value: unknown): Promise<string[]> => {
    if (typeof value !== "object" || value === null) return [];
    // A value that cannot be had refuses the resource by itself.
    return (await pulumi.isSecret(pulumi.output(value)).catch(() => true)) ? [path] : [];
  };
  const paths = await Promise.all(
    Object.entries(args).map(async ([name, value]) =>
      Array.isArray(value)
        ? (await Promise.all(value.map((item, index) => marked(`${name}[${index}]`, item)))).flat()
        : marked(name, value),
    ),
  );
  return paths.flat().length === 0 ? undefined : paths.flat();
}
