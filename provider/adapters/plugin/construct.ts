import * as pulumi from "@pulumi/pulumi";
import { type ConstructRequest, ConstructResponse } from "@pulumi/pulumi/proto/provider_pb";

import * as sdk from "../../../sdk/plugin";
import { planCluster } from "../../core/cluster";
import { PkiError, type Problem } from "../../core/errors";
import { formProblems } from "../../engine/form";
import { isPlainObject, type Values } from "../../engine/values";
import { type Properties, SIGNATURE, UNKNOWN, unwrap } from "../../engine/wire";
import { COMPONENTS } from "../../resources";
import { type Arrived, configureRuntime, partsOf, pulumiInternals, withOwnSettings } from "./componentRuntime";
import { Struct } from "./pulumiModules";
import { ConstructCancelled } from "./server";

const { TalosCluster } = COMPONENTS;
const TOKEN = `talos-pki:index:${TalosCluster.name}`;

/**
 * Makes the resources of a component for a program in another language.
 *
 * @throws PkiError with every problem of the inputs at once
 */
export function constructComponent(request: ConstructRequest, engineAddress: string): Promise<ConstructResponse> {
  return withOwnSettings(() =>
    withRejections(async () => {
      if (request.getType() !== TOKEN) {
        const message = `${request.getType()} is not a component of talos-pki; use ${TOKEN}`;
        throw new PkiError("ERR_INPUT_UNKNOWN", message);
      }
      await configureRuntime(request, engineAddress);
      const { server } = pulumiInternals();
      const inputs = await server.deserializeInputs(request.getInputs(), request.getInputdependenciesMap());
      const { args, unknown } = await withPlainInputs(inputs);
      assertPossible(request, args);
      const component = new sdk.TalosCluster(request.getName(), args, optionsOf(request));
      if (unknown.length > 0) await reportUnknown(component, unknown);
      return respond(component);
    }),
  );
}

/** Both what is wrong with the form of the inputs and what is wrong with the nodes. */
function assertPossible(request: ConstructRequest, args: sdk.TalosClusterArgs): void {
  const wire: Properties = request.getInputs()?.toJavaScript() ?? {};
  const values = unwrap(withoutOutputs(wire));
  const form = formProblems(isPlainObject(values) ? values : {}, TalosCluster.inputs);
  const told = new Set(form.map(({ path }) => path));
  const { problems } = planCluster({ ...args }, TalosCluster.passed);
  const all: Problem[] = [...form, ...problems.filter(({ path }) => !told.has(path))];
  if (all.length > 0) throw PkiError.of(all);
}

/** How the wire marks a value that another resource gives out (pulumi/pulumi sdk/nodejs/runtime/rpc.ts, v3.245). */
const OUTPUT_VALUE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** The values that Outputs hold. */
function withoutOutputs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOutputs);
  if (!isPlainObject(value)) return value;
  if (value[SIGNATURE] === OUTPUT_VALUE) return "value" in value ? withoutOutputs(value["value"]) : UNKNOWN;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutOutputs(member)]));
}

interface PlainInputs {
  readonly args: sdk.TalosClusterArgs;
  /** Lists of nodes that a preview does not know. */
  readonly unknown: readonly string[];
}

const PLAIN_INPUTS = Object.entries<{ readonly plain?: boolean }>(TalosCluster.inputs).flatMap(([name, { plain }]) =>
  plain === true ? [name] : [],
);

/** Members of a node that name it. */
const NAMING = ["address", "name"];

/**
 * The inputs with lists and maps that the component itself reads. Another language may send any of them as an Output: here
 * they have arrived, but for what a preview does not know.
 */
async function withPlainInputs(inputs: pulumi.Inputs): Promise<PlainInputs> {
  const unknown: string[] = [];
  const entries = await Promise.all(
    Object.entries(inputs).map(async ([name, value]: [string, unknown]) => {
      if (!PLAIN_INPUTS.includes(name)) return [name, value] as const;
      const { value: arrived, isKnown, isSecret } = await arrive(value);
      if (!isKnown) unknown.push(name);
      return [name, isKnown ? await membersOf(arrived, isSecret) : undefined] as const;
    }),
  );
  // Its form is checked before anything is made of it.
  return { args: Object.fromEntries(entries) as unknown as sdk.TalosClusterArgs, unknown };
}

const arrive = (value: unknown): Promise<Arrived> =>
  pulumi.Output.isInstance<unknown>(value)
    ? partsOf(value)
    : Promise.resolve({ value, isKnown: true, isSecret: false });

