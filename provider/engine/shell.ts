import type { ErrorCode } from "../core/errorCodes";
import { describeProblem, PkiError, type Problem } from "../core/errors";
import type { PemReader } from "../core/x509/pemReader";
import type { Audit, AuditStep } from "./auditStep";
import type { AnyDefinition, Report } from "./definition";
import { CARRIED_KEY, isInternal, SECRET_INPUTS_KEY, SHELL_KEYS } from "./internalKeys";
import { Incomplete } from "./incomplete";
import { type Call, Operations } from "./operations";
import type { Host } from "./ports";
import { PartialFailure } from "./partialFailure";
import type { Properties as PropertyRows } from "./rows";
import { markSecrets } from "./secretMarks";
import { isPlainObject, type Values } from "./values";
import { markAs, type Properties, secretPaths, unwrap } from "./wire";

/** Reports a line about a resource to the person at the terminal. */
export type Say = (line: string) => void;

/** One call of the engine: about which resource, and who hears of it. */
export interface ShellCall {
  /** Name of the resource. */
  readonly name: string;
  /** Its URN, where the adapter knows it: two resources of one name may have different parents. */
  readonly key?: string;
  readonly say: Say;
  readonly audit?: Audit;
  readonly signal?: AbortSignal;
}

/** Created or updated: properties in Pulumi's form. */
export interface Changed {
  readonly id: string;
  readonly outputs: Properties;
}

/**
 * A definition as the adapters call it, for as long as the process lives: properties in Pulumi's form in and out, secrets
 * marked, each report made once.
 */
export class ResourceShell {
  private readonly operations: Operations;
  private readonly reported = new Map<string, ReadonlySet<string>>();

  constructor(
    readonly definition: AnyDefinition,
    host: Host,
    pems: PemReader,
  ) {
    this.operations = new Operations(definition, host, pems);
  }

  async check(
    call: ShellCall,
    olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: string[] }> {
    const before = values(olds);
    const after = values(news);
    const { inputs, problems, reports } = await this.operations.check(
      before,
      { ...after, ...this.secretInputs(news) },
      this.callOf(call),
    );
    this.reportOnce(call, Object.keys(before).length > 0, reports);
    // The engine prints the value of a property that a failure names, secret or not: the path goes into the reason.
    const failures = problems.map(describeRejection);
    // What is made of rejected inputs may hold unknowns, which Pulumi accepts in a preview only.
    const models = { ...news, [CARRIED_KEY]: news };
    return { inputs: this.marked(failures.length > 0 ? after : inputs, this.keptRows, models), failures };
  }

  /** @returns `undefined` when Pulumi shall compare */
  async diff(call: ShellCall, olds: Properties, news: Properties): Promise<boolean | undefined> {
    const { changes, problems, reports } = await this.operations.diff(values(olds), values(news), this.callOf(call));
    reject(this.labelOf(call.name), problems);
    this.report(call, reports);
    return changes;
  }

  async create(call: ShellCall, inputs: Properties): Promise<Changed> {
    return this.change(call, "create", {}, inputs, () => this.operations.create(values(inputs), this.callOf(call)));
  }

  async update(call: ShellCall, olds: Properties, news: Properties): Promise<Changed> {
    const [before, after] = [values(olds), values(news)];
    return this.change(call, "update", before, news, () => this.operations.update(before, after, this.callOf(call)));
  }

  /** @returns `undefined` when the resource is gone */
  async read(call: ShellCall, outputs: Properties): Promise<Properties | undefined> {
    const found = await this.operations.read(values(outputs), this.callOf(call));
    this.report(call, found.reports);
    return found.outputs === undefined ? undefined : this.outputs(found.outputs, outputs);
  }

  async remove(call: ShellCall, outputs: Properties): Promise<void> {
    await this.operations.remove(values(outputs), this.callOf(call));
  }

  /** Values that an import has read, in Pulumi's form. */
  imported(call: ShellCall, inputs: Values, outputs: Values): { inputs: Properties; outputs: Properties } {
    this.audit(call, { kind: "import", inputs, olds: {}, outputs });
    return { inputs: markSecrets(inputs, this.keptRows), outputs: this.outputs(outputs, {}) };
  }

  /** The resource as a person knows it. */
  labelOf(name: string): string {
    return `${this.definition.name} ${JSON.stringify(name)}`;
  }

