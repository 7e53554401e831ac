import { AUDIT_LOG, auditTrail } from "../../audit";
import { describeProblem, PkiError } from "../../core/errors";
import { NAME_KEY, PROVIDER_KEY } from "../../engine/internalKeys";
import type { Host } from "../../engine/ports";
import { PartialFailure } from "../../engine/partialFailure";
import type { ResourceShell, ShellCall } from "../../engine/shell";
import { parseUrn } from "../../engine/urn";
import { isPlainObject, type Values } from "../../engine/values";
import { type Properties, unwrap } from "../../engine/wire";
import { DEFINITIONS } from "../../resources";
import { createShells, type Definitions } from "../shells";
import { type Configuration, readConfiguration, UNCONFIGURED, withDefaults } from "./configuration";
import type { PluginLog } from "./engineLog";
import { importResource } from "./imports";
import { AWAITS_SECRETS, awaitsSecrets } from "./imports/clientConfiguration";

/** What a dynamic resource keeps beside its properties: a stack that has moved to the plugin can move back. */
const DYNAMIC_KEYS = [PROVIDER_KEY, NAME_KEY];

export interface PluginOptions {
  readonly host: Host;
  readonly log: PluginLog;
  /** By the noun of the type token; default all of this package. */
  readonly definitions?: Definitions;
}

/** What the engine prints as `property: reason`. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** Checked inputs. */
export interface CheckResult {
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/** What reading a resource has found; an empty id says that it is gone. */
export interface ReadAnswer {
  readonly id: string;
  readonly props: Properties;
  /** Inputs of an imported resource. */
  readonly inputs?: Properties;
}

/** A request about a resource. */
interface Request {
  readonly shell: ResourceShell;
  readonly kind: string;
  readonly call: ShellCall;
}

/** The definitions behind the requests of the engine, in Pulumi's form. */
export class Plugin {
  private configuration: Configuration = UNCONFIGURED;
  private cancelling = new AbortController();
  private readonly host: Host;
  private readonly log: PluginLog;
  private readonly shells: ReadonlyMap<string, ResourceShell>;

  constructor({ host, log, definitions = DEFINITIONS }: PluginOptions) {
    this.host = host;
    this.log = log;
    this.shells = new Map(Object.entries(createShells(definitions, host)));
  }

  /** Checks the provider's configuration, as far as a preview knows it. */
  checkConfig(news: Properties): CheckResult {
    const { problems } = readConfiguration(plain(news));
    return { inputs: news, failures: unnamed(problems.map(describeProblem)) };
  }

  /** Takes the provider's configuration; what is wrong with it fails the check of every resource. */
  configure(configuration: Properties): void {
    this.configuration = readConfiguration(plain(configuration));
  }

  /** Aborts the requests that are under way. */
  cancel(): void {
    this.cancelling.abort();
    this.cancelling = new AbortController();
  }

  check(urn: string, olds: Properties, news: Properties): Promise<CheckResult> {
    return this.serve(urn, async ({ shell, kind, call }) => {
      const { problems } = this.configuration;
      if (problems.length > 0) return { inputs: news, failures: unnamed(problems.map(describeProblem)) };
      if (kind === "ClientConfiguration" && awaitsSecrets(plain(olds), plain(news))) {
        call.say(AWAITS_SECRETS);
        return { inputs: news, failures: [] };
      }
      const { inputs, failures } = await shell.check(call, olds, withDefaults(this.configuration, kind, news));
      return { inputs: { ...inputs, ...pick(olds, DYNAMIC_KEYS) }, failures: unnamed(failures) };
    });
  }

  diff(_id: string, urn: string, olds: Properties, news: Properties): Promise<{ readonly changes?: boolean }> {
    return this.serve(urn, async ({ shell, call }) => {
      const changes = await shell.diff(call, olds, news);
      return changes === undefined ? {} : { changes };
    });
  }

  create(urn: string, inputs: Properties): Promise<{ readonly id: string; readonly outs: Properties }> {
    return this.change(urn, inputs, async ({ shell, call }) => {
      const { id, outputs } = await shell.create(call, inputs);
      return { id, outs: { ...outputs, ...pick(inputs, [PROVIDER_KEY]) } };
    });
  }

  read(id: string, urn: string, props: Properties = {}): Promise<ReadAnswer> {
    return this.serve(urn, async ({ shell, kind, call }) => {
      if (Object.keys(props).length > 0) {
        const outputs = await shell.read(call, props);
        return outputs === undefined
          ? { id: "", props: {} }
          : { id, props: { ...outputs, ...pick(props, [PROVIDER_KEY]) } };
      }
      const read = await importResource(kind, id, this.host);
      read.warnings?.forEach((warning) => {
        call.say(`${shell.labelOf(call.name)}: ${warning}`);
      });
      const { inputs, outputs } = shell.imported(call, read.inputs, read.outputs);
      return { id: read.id, inputs, props: outputs };
    });
  }

  update(_id: string, urn: string, olds: Properties, news: Properties): Promise<{ readonly outs: Properties }> {
    return this.change(urn, news, async ({ shell, call }) => {
      const { outputs } = await shell.update(call, olds, news);
      return { outs: { ...outputs, ...pick(news, [PROVIDER_KEY]) } };
    });
  }

  delete(_id: string, urn: string, props: Properties): Promise<void> {
    return this.serve(urn, ({ shell, call }) => shell.remove(call, props));
  }

  private change<T>(urn: string, inputs: Properties, work: (request: Request) => Promise<T>): Promise<T> {
    return this.serve(urn, async (request) => {
      try {
        return await work(request);
      } catch (error) {
        throw error instanceof PartialFailure ? error.with(pick(inputs, [PROVIDER_KEY])) : error;
      }
    });
  }

  /** Does the work of one request; what it reports has arrived before its answer does. */
  private async serve<T>(urn: string, work: (request: Request) => Promise<T>): Promise<T> {
    try {
      return await work(this.request(urn));
    } finally {
      await this.log.flush();
    }
  }

  private request(urn: string): Request {
    const { kind, name, stack } = parseUrn(urn);
    const shell = this.shells.get(kind);
    if (shell === undefined) {
      const known = [...this.shells.keys()].join(", ");
      throw new PkiError("ERR_INPUT_UNKNOWN", `${kind} is not a resource of talos-pki; use one of ${known}`);
    }
    const { host, log } = this;
    const say = (line: string): void => {
      log.say(urn, line);
    };
    const { auditLog } = this.configuration.values;
    const file = typeof auditLog === "string" ? auditLog : process.env[AUDIT_LOG];
    const audit = auditTrail({ host, say, file, stack });
    return { shell, kind, call: { name, key: urn, say, audit, signal: this.cancelling.signal } };
  }
}

/** The engine prints the value of a property that a failure names, secret or not: none is named. */
const unnamed = (reasons: readonly string[]): CheckFailure[] => reasons.map((reason) => ({ property: "", reason }));

const pick = (properties: Properties, keys: readonly string[]): Properties =>
  Object.fromEntries(keys.filter((key) => properties[key] !== undefined).map((key) => [key, properties[key]]));

/** The values without their marks. */
function plain(properties: Properties): Values {
  const values = unwrap(properties);
  return isPlainObject(values) ? values : {};
}
