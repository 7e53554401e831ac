import { webcrypto } from "node:crypto";

import { describeProblem, PkiError } from "../../../provider/core/errors";
import { canonical } from "../../../provider/core/canonical";
import type { AnyDefinition } from "../../../provider/engine/definition";
import { Incomplete } from "../../../provider/engine/incomplete";
import { type Call, type ChangeResult, type CheckResult, Operations } from "../../../provider/engine/operations";
import type { Nodes } from "../../../provider/engine/nodes";
import type { Host } from "../../../provider/engine/ports";
import { describeReport } from "../../../provider/engine/shell";
import type { Values } from "../../../provider/engine/values";
import { unwrap } from "../../../provider/engine/wire";
import { START } from "./fixed";
import { noNodes } from "./noNodes";

/** A host in memory, whose clock the test sets. */
export interface TestHost extends Host {
  now: string;
  readonly folders: Record<string, Readonly<Record<string, string>>>;
}

export function testHost(now = START, nodes?: Nodes): TestHost {
  const host: TestHost = {
    now,
    folders: {},
    environment: {
      now: () => new Date(host.now),
      randomBytes: (size) => webcrypto.getRandomValues(new Uint8Array(size)),
      subtle: webcrypto.subtle,
    },
    readFiles: (folder) => Promise.resolve(host.folders[folder] ?? {}),
    nodes: nodes === undefined ? noNodes : () => Promise.resolve(nodes),
  };
  return host;
}

/** What a preview shows. */
export interface Preview {
  readonly op: "create" | "update" | "same";
  /** Inputs that differ from those of the last update. */
  readonly changes: readonly string[];
  readonly notices: readonly string[];
  /** `CODE path: message`. */
  readonly problems: readonly string[];
}

/** A resource as the engine drives it through its definition: check, diff, create or update, read. */
export class Managed {
  id = "";
  /** Lines of progress. */
  readonly said: string[] = [];
  /** What the last operation reported. */
  reports: string[] = [];
  /** Cancels what comes next. */
  signal: AbortSignal | undefined;
  /** The last operation has changed something and then failed: the next update runs even without a change. */
  private isIncomplete = false;
  private readonly operations: Operations;
  private state: { readonly inputs: Values; readonly outputs: Values } | undefined;

  constructor(
    readonly definition: AnyDefinition,
    readonly host: TestHost,
  ) {
    this.operations = new Operations(definition, host);
  }

  get inputs(): Values {
    return this.existing.inputs;
  }

  get outputs(): Values {
    return this.existing.outputs;
  }

  private get existing(): { readonly inputs: Values; readonly outputs: Values } {
    if (this.state === undefined) throw new Error("not made yet");
    return this.state;
  }

  /** A twin in the same state, to try something on. */
  twin(host = this.host): Managed {
    const twin = new Managed(this.definition, host);
    twin.id = this.id;
    twin.state = this.state;
    return twin;
  }

  /** A twin whose state has these outputs, as an older package has written them. */
  withOutputs(outputs: Values): Managed {
    const twin = this.twin();
    twin.state = { inputs: this.inputs, outputs };
    return twin;
  }

  /** What check makes of inputs. */
  async check(olds: Values, news: Values): Promise<CheckResult> {
    return this.operations.check(olds, unwrap(structuredClone(news)) as Values);
  }

  async preview(args: Values): Promise<Preview & { readonly inputs: Values }> {
    // The engine hands a provider values as the wire has them: no undefined, no null.
    const news = unwrap(structuredClone(args)) as Values;
    const { inputs, problems, reports } = await this.operations.check(this.state?.inputs ?? {}, news);
    const notices = reports.map(describeReport);
    const told = problems.map((problem) => `${problem.code} ${describeProblem(problem)}`);
    if (this.state === undefined || told.length > 0)
      return { op: "create", changes: Object.keys(inputs), notices, problems: told, inputs };
    const { inputs: before, outputs } = this.state;
    const diff = await this.operations.diff(outputs, inputs, this.call);
    const names = [...new Set([...Object.keys(before), ...Object.keys(inputs)])];
    const changes =
      diff.changes === false ? [] : names.filter((name) => canonical(before[name]) !== canonical(inputs[name])).sort();
    return {
      op: changes.length === 0 && diff.changes !== true && !this.isIncomplete ? "same" : "update",
      changes,
      notices: [...notices, ...diff.reports.map(describeReport)],
      problems: diff.problems.map((problem) => `${problem.code} ${describeProblem(problem)}`),
      inputs,
    };
  }

  /** One `pulumi up`. @throws Error with all problems; then nothing has changed */
  async up(args: Values): Promise<Preview> {
    const preview = await this.preview(args);
    if (preview.problems.length > 0) throw new Error(preview.problems.join("\n"));
    const { inputs } = preview;
    if (this.state === undefined) await this.change(inputs, () => this.operations.create(inputs, this.call));
    else if (preview.op === "update")
      await this.change(inputs, () => this.operations.update(this.outputs, inputs, this.call));
    else {
      // A resource that stays the same keeps its outputs; the engine notes its inputs.
      this.state = { inputs, outputs: this.outputs };
    }
    return preview;
  }

  /** `pulumi refresh`. */
  async refresh(): Promise<void> {
    const { outputs = {}, reports } = await this.operations.read(this.outputs, this.call);
    this.reports = reports.map(describeReport);
    this.state = { inputs: this.inputs, outputs };
  }

  /** `pulumi destroy`. */
  async destroy(): Promise<void> {
    await this.operations.remove(this.outputs, this.call);
    this.state = undefined;
  }

  private get call(): Call {
    const progress = (line: string): void => void this.said.push(line);
    return { progress, ...(this.signal === undefined ? {} : { signal: this.signal }) };
  }

  /** Stores what came of a create or update, as the engine does with one that failed half-way. */
  private async change(inputs: Values, run: () => Promise<ChangeResult>): Promise<void> {
    this.isIncomplete = false;
    try {
      const { id, outputs, reports } = await run();
      if (this.state === undefined) this.id = id;
      this.state = { inputs, outputs };
      this.reports = reports.map(describeReport);
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      if (this.state === undefined) this.id = error.id;
      this.state = { inputs, outputs: error.outputs };
      this.reports = error.reports.map(describeReport);
      this.isIncomplete = true;
      throw error;
    }
  }
}

/** What a PkiError says, `CODE path: message`; anything else passes through. */
export async function problemsOf(run: () => Promise<unknown>): Promise<string[]> {
  try {
    await run();
    return [];
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return error.problems.map((problem) => `${problem.code} ${describeProblem(problem)}`);
  }
}
