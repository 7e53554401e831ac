import { PkiError } from "../core/errors";
import type { Audit } from "../engine/auditStep";
import { NAME_KEY, PROVIDER_KEY } from "../engine/internalKeys";
import { PartialFailure } from "../engine/partialFailure";
import type { ResourceShell, Say, ShellCall } from "../engine/shell";
import type { Properties } from "../engine/wire";
import type { Changes } from "./changes";

/** The part of pulumi.dynamic.ResourceProvider that the dynamic provider process calls. */
export interface DynamicProvider {
  check(
    olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: { property: string; reason: string }[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<{ changes?: boolean }>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  /** An empty id says that the resource is gone. */
  read(id: string, props: Properties): Promise<{ id: string; props: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, props: Properties): Promise<void>;
}

/** What all providers of a process share. */
export interface Surroundings {
  /** Where they report. */
  readonly say: Say;
  readonly audit: Audit;
  readonly changes: Changes;
}

/**
 * A definition as Pulumi's process for dynamic resources calls it. That process gives no URN, so the inputs carry the
 * name, and no signal when the user cancels. Source: pulumi/pulumi sdk/nodejs/cmd/dynamic-provider/index.ts, v3.245.
 */
export function dynamicProvider(shell: ResourceShell, { changes, ...reporting }: Surroundings): DynamicProvider {
  const names = new CurrentNames();
  const callAs = (name: string): ShellCall => ({ name, ...reporting });
  const callFor = (properties: Properties): ShellCall => callAs(names.of(properties));
  const fail = (outcome: string, properties: Properties, error: unknown): never => {
    throw error instanceof PkiError ? new Failure(shell.labelOf(names.of(properties)), outcome, error) : error;
  };
  // What exists outside the state is read and deleted under its name, and Pulumi sends nothing but the outputs.
  const { definition } = shell;
  const isLive = definition.remove !== undefined || definition.hasDrifted !== undefined;
  const stored = (outputs: Properties, name: string): Properties =>
    isLive ? { ...outputs, [NAME_KEY]: name } : outputs;

  const change = async <T>(inputs: Properties, run: (call: ShellCall) => Promise<T>): Promise<T> => {
    const call = callFor(inputs);
    try {
      return await changes.run(() => run(call));
    } catch (error) {
      if (error instanceof PkiError) error.stack = `${error.name}: ${error.message}`;
      if (!(error instanceof PartialFailure)) throw error;
      // Without its provider a stored resource could be neither updated nor deleted.
      throw error.with({ [PROVIDER_KEY]: inputs[PROVIDER_KEY], [NAME_KEY]: call.name });
    }
  };

  return {
    async check(olds, news) {
      const { inputs, failures } = await shell.check(callAs(nameIn(news)), olds, news);
      return {
        inputs: { ...inputs, [NAME_KEY]: names.keep(olds, news) },
        failures: failures.map((reason) => ({ property: "", reason })),
      };
    },
    async diff(_id, olds, news) {
      const changes = await shell
        .diff(callFor(news), olds, news)
        .catch((error: unknown) => fail("is rejected", news, error));
      // A state that the plugin has made lacks what Pulumi finds this provider by on refresh and destroy.
      if (olds[PROVIDER_KEY] === undefined) return { changes: true };
      return changes === undefined ? {} : { changes };
    },
    create: (inputs) =>
      change(inputs, async (call) => {
        const { id, outputs } = await shell.create(call, inputs);
        return { id, outs: stored(outputs, call.name) };
      }),
    async read(id, props) {
      const call = callFor(props);
      const outputs = await shell.read(call, props).catch((error: unknown) => fail("cannot be read", props, error));
      return outputs === undefined ? { id: "", props: {} } : { id, props: stored(outputs, call.name) };
    },
    update: (_id, olds, news) =>
      change(news, async (call) => ({ outs: stored((await shell.update(call, olds, news)).outputs, call.name) })),
    async delete(_id, props) {
      await changes
        .run(() => shell.remove(callFor(props), props))
        .catch((error: unknown) => fail("cannot be deleted", props, error));
    },
  };
}

/** Pulumi prints text and stack of an error beside its message: short ones, here. */
class Failure extends Error {
  constructor(
    private readonly label: string,
    outcome: string,
    { message }: PkiError,
  ) {
    super(message);
    this.stack = outcome;
  }

  override toString(): string {
    return this.label;
  }
}

function nameIn(properties: Properties): string {
  const name = properties[NAME_KEY];
  return typeof name === "string" ? name : "";
}

/** The inputs keep the first name of a resource: another one, under an alias, would be a difference to Pulumi. */
class CurrentNames {
  private readonly current = new Map<string, string>();

  /** The name to keep. */
  keep(olds: Properties, news: Properties): string {
    const kept = nameIn(olds) === "" ? nameIn(news) : nameIn(olds);
    this.current.set(kept, nameIn(news));
    return kept;
  }

  of(checked: Properties): string {
    return this.current.get(nameIn(checked)) ?? nameIn(checked);
  }
}
