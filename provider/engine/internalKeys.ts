/**
 * Every key that the state holds beside a resource's own properties. Pulumi shows no property whose name begins with two
 * underscores, and finds no difference in one.
 */

/** Name of a dynamic resource: Pulumi tells a dynamic provider no URN. The first name stays when an alias gives another. */
export const NAME_KEY = "__resourceName";

/** Text by which Pulumi finds the provider of a dynamic resource; the same in every version of this package. */
export const PROVIDER_KEY = "__provider";

/**
 * Names of the inputs that the definition filled in, so that a default which depends on the version of this package, once
 * written, is kept and can be told from one that the program configures.
 */
export const DEFAULTED_KEY = "__defaults";

/**
 * Paths of the inputs that the program marks as secret (`configPatches[1]`). A dynamic provider gets every value in
 * plaintext and update gets no marks: a definition that shows a view of its inputs must know what to hide.
 */
export const SECRET_INPUTS_KEY = "__secretInputs";

/**
 * Inputs of the last update by name: diff and update get the new ones only, and the outputs do not repeat what may change
 * without an update.
 */
export const CARRIED_KEY = "__carriedInputs";

/** Keys of the dynamic shell, which no definition hears of. */
export const SHELL_KEYS: readonly string[] = [NAME_KEY, PROVIDER_KEY];

/** Whether a key belongs to a shell or to the engine. */
export function isInternal(key: string): boolean {
  return key.startsWith("__");
}