  private async change(
    call: ShellCall,
    kind: "create" | "update",
    olds: Values,
    inputs: Properties,
    run: () => Promise<{ id: string; outputs: Values; reports: readonly Report[] }>,
  ): Promise<Changed> {
    try {
      const { id, outputs, reports } = await run();
      this.audit(call, { kind, inputs: values(inputs), olds, outputs });
      this.report(call, reports);
      return { id, outputs: this.outputs(outputs, inputs) };
    } catch (error) {
      if (error instanceof PkiError) throw rejection(error);
      if (!(error instanceof Incomplete)) throw error;
      this.audit(call, { kind, inputs: values(inputs), olds, outputs: error.outputs });
      this.report(call, error.reports);
      throw new PartialFailure(error.problems.map(describeRejection), error.id, this.outputs(error.outputs, inputs));
    }
  }

  /** Behind the plugin the wire says which inputs are secret; the class of a dynamic resource sends the key itself. */
  private secretInputs(news: Properties): Values {
    if (this.definition.needsSecretPaths !== true) return {};
    // What is secret by its row needs no mark, and a stack of dynamic resources has none for it.
    const rows = this.inputRows;
    const paths = secretPaths(withoutInternal(news)).filter((path) => rows[path]?.secret !== true);
    return paths.length === 0 ? {} : { [SECRET_INPUTS_KEY]: paths };
  }

  private audit({ name, audit }: ShellCall, step: AuditStep): void {
    audit?.(this.definition.name, name, step);
  }

  private get inputRows(): PropertyRows {
    return this.definition.inputs as PropertyRows;
  }

  private get keptRows(): PropertyRows {
    const rows = Object.entries(this.inputRows);
    return Object.fromEntries([...rows, ...rows.map(([name, row]) => [row.keptAs ?? name, row] as const)]);
  }

  private outputs(outputs: Values, inputs: Properties): Properties {
    return this.marked(outputs, { ...this.inputRows, ...(this.definition.outputs as PropertyRows) }, inputs);
  }

  /** Marks what is secret by its row, and what came in as a secret under the same name: the engine no longer does. */
  private marked(plain: Values, rows: PropertyRows, given: Properties): Properties {
    const marked = markAs(markSecrets(plain, rows), given);
    return isPlainObject(marked) ? { ...marked } : {};
  }

  /** Before a replacement the engine checks a second time, as if nothing were there: what was reported is reported. */
  private reportOnce(call: ShellCall, exists: boolean, reports: readonly Report[]): void {
    const key = call.key ?? call.name;
    const before = exists ? undefined : this.reported.get(key);
    const fresh = reports.filter((report) => before?.has(describeReport(report)) !== true);
    this.report(call, fresh);
    if (exists) this.reported.set(key, new Set(reports.map(describeReport)));
    else this.reported.delete(key);
  }

  private report({ name, say }: ShellCall, reports: readonly Report[]): void {
    for (const report of reports) say(`${this.labelOf(name)}: ${describeReport(report)}`);
  }

  private callOf({ name, say, signal }: ShellCall): Call {
    return {
      progress: (line) => {
        say(`${this.labelOf(name)}: ${line}`);
      },
      ...(signal === undefined ? {} : { signal }),
    };
  }
}

/** A report as one line. */
export function describeReport(report: Report): string {
  return report.severity === "info" ? report.message : describeProblem(report);
}

/** Codes of rotations: what is reported about one ends in its code, as what is reported about a node does by itself. */
const SHOWN_CODES: readonly ErrorCode[] = ["ERR_ROTATION_ILLEGAL", "ERR_ROTATION_NOT_PROPAGATED"];

function withCode(problem: Problem): Problem {
  const { code, message } = problem;
  return SHOWN_CODES.includes(code) ? { ...problem, message: `${message} (${code})` } : problem;
}

/** What rejects, as one line. */
const describeRejection = (problem: Problem): string => describeProblem(withCode(problem));

const rejection = (error: PkiError): PkiError => PkiError.of(error.problems.map(withCode), error.cause);

/** Pulumi names the resource beside a failure of check, and not beside one of diff. */
function reject(label: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const error = rejection(PkiError.of(problems));
  error.message = `${label}: ${error.message}`;
  throw error;
}

/** Plaintext values without the keys of the dynamic shell. */
function values(properties: Properties): Values {
  const plain = unwrap(properties);
  return isPlainObject(plain)
    ? Object.fromEntries(Object.entries(plain).filter(([key]) => !SHELL_KEYS.includes(key)))
    : {};
}

const withoutInternal = (properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([key]) => !isInternal(key)));
