import { PkiError, type Problem } from "../core/errors";
import { canonical } from "../core/canonical";
import { PemReader } from "../core/x509/pemReader";
import { assertKnown, decodeInputs } from "./decode";
import type { AnyDefinition, Plan, PlanRequest, Previous, Report } from "./definition";
import { formProblems, validSubset } from "./form";
import { CARRIED_KEY, DEFAULTED_KEY, isInternal, SECRET_INPUTS_KEY } from "./internalKeys";
import { Incomplete } from "./incomplete";
import type { Context, Host } from "./ports";
import type { PreviewInputs, Rows } from "./rows";
import { PlanMemory } from "./planMemory";
import { isPlainObject, type Values, withoutUndefined } from "./values";

/** What an operation is called with, beside its values. */
export interface Call {
  /** Reports a line at once. */
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What check answers. */
export interface CheckResult {
  /** The inputs as the state keeps them. */
  readonly inputs: Values;
  readonly problems: readonly Problem[];
  readonly reports: readonly Report[];
}

/** What diff answers. */
export interface DiffResult {
  /** `false`: nothing to do. `true`: an update although no input differs. `undefined`: compare the inputs. */
  readonly changes: boolean | undefined;
  readonly problems: readonly Problem[];
  readonly reports: readonly Report[];
}

/** What create and update answer. */
export interface ChangeResult {
  readonly id: string;
  readonly outputs: Values;
  readonly reports: readonly Report[];
}

type AnyPlan = Plan<unknown>;
/** The outputs do not tell what was filled in or marked. */
const NOTHING_KEPT = { filled: {}, secretInputs: [] };
const NEVER = new AbortController().signal;

/** Planned inputs: what they decode to and what is to be done. */
interface Planned {
  readonly inputs: PreviewInputs<Rows>;
  readonly plan: AnyPlan;
}

/**
 * The operations of Pulumi on one definition, with plain values: each decodes once and asks the definition's plan once,
 * and what check has planned serves diff, create and update of the same process.
 */
export class Operations {
  private readonly planned = new PlanMemory<Planned>();

  constructor(
    readonly definition: AnyDefinition,
    private readonly host: Host,
    private readonly pems: PemReader = new PemReader(),
  ) {}

  /**
   * Checks inputs and makes of them what the state keeps.
   *
   * @param olds kept inputs of the last update; empty on creation and replacement
   * @param news inputs as the program configures them
   */
  async check(olds: Values, news: Values, call: Call = {}): Promise<CheckResult> {
    const { [SECRET_INPUTS_KEY]: secretPaths, ...configured } = news;
    const problems = formProblems(configured, this.inputRows);
    const isWellFormed = problems.length === 0;
    const valid = validSubset(configured, this.inputRows, problems);
    const context = this.context(call);
    const inputs = decodeInputs(valid, this.inputRows, context, problems);
    const exists = Object.keys(olds).length > 0;
    const extras = { secretPaths: pathsIn(secretPaths), carried: this.carriedFrom(olds) };
    const plan = await this.plan(
      {
        inputs,
        isWellFormed,
        previous: exists ? this.previousInputs(olds, context) : undefined,
        isConfigured: (name) => valid[name] !== undefined,
        isAsStored: (name) => canonical(valid[name]) === canonical(olds[this.keptName(name)]),
        wouldKeepStored: (made) => canonical(this.kept(valid, made, extras)) === canonical(olds),
        secretInputs: valuesAt(valid, extras.secretPaths),
      },
      context,
      problems,
    );
    const kept = this.kept(valid, plan, extras);
    if (problems.length === 0)
      this.planned.remember(kept, { inputs, plan, exists, isSame: canonical(kept) === canonical(olds) });
    return { inputs: kept, problems, reports: plan.reports };
  }