/** The items of a list, or the members of a map, as objects whose own members may be Outputs; what was secret stays so. */
async function membersOf(value: unknown, isSecret: boolean): Promise<unknown> {
  const item = async (member: unknown): Promise<unknown> => {
    const arrived = await arrive(member);
    if (!isPlainObject(arrived.value)) return arrived.isKnown ? arrived.value : member;
    const hides = isSecret || arrived.isSecret;
    const entries = Object.entries(arrived.value).map(async ([name, own]: [string, unknown]) => {
      if (name === "name") return [name, (await arrive(own)).value ?? own] as const;
      return [name, hides && !NAMING.includes(name) ? pulumi.secret(own) : own] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  if (Array.isArray(value)) return Promise.all(value.map(item));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(async ([name, member]) => [name, await item(member)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function reportUnknown(component: pulumi.Resource, names: readonly string[]): Promise<void> {
  const text = `${names.join(" and ")}: not known in this preview, which shows the PKI and the configs alone`;
  await pulumi.log.info(text, component);
}

function optionsOf(request: ConstructRequest): pulumi.ComponentResourceOptions {
  const { DependencyResource, DependencyProviderResource } = pulumiInternals().resource;
  const providers = [...request.getProvidersMap().entries()].map(
    ([name, reference]) => [name, new DependencyProviderResource(reference)] as const,
  );
  const parent = request.getParent();
  const deletedWith = request.getDeletedwith();
  const retainOnDelete = request.getRetainondelete();
  const protect = protectOf(request);
  return {
    aliases: request.getAliasesList().map(aliasOf),
    dependsOn: request.getDependenciesList().map((urn) => new DependencyResource(urn)),
    providers: Object.fromEntries(providers),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    ...(parent === "" ? {} : { parent: new DependencyResource(parent) }),
    ...(deletedWith === "" ? {} : { deletedWith: new DependencyResource(deletedWith) }),
    ...(retainOnDelete === undefined ? {} : { retainOnDelete }),
    ...(protect === undefined ? {} : { protect }),
  };
}

/** Whether the program decides on protection; requests of older versions of Pulumi do not tell `false` from absent. */
function protectOf(request: ConstructRequest): boolean | undefined {
  const { hasProtect } = request as { hasProtect?: () => boolean };
  if (hasProtect === undefined) return request.getProtect() ? true : undefined;
  return hasProtect.call(request) ? request.getProtect() : undefined;
}

type AliasMessage = ReturnType<ConstructRequest["getAliasesList"]>[number];

function aliasOf(message: AliasMessage): pulumi.Alias | string {
  const spec = message.getSpec();
  if (spec === undefined) return message.getUrn();
  const texts = { name: spec.getName(), type: spec.getType(), project: spec.getProject(), stack: spec.getStack() };
  const alias: pulumi.Alias = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
  if (spec.hasParenturn()) return { ...alias, parent: spec.getParenturn() };
  return spec.getNoparent() ? { ...alias, parent: pulumi.rootStackResource } : alias;
}

async function respond(component: sdk.TalosCluster): Promise<ConstructResponse> {
  const { rpc, settings } = pulumiInternals();
  // A record of the outputs that the class declares.
  const outputs = component as unknown as Values;
  const state = Object.fromEntries(Object.keys(TalosCluster.outputs).map((name) => [name, outputs[name]]));
  const urn = await urnOf(component);
  const [properties, dependencies] = await rpc.serializeResourceProperties(`construct(${TOKEN})`, state);
  const response = new ConstructResponse().setUrn(urn);
  // The wire is JSON; Pulumi's type of it leaves no room for `unknown`.
  response.setState(Struct.fromJavaScript(properties as Parameters<typeof Struct.fromJavaScript>[0]));
  for (const [name, resources] of dependencies) {
    const urns = await Promise.all([...resources].map(urnOf));
    response.getStatedependenciesMap().set(name, new ConstructResponse.PropertyDependencies().setUrnsList(urns));
  }
  // Children that nothing above waits for.
  await settings.waitForRPCs();
  return response;
}

const urnOf = async ({ urn }: pulumi.Resource): Promise<string> => String((await partsOf(urn)).value);

const rejections = new Set<(reason: unknown) => void>();

/**
 * Ends the work where a resource of a component is rejected: Pulumi reports that by a promise that nobody waits for, and
 * the work would never end.
 */
async function withRejections<T>(work: () => Promise<T>): Promise<T> {
  if (rejections.size === 0) process.on("unhandledRejection", rejectAll);
  let reject: ((reason: unknown) => void) | undefined;
  try {
    const rejected = new Promise<never>((_, no) => {
      reject = no;
      rejections.add(no);
    });
    return await Promise.race([work(), rejected]);
  } finally {
    if (reject !== undefined) rejections.delete(reject);
    // What else belongs to the same failure arrives later in this turn.
    setImmediate(() => {
      if (rejections.size === 0) process.off("unhandledRejection", rejectAll);
    });
  }
}

/** Ends the work on every component, because the engine cancels. */
export function cancelConstruct(): void {
  const message =
    "is not complete, because a resource of this update has failed, see its own error, or it was cancelled";
  rejectAll(new ConstructCancelled(message));
}

function rejectAll(reason: unknown): void {
  for (const reject of rejections) reject(reason);
}
