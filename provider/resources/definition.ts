import type { Environment } from "../core/environment";
import type { Problem } from "../core/errors";
import type { Properties } from "./schema";

/** Values of a resource, in clear, without marks and without the shells' own keys. */
export type Values = Readonly<Record<string, unknown>>;

/** Key of the paths of the inputs that the program marks as secret (`configPatches[1]`); Pulumi hides it. */
export const SECRET_INPUTS = "__secretInputs";

/** What a definition may ask of the world around it. */
export interface Host {
  readonly environment: Environment;
  /** Reads files below a folder, relative to the program's own; a missing file is absent. */
  readFiles(folder: string, names: readonly string[]): Promise<Readonly<Record<string, string>>>;
}

export interface CheckVerdict {
  /** The inputs as they shall be kept: normalized, reduced to what is needed, defaults added. */
  readonly inputs: Values;
  /** What refuses the inputs. */
  readonly problems: readonly Problem[];
  /** What a person should read, such as why a certificate is issued anew. */
  readonly notices: readonly string[];
}

export interface DiffVerdict {
  /** `false`: nothing to do, whatever the inputs. `undefined`: Pulumi compares the inputs property by property. */
  readonly changes: false | undefined;
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
}

export interface CreateVerdict {
  readonly id: string;
  readonly outputs: Values;
  readonly notices?: readonly string[];
}

export interface UpdateVerdict {
  readonly outputs: Values;
  readonly notices?: readonly string[];
}

/**
 * One resource. The same definition serves a Pulumi dynamic resource and the provider plugin; it knows neither, and
 * its functions are pure but for keys, time and files that the host gives.
 */
export interface ResourceDefinition {
  /** Noun of the type token: `talos-pki:index:<name>`. */
  readonly name: string;
  readonly description: string;
  readonly inputs: Properties;
  /** The inputs as check keeps them, where that differs. */
  readonly checkedInputs?: Properties;
  readonly outputs: Properties;
  /** Whether check is to hear under `SECRET_INPUTS` which inputs the program marks as secret. */
  readonly asksForSecretInputs?: true;
  /** @param olds inputs of the last update; empty on creation and replacement */
  check(olds: Values, news: Values, host: Host): Promise<CheckVerdict>;
  /** @param olds outputs in the state */
  diff(olds: Values, news: Values, host: Host): Promise<DiffVerdict>;
  create(inputs: Values, host: Host): Promise<CreateVerdict>;
  /** Outputs that time has changed; everything else stays as the state has it. */
  read(outputs: Values, host: Host): Promise<Values>;
  update(olds: Values, news: Values, host: Host): Promise<UpdateVerdict>;
}

/** Nothing to refuse and nothing to say: Pulumi compares. */
export const COMPARE: DiffVerdict = { changes: undefined, problems: [], notices: [] };