  /** @param outputs outputs in the state @param kept inputs as check has left them */
  async diff(outputs: Values, kept: Values, call: Call = {}): Promise<DiffResult> {
    const { definition } = this;
    const compare: DiffResult = { changes: undefined, problems: [], reports: [] };
    if (definition.hasDrifted?.(outputs) === true) return { ...compare, changes: true };
    if (definition.plansInDiff === true) {
      const problems: Problem[] = [];
      const { plan } = await this.replan(kept, outputs, problems, this.context(call));
      return { changes: plan.changes, problems, reports: problems.length > 0 ? [] : plan.reports };
    }
    const seen = this.planned.peek(kept);
    if (definition.rendersIdentically === undefined || seen?.isSame === true) return compare;
    const { plan } = seen ?? (await this.replan(kept, outputs, [], this.context(call)));
    const isSame = plan.decision !== undefined && definition.rendersIdentically(plan.decision, outputs);
    return isSame ? { ...compare, changes: false } : compare;
  }

  /** @throws PkiError, Incomplete */
  async create(kept: Values, call: Call = {}): Promise<ChangeResult> {
    return this.change(kept, undefined, call);
  }

  /** @param outputs outputs in the state @throws PkiError, Incomplete */
  async update(outputs: Values, kept: Values, call: Call = {}): Promise<ChangeResult> {
    return this.change(kept, outputs, call);
  }

  /** What the state shall hold; `undefined` when the resource is gone. */
  async read(outputs: Values, call: Call = {}): Promise<{ outputs: Values | undefined; reports: readonly Report[] }> {
    const context = this.context(call);
    const found = await this.definition.read?.({ outputs, inputs: this.rememberedInputs(outputs, context) }, context);
    if (found === undefined) return { outputs, reports: [] };
    const { reports = [], isGone } = found;
    return { outputs: isGone === true ? undefined : { ...outputs, ...found.outputs }, reports };
  }

  async remove(outputs: Values, call: Call = {}): Promise<void> {
    const context = this.context(call);
    await this.definition.remove?.({ outputs, inputs: this.rememberedInputs(outputs, context) }, context);
  }

  private get inputRows(): Rows {
    return this.definition.inputs as Rows;
  }

  private get rememberedNames(): readonly string[] {
    return this.definition.remembered ?? [];
  }

  private async change(kept: Values, outputs: Values | undefined, call: Call): Promise<ChangeResult> {
    const { definition } = this;
    const context = this.context(call);
    const problems: Problem[] = [];
    const seen = this.planned.take(kept);
    // A plan without a decision found nothing to do, and an update may be forced all the same.
    const { inputs, plan } =
      seen?.plan.decision !== undefined &&
      (definition.decidesFrom === "inputs" || (outputs === undefined && !seen.exists))
        ? seen
        : await this.replan(kept, outputs, problems, context);
    if (problems.length > 0) throw PkiError.of(problems);
    const request = { inputs: assertKnown(inputs), decision: plan.decision, previous: outputs };
    const applied = await definition.apply(request, context);
    const result = {
      id: applied.id,
      outputs: withoutUndefined({ ...pick(kept, this.rememberedNames), ...applied.outputs }),
      reports: applied.reports ?? [],
    };
    if (applied.incomplete !== undefined) throw new Incomplete(applied.incomplete, result);
    return result;
  }

  /** Plans kept inputs, in a process that has not checked them or against the outputs in the state. */
  private async replan(
    kept: Values,
    outputs: Values | undefined,
    problems: Problem[],
    context: Context,
  ): Promise<Planned> {
    const paths = pathsIn(kept[SECRET_INPUTS_KEY]);
    const configured = this.configuredNames(kept);
    const inputs = decodeInputs(configured, this.inputRows, context, problems);
    const previous =
      outputs === undefined
        ? undefined
        : { outputs, inputs: this.rememberedInputs(outputs, context, valuesIn(kept[CARRIED_KEY])), ...NOTHING_KEPT };
    const request: PlanRequest<Rows, Rows> = {
      inputs,
      previous,
      isWellFormed: true,
      isConfigured: (name) => configured[name] !== undefined,
      isAsStored: () => false,
      wouldKeepStored: () => false,
      secretInputs: valuesAt(configured, paths),
    };
    return { inputs, plan: await this.plan(request, context, problems) };
  }

