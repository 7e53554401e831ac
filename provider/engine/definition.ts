import type { Problem, Warning } from "../core/errors";
import type { Context } from "./ports";
import type { KnownInputs, Outputs, PreviewInputs, Rows, StoredOutputs } from "./rows";
import type { Values } from "./values";

/** Something for a person to read that is no warning, such as why a certificate is reissued. */
export interface Info {
  readonly severity: "info";
  readonly message: string;
}

/** What a plan or an operation reports, in order. */
export type Report = Info | Warning;

export const info = (message: string): Info => ({ severity: "info", message });

/**
 * What is stored of a resource. In check these are the inputs of the last update, and no outputs; in every other
 * operation the outputs, and of the inputs those that the outputs repeat (`remembered`) and those that check has carried
 * over (`carried`).
 */
export interface Previous<I extends Rows, O extends Rows> {
  readonly inputs: PreviewInputs<I>;
  readonly outputs?: StoredOutputs<O>;
  /** Stored inputs that the definition had filled in, by name. */
  readonly filled: Values;
  /** The stored inputs that the program had marked as secret. */
  readonly secretInputs: readonly unknown[];
}

/** What a plan is made of. */
export interface PlanRequest<I extends Rows, O extends Rows> {
  readonly inputs: PreviewInputs<I>;
  /** `undefined` when the resource is created or replaced. */
  readonly previous: Previous<I, O> | undefined;
  /** Whether the program configures an input, in the right form. */
  readonly isConfigured: (name: keyof I & string) => boolean;
  /** Whether the program configures an input as it is stored. */
  readonly isAsStored: (name: keyof I & string) => boolean;
  /** Whether the state would keep the very inputs that it has, if the plan kept and filled these. */
  readonly wouldKeepStored: (kept: Pick<Plan<unknown>, "keep" | "fill">) => boolean;
  /** Whether the form of every input is right. */
  readonly isWellFormed: boolean;
  /** The inputs that the program marks as secret, as it configures them; only where the definition asks for them. */
  readonly secretInputs: readonly unknown[];
}

/**
 * What a definition would do: data, the same for the same request and time. The one place that decides.
 */
export interface Plan<Decision> {
  /** What rejects the inputs; then nothing is done, and `decision` may be missing. */
  readonly problems: readonly Problem[];
  readonly reports: readonly Report[];
  /** Inputs that the state keeps otherwise than the program configures them: normalised, reduced, sticky. */
  readonly keep?: Values;
  /** Inputs that the definition fills in, with their values; the engine remembers which. */
  readonly fill?: Values;
  /**
   * `false`: nothing changes, whatever the inputs. `true`: an update is due, even if no input differs. Absent: the engine
   * compares the inputs property by property. Only where a diff plans (`plansInDiff`).
   */
  readonly changes?: boolean;
  /** What `apply` needs to know. */
  readonly decision?: Decision;
}

/** What a plan is carried out with. */
export interface ApplyRequest<I extends Rows, O extends Rows, Decision> {
  readonly inputs: KnownInputs<I>;
  readonly decision: Decision;
  /** `undefined` when the resource is created. */
  readonly previous: StoredOutputs<O> | undefined;
}

/** What came of it. */
export interface Applied<O extends Rows> {
  /** Id of a new resource; ignored in an update. */
  readonly id: string;
  readonly outputs: Outputs<O>;
  readonly reports?: readonly Report[];
  /** What went wrong after something had changed: the outputs are stored, the operation fails, the next one goes on. */
  readonly incomplete?: readonly Problem[];
}

/** A resource as its outputs tell of it. */
export interface StoredResource<I extends Rows, O extends Rows> {
  readonly outputs: StoredOutputs<O>;
  /** Those inputs that the outputs repeat. */
  readonly inputs: PreviewInputs<I>;
}

/** What a look at the resource has found. */
export interface ReadResult<O extends Rows> {
  readonly outputs: StoredOutputs<O>;
  readonly reports?: readonly Report[];
  /** The resource is gone and leaves the state. */
  readonly isGone?: boolean;
}

/** The parts of a definition that are data. */
export interface DefinitionRows<I extends Rows, O extends Rows> {
  /** Noun of the type token: `talos-pki:index:<name>`. */
  readonly name: string;
  readonly description: string;
  readonly inputs: I;
  readonly outputs: O;
  /** Inputs that the stored outputs repeat under the same name, so that an update can compare with them. */
  readonly remembered?: readonly (keyof I & string)[];
  /** Inputs of the last update that `previous.inputs` has in diff and update too; their change alone may be no update. */
  readonly carried?: readonly (keyof I & string)[];
  /** Whether the plan must know which inputs the program marks as secret. */
  readonly needsSecretPaths?: true;
  /** The class of TypeScript protects the resource unless the program decides: what it holds cannot be made again. */
  readonly isProtected?: true;
  /**
   * What the decision of a plan depends on: the inputs alone, so that what check has planned is carried out; or what is
   * stored as well, so that an update plans again, from the stored outputs.
   */
  readonly decidesFrom: "inputs" | "state";
  /** Whether a preview asks for the plan against the stored outputs, which check does not see. */
  readonly plansInDiff?: true;
}

/**
 * One resource. The same definition serves a Pulumi dynamic resource and the plugin and knows neither: it is pure but for
 * the time, randomness, files and nodes that the context gives.
 */
export interface Definition<I extends Rows, O extends Rows, Decision> extends DefinitionRows<I, O> {
  plan(request: PlanRequest<I, O>, context: Context): Plan<Decision> | Promise<Plan<Decision>>;
  /** Carries out a plan without problems. @throws PkiError where nothing has changed */
  apply(request: ApplyRequest<I, O, Decision>, context: Context): Applied<O> | Promise<Applied<O>>;
  /** Whether what a plan makes is stored already; then nothing changes. Only asked when the inputs differ. */
  rendersIdentically?(decision: Decision, outputs: StoredOutputs<O>): boolean;
  /** Outputs that time or the world has changed; without it none has. */
  read?(stored: StoredResource<I, O>, context: Context): ReadResult<O> | Promise<ReadResult<O>>;
  /** Whether what was read asks for an update although no input has changed. */
  hasDrifted?(outputs: StoredOutputs<O>): boolean;
  /** Undoes what exists outside the state; without it nothing does. */
  remove?(stored: StoredResource<I, O>, context: Context): void | Promise<void>;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- a definition whose types only itself knows */
export type AnyDefinition = Definition<any, any, any>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/**
 * Defines a resource; the types of `plan` and `apply` follow from the rows.
 *
 * @example
 * const Echo = defineResource({
 *   name: "Echo", description: "Repeats a text.", decidesFrom: "inputs",
 *   inputs: { text: text("What to repeat.").asRequired() },
 *   outputs: { echo: text("The text.") },
 *   plan: () => ({ problems: [], reports: [], decision: undefined }),
 *   apply: ({ inputs }) => ({ id: "echo", outputs: { echo: inputs.text } }),
 * });
 */
export function defineResource<I extends Rows, O extends Rows, Decision>(
  definition: Definition<I, O, Decision>,
): Definition<I, O, Decision> {
  return definition;
}
