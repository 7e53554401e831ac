import { PkiError } from "./core/errors";
import { AUDIT_LOG, auditTrail } from "./audit";
import { DEFINITIONS, type ResourceName } from "./resources";
import { systemHost } from "./resources/host";
import type { Properties } from "./resources/wire";
import { DefinitionShell, NAME_KEY, PROVIDER_KEY } from "./shell";

/** The part of pulumi.dynamic.ResourceProvider that the dynamic provider process calls. */
export interface DynamicProvider {
  check(
    olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: { property: string; reason: string }[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<{ changes?: boolean }>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, props: Properties): Promise<{ id: string; props: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, props: Properties): Promise<void>;
}

// What a provider process writes to stdout becomes an info line of the update.
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Pulumi prints the stack of what a provider throws; a refusal is no crash. */
async function withoutStack<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof PkiError) error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}

/** A refusal before anything has changed. Pulumi prints text and stack of it beside the message: short ones, here. */
class Refusal extends Error {
  constructor(
    private readonly label: string,
    { message }: PkiError,
  ) {
    super(message);
    this.stack = "is refused";
  }

  override toString(): string {
    return this.label;
  }
}

function dynamicProvider(name: ResourceName): DynamicProvider {
  // Pulumi tells a dynamic provider no stack.
  const audit = auditTrail({ host: systemHost, say, file: process.env[AUDIT_LOG], stack: process.env["PULUMI_STACK"] });
  const shell = new DefinitionShell(DEFINITIONS[name], systemHost, say, audit);
  const nameIn = (properties: Properties): string => {
    const given = properties[NAME_KEY];
    return typeof given === "string" ? given : "";
  };
  // The inputs keep the first name of a resource: another one, under an alias, would be a difference to Pulumi.
  const currentNames = new Map<string, string>();
  const nameOf = (checked: Properties): string => currentNames.get(nameIn(checked)) ?? nameIn(checked);
  return {
    async check(olds, news) {
      const { inputs, failures } = await shell.check(nameIn(news), olds, news);
      const kept = nameIn(olds) === "" ? nameIn(news) : nameIn(olds);
      currentNames.set(kept, nameIn(news));
      return {
        inputs: { ...inputs, [NAME_KEY]: kept },
        failures: failures.map((reason) => ({ property: "", reason })),
      };
    },
    async diff(_id, olds, news) {
      const changes = await shell.diff(nameOf(news), olds, news).catch((error: unknown) => {
        throw error instanceof PkiError ? new Refusal(shell.labelOf(nameOf(news)), error) : error;
      });
      // A state that the plugin has made lacks what Pulumi finds this provider by on refresh and destroy.
      if (olds[PROVIDER_KEY] === undefined) return { changes: true };
      return changes === undefined ? {} : { changes };
    },
    async create(inputs) {
      const { id, outputs } = await withoutStack(() => shell.create(nameIn(inputs), inputs));
      return { id, outs: outputs };
    },
    async read(id, props) {
      return { id, props: await shell.read(props) };
    },
    async update(_id, olds, news) {
      return { outs: await withoutStack(() => shell.update(nameOf(news), olds, news)) };
    },
    // Nothing outside the state is there to delete.
    delete: () => Promise.resolve(),
  };
}

/** What the `__provider` of a dynamic resource requires, by resource. */
export const TalosSecrets: DynamicProvider = dynamicProvider("TalosSecrets");
export const ClientConfiguration: DynamicProvider = dynamicProvider("ClientConfiguration");
export const MachineConfig: DynamicProvider = dynamicProvider("MachineConfig");
export const AcceptedCA: DynamicProvider = dynamicProvider("AcceptedCA");
export const NodeCertificate: DynamicProvider = dynamicProvider("NodeCertificate");
export const Kubeconfig: DynamicProvider = dynamicProvider("Kubeconfig");
