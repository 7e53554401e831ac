import type { Audit, AuditStep } from "./audit";
import { describeProblem, PkiError, type Problem } from "./core/errors";
import { SECRET_INPUTS, type Host, type ResourceDefinition, type Values } from "./resources/definition";
import { markSecrets } from "./resources/marks";
import type { Properties as PropertyRows } from "./resources/schema";
import { isInternal, markAs, type Properties, secretPaths, unwrap } from "./resources/wire";

/** Key under which a dynamic resource's name travels: Pulumi tells a dynamic provider no URN, and hides this key. */
export const NAME_KEY = "__resourceName";
/** Key of the text that finds a dynamic resource's provider. */
export const PROVIDER_KEY = "__provider";
/** Internal keys that a definition itself keeps. */
const DEFINITION_KEYS = ["__defaults", SECRET_INPUTS];

/** Says something to the person at the terminal. */
export type Say = (line: string) => void;

/** A definition as a shell calls it: properties in Pulumi's form in and out, secrets marked, problems told. */
export class DefinitionShell {
  private readonly toldOfExisting = new Map<string, readonly string[]>();

  constructor(
    readonly definition: ResourceDefinition,
    private readonly host: Host,
    private readonly say: Say,
    private readonly audit: Audit = () => undefined,
  ) {}

  async check(name: string, olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: string[] }> {
    const before = values(olds);
    const verdict = await this.definition.check(before, this.toCheck(news), this.host);
    this.tellOnce(name, Object.keys(before).length > 0, verdict.notices);
    // The engine prints the value of a property that a failure names, secret or not: the path goes into the reason.
    const failures = verdict.problems.map(describeProblem);
    const { inputs, checkedInputs = inputs } = this.definition;
    // What a definition makes of inputs that it refuses may hold unknowns, which Pulumi takes in a preview only.
    if (failures.length > 0) {
      return { inputs: this.marked(values(news), { ...inputs, ...checkedInputs }, news), failures };
    }
    return { inputs: this.marked(verdict.inputs, checkedInputs, news), failures };
  }

  private toCheck(news: Properties): Values {
    const paths = this.definition.asksForSecretInputs === true ? secretPaths(news) : [];
    return paths.length === 0 ? values(news) : { ...values(news), [SECRET_INPUTS]: paths };
  }

  /** @returns `false` when nothing changes; `undefined` when Pulumi shall compare */
  async diff(name: string, olds: Properties, news: Properties): Promise<false | undefined> {
    const verdict = await this.definition.diff(values(olds), values(news), this.host);
    refuse(this.labelOf(name), verdict.problems);
    this.tell(name, verdict.notices);
    return verdict.changes;
  }

  async create(name: string, inputs: Properties): Promise<{ id: string; outputs: Properties }> {
    const { id, outputs, notices = [] } = await this.definition.create(values(inputs), this.host);
    this.note(name, "create", inputs, {}, outputs);
    this.tell(name, notices);
    return { id, outputs: this.outputs(outputs, inputs) };
  }

  async read(outputs: Properties): Promise<Properties> {
    return this.outputs(await this.definition.read(values(outputs), this.host), outputs);
  }

  async update(name: string, olds: Properties, news: Properties): Promise<Properties> {
    const { outputs, notices = [] } = await this.definition.update(values(olds), values(news), this.host);
    this.note(name, "update", news, olds, outputs);
    this.tell(name, notices);
    return this.outputs(outputs, news);
  }

  /** Values that somebody else has read, in Pulumi's form. */
  imported(name: string, inputs: Values, outputs: Values): { inputs: Properties; outputs: Properties } {
    this.note(name, "import", inputs, {}, outputs);
    const checked = this.definition.checkedInputs ?? this.definition.inputs;
    return { inputs: markSecrets(inputs, checked), outputs: this.outputs(outputs, {}) };
  }

  private note(name: string, kind: AuditStep["kind"], inputs: Properties, olds: Properties, outputs: Values): void {
    this.audit(this.definition.name, name, { kind, inputs: values(inputs), olds: values(olds), outputs });
  }

  private outputs(outputs: Values, inputs: Properties): Properties {
    return this.marked(outputs, { ...this.definition.inputs, ...this.definition.outputs }, inputs);
  }

  /** Marks what is secret by its property, and what came in as a secret under the same name: the engine no longer does. */
  private marked(clear: Values, properties: PropertyRows, given: Properties): Properties {
    return markAs(markSecrets(clear, properties), given) as Properties;
  }

  /** Before a replacement the engine checks a second time, as if nothing were there: what was told is told. */
  private tellOnce(name: string, exists: boolean, notices: readonly string[]): void {
    const told = exists ? [] : (this.toldOfExisting.get(name) ?? []);
    this.tell(
      name,
      notices.filter((notice) => !told.includes(notice)),
    );
    if (exists) this.toldOfExisting.set(name, notices);
    else this.toldOfExisting.delete(name);
  }

  private tell(name: string, notices: readonly string[]): void {
    for (const notice of notices) this.say(`${this.labelOf(name)}: ${notice}`);
  }

  /** The resource as a person knows it. */
  labelOf(name: string): string {
    return `${this.definition.name} ${JSON.stringify(name)}`;
  }
}

/** Pulumi names the resource beside a failure of check, and not beside one of diff. */
function refuse(label: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const error = PkiError.of(problems);
  error.message = `${label}: ${error.message}`;
  throw error;
}

/** Clear values without the shells' own keys. */
function values(properties: Properties): Values {
  const clear = unwrap(properties) as Properties;
  return Object.fromEntries(Object.entries(clear).filter(([key]) => !isInternal(key) || DEFINITION_KEYS.includes(key)));
}
