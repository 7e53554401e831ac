import type { provider as pulumi } from "@pulumi/pulumi";

import { AUDIT_LOG, auditTrail } from "../audit";
import { describeProblem, PkiError } from "../core/errors";
import { DEFINITIONS } from "../resources";
import type { Host, ResourceDefinition } from "../resources/definition";
import { parseUrn, type ResourceUrn } from "../resources/urn";
import { type Properties, unwrap } from "../resources/wire";
import { DefinitionShell, NAME_KEY, PROVIDER_KEY } from "../shell";
import { type Configuration, readConfiguration, UNCONFIGURED, withDefaults } from "./configuration";
import type { PluginLog } from "./engineLog";
import { importResource } from "./imports";
import { AWAITS_SECRETS, awaitsSecrets } from "./imports/clientConfiguration";
import { referenceProblems } from "./references";

/** What a dynamic resource keeps beside its properties: a stack that has moved to the plugin can move back. */
const DYNAMIC_KEYS = [PROVIDER_KEY, NAME_KEY];

export interface PluginOptions {
  readonly version: string;
  readonly host: Host;
  readonly log: PluginLog;
  /** The package's schema, JSON. */
  getSchema(): Promise<string>;
}

interface Checked {
  readonly inputs: Properties;
  readonly failures: pulumi.CheckFailure[];
}

/** The definitions as `pulumi.provider.main` serves them. */
export class Plugin implements pulumi.Provider {
  private configuration: Configuration = UNCONFIGURED;

  constructor(private readonly options: PluginOptions) {}

  get version(): string {
    return this.options.version;
  }

  readonly getSchema = (): Promise<string> => this.options.getSchema();

  /** Takes the provider's configuration; what is wrong with it fails the check of every resource. */
  configure(configuration: Properties): void {
    this.configuration = readConfiguration(unwrap(configuration) as Properties);
  }

  readonly check = (urn: string, olds: Properties, news: Properties): Promise<Checked> =>
    this.serve(urn, async (shell, { kind, name }) => {
      const problems = [...this.configuration.problems, ...referenceProblems(news)];
      if (problems.length > 0) return { inputs: news, failures: unnamed(problems.map(describeProblem)) };
      if (kind === "ClientConfiguration" && awaitsSecrets(unwrap(olds) as Properties, unwrap(news) as Properties)) {
        this.options.log.say(urn, AWAITS_SECRETS);
        return { inputs: news, failures: [] };
      }
      const { inputs, failures } = await shell.check(name, olds, withDefaults(this.configuration, kind, news));
      return { inputs: { ...inputs, ...pick(olds, DYNAMIC_KEYS) }, failures: unnamed(failures) };
    });

  readonly diff = (_id: string, urn: string, olds: Properties, news: Properties): Promise<pulumi.DiffResult> =>
    this.serve(urn, async (shell, { name }) => {
      const changes = await shell.diff(name, olds, news);
      return changes === undefined ? {} : { changes };
    });

  readonly create = (urn: string, inputs: Properties): Promise<{ id: string; outs: Properties }> =>
    this.serve(urn, async (shell, { name }) => {
      const { id, outputs } = await shell.create(name, inputs);
      return { id, outs: { ...outputs, ...pick(inputs, [PROVIDER_KEY]) } };
    });

  readonly read = (
    id: string,
    urn: string,
    props: Properties = {},
  ): Promise<{ id: string; props: Properties; inputs?: Properties }> =>
    this.serve(urn, async (shell, { kind, name }) => {
      if (Object.keys(props).length > 0) {
        return { id, props: { ...(await shell.read(props)), ...pick(props, [PROVIDER_KEY]) } };
      }
      const read = await importResource(kind, id, this.options.host);
      const { inputs, outputs } = shell.imported(name, read.inputs, read.outputs);
      return { id: read.id, inputs, props: outputs };
    });

  readonly update = (_id: string, urn: string, olds: Properties, news: Properties): Promise<{ outs: Properties }> =>
    this.serve(urn, async (shell, { name }) => {
      const outputs = await shell.update(name, olds, news);
      return { outs: { ...outputs, ...pick(news, [PROVIDER_KEY]) } };
    });

  // Nothing outside the state is there to delete.
  readonly delete = (): Promise<void> => Promise.resolve();

  /** Does the work of one request; what it says has arrived before its answer does. */
  private async serve<T>(urn: string, work: (shell: DefinitionShell, resource: ResourceUrn) => Promise<T>): Promise<T> {
    const resource = parseUrn(urn);
    try {
      return await work(this.shell(urn, resource), resource);
    } finally {
      await this.options.log.flush();
    }
  }

  private shell(urn: string, { kind, stack }: ResourceUrn): DefinitionShell {
    const definitions: Readonly<Record<string, ResourceDefinition>> = DEFINITIONS;
    const definition = Object.hasOwn(definitions, kind) ? definitions[kind] : undefined;
    if (definition === undefined) {
      const known = Object.keys(DEFINITIONS).join(", ");
      throw new PkiError("ERR_INPUT_UNKNOWN", `${kind} is no resource of talos-pki; expected one of ${known}`);
    }
    const { host, log } = this.options;
    const say = (line: string): void => {
      log.say(urn, line);
    };
    const file = (this.configuration.values["auditLog"] as string | undefined) ?? process.env[AUDIT_LOG];
    return new DefinitionShell(definition, host, say, auditTrail({ host, say, file, stack }));
  }
}

/** The engine prints the value of a property that a failure names, secret or not: none is named. */
function unnamed(reasons: readonly string[]): pulumi.CheckFailure[] {
  return reasons.map((reason) => ({ property: "", reason }));
}

function pick(properties: Properties, keys: readonly string[]): Properties {
  return Object.fromEntries(keys.filter((key) => properties[key] !== undefined).map((key) => [key, properties[key]]));
}