  private async plan(request: PlanRequest<Rows, Rows>, context: Context, problems: Problem[]): Promise<AnyPlan> {
    try {
      const plan: AnyPlan = await this.definition.plan(request, context);
      problems.push(...plan.problems);
      return plan;
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      problems.push(...error.problems);
      return { problems: error.problems, reports: [] };
    }
  }

  private previousInputs(olds: Values, context: Context): Previous<Rows, Rows> {
    const filled = pathsIn(olds[DEFAULTED_KEY]);
    const configured = this.configuredNames(olds);
    return {
      // What an older version has let in is no problem of today's inputs.
      inputs: decodeInputs(configured, this.inputRows, context, []),
      filled: Object.fromEntries(filled.map((name) => [name, configured[name]])),
      secretInputs: valuesAt(configured, pathsIn(olds[SECRET_INPUTS_KEY])),
    };
  }

  /** The inputs that the stored outputs repeat, and those that check has carried over. */
  private rememberedInputs(outputs: Values, context: Context, carried: Values = {}): PreviewInputs<Rows> {
    return decodeInputs({ ...pick(outputs, this.rememberedNames), ...carried }, this.inputRows, context, []);
  }

  /** What diff and update shall know of the inputs of the last update. */
  private carriedFrom(olds: Values): Values {
    return withoutUndefined(pick(this.configuredNames(olds), this.definition.carried ?? []));
  }

  /** What the state keeps: the inputs, what the plan makes of them, and the engine's own keys. */
  private kept(
    valid: Values,
    { keep, fill }: Pick<AnyPlan, "keep" | "fill">,
    { secretPaths, carried }: { readonly secretPaths: readonly string[]; readonly carried: Values },
  ): Values {
    const values = Object.entries({ ...valid, ...fill, ...keep });
    return withoutUndefined({
      ...Object.fromEntries(values.map(([name, value]) => [this.keptName(name), value])),
      ...(fill === undefined ? {} : { [DEFAULTED_KEY]: Object.keys(fill) }),
      ...(secretPaths.length === 0 ? {} : { [SECRET_INPUTS_KEY]: [...secretPaths] }),
      ...(Object.keys(carried).length === 0 ? {} : { [CARRIED_KEY]: carried }),
    });
  }

  /** The name under which the state keeps an input. */
  private keptName(name: string): string {
    return this.inputRows[name]?.keptAs ?? name;
  }

  /** Kept inputs under the names that a program uses. */
  private configuredNames(kept: Values): Values {
    const names = new Map(Object.entries(this.inputRows).map(([name, { keptAs = name }]) => [keptAs, name]));
    return Object.fromEntries(
      Object.entries(kept)
        .filter(([key]) => !isInternal(key))
        .map(([key, value]) => [names.get(key) ?? key, value]),
    );
  }

  private context({ progress = () => undefined, signal = NEVER }: Call): Context {
    return { ...this.host, environment: this.host.environment, pems: this.pems, progress, signal };
  }
}

/** The values at paths such as `configPatches` and `configPatches[1]`. */
function valuesAt(values: Values, paths: readonly string[]): unknown[] {
  return paths.map((path) => {
    const [name = "", index] = path.split(/[[\]]/);
    const value = values[name];
    const items: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
    return index === undefined || items === undefined ? value : items[Number(index)];
  });
}

const pick = (values: Values, names: readonly string[]): Values =>
  Object.fromEntries(names.map((name) => [name, values[name]]));

const valuesIn = (value: unknown): Values => (isPlainObject(value) ? value : {});

const pathsIn = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as readonly string[]) : []);
