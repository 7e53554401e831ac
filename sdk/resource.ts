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

/** Type of a dynamic resource. */
export const dynamicType = (kind: string): string => `pulumi-nodejs:dynamic/talos-pki:${kind}`;

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

/** How a resource is unpacked: the output in its place, or an object of the output and those beside it. */
interface Take {
  readonly output: string;
  readonly as: "value" | "member" | "members";
  readonly beside?: readonly string[];
}

/** What the class of a resource knows of its definition. */
export interface ResourceKind {
  readonly name: string;
  readonly outputs: { readonly plain: readonly string[]; readonly secret: readonly string[] };
  /** Inputs, or items of them, in whose place a program may pass a resource that has the output. */
  readonly takes?: Readonly<Record<string, Take>>;
  /** Whether the resource is protected where the program does not decide. */
  readonly isProtected?: true;
  /** The provider must know which inputs the program marks as secret; not of these, which always are. */
  readonly reportsSecretsExcept?: readonly string[];
}

/** Registers a resource with every output declared. */
export abstract class TalosPkiResource extends pulumi.CustomResource {
  /** @internal */
  static readonly register: Register = asDynamic;

  /** @internal */
  protected constructor(kind: ResourceKind, name: string, args: object, opts: pulumi.CustomResourceOptions = {}) {
    const { plain, secret } = kind.outputs;
    const declared = Object.fromEntries([...plain, ...secret].map((output) => [output, undefined]));
    const { type, inputs, aliases } = new.target.register(kind.name, name);
    const restore = skipPromiseTraces();
    try {
      super(
        type,
        name,
        { ...declared, ...configured(kind, args), ...inputs },
        pulumi.mergeOptions(
          { ...opts, ...(kind.isProtected === true ? { protect: opts.protect ?? true } : {}) },
          { additionalSecretOutputs: [...secret], aliases: [...aliases] },
        ),
      );
    } finally {
      restore();
    }
  }
}

/**
 * Pulumi keeps a stack trace with each of the four promises of an output, for PULUMI_DEBUG_PROMISE_LEAKS alone. In a
 * TypeScript program each is mapped to its sources at once, which is most of what a resource costs. Every other stack
 * trace stays as it is. Source: pulumi/pulumi sdk/nodejs/runtime/debuggable.ts, v3.245; the API is V8's.
 *
 * @returns what ends it
 */
export function skipPromiseTraces(): () => void {
  const hooks: { prepareStackTrace?: ((error: Error, frames: NodeJS.CallSite[]) => unknown) | undefined } = Error;
  const format = hooks.prepareStackTrace;
  if (format === undefined || process.env["PULUMI_DEBUG_PROMISE_LEAKS"] !== undefined) return () => undefined;
  hooks.prepareStackTrace = (error, frames) =>
    frames[0]?.getFunctionName() === "debuggablePromise" ? "" : format(error, frames);
  return () => {
    hooks.prepareStackTrace = format;
  };
}

/** The inputs that a program configures: resources unpacked, absent ones left out, for each would be declared as an output. */
function configured({ takes = {}, reportsSecretsExcept }: ResourceKind, args: object): Record<string, unknown> {
  const given = Object.entries(args as Readonly<Record<string, unknown>>).filter(([, value]) => value !== undefined);
  const inputs = Object.fromEntries(
    given.map(([name, value]) => {
      const take = takes[name];
      return [name, take === undefined ? value : unpacked(value, take)];
    }),
  );
  if (reportsSecretsExcept === undefined) return inputs;
  const shown = given.filter(([name]) => !reportsSecretsExcept.includes(name));
  return shown.some(([, value]) => mayBeSecret(value)) ? { ...inputs, __secretInputs: secretInputsOf(shown) } : inputs;
}

/** Unpacks a value, also one in a list, an Output or a Promise; what a program passes plainly stays plain. */
function unpacked(value: unknown, take: Take): unknown {
  if (Array.isArray(value)) return value.map((item) => unpacked(item, take));
  if (pulumi.Output.isInstance<unknown>(value) || value instanceof Promise) {
    const later = pulumi.output(value as unknown) as unknown as pulumi.OutputInstance<unknown>;
    return later.apply((known) => pulumi.output(unpacked(known, take)));
  }
  // Recognized by its shape, so that two copies of the package get along.
  if (!pulumi.CustomResource.isInstance(value) || !(take.output in value)) return value;
  const outputs = value as unknown as Record<string, unknown>;
  if (take.as === "value") return outputs[take.output];
  return Object.fromEntries([take.output, ...(take.beside ?? [])].map((name) => [name, outputs[name]]));
}

/** Whether anything in a value is more than plain data, without an Output for each part of it. */
function mayBeSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(mayBeSecret);
  if (Object.getPrototypeOf(value) !== Object.prototype || pulumi.Output.isInstance(value)) return true;
  return Object.values(value).some(mayBeSecret);
}

/**
 * Which inputs the program marks as secret (`configPatches[1]`), for a provider that gets every value in plaintext and
 * shows a redacted view of them.
 */
async function secretInputsOf(inputs: readonly (readonly [string, unknown])[]): Promise<string[] | undefined> {
  const marked = async (path: string, value: unknown): Promise<string[]> => {
    if (!mayBeSecret(value)) return [];
    // A value that cannot be had rejects the resource by itself.
    return (await pulumi.isSecret(pulumi.output(value)).catch(() => true)) ? [path] : [];
  };
  const paths = await Promise.all(
    inputs.map(async ([name, value]) =>
      Array.isArray(value)
        ? (await Promise.all(value.map((item, index) => marked(`${name}[${index}]`, item)))).flat()
        : marked(name, value),
    ),
  );
  return paths.flat().length === 0 ? undefined : paths.flat();
}
