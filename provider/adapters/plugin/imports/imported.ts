import { PkiError } from "../../../core/errors";
import type { AnyDefinition } from "../../../engine/definition";
import { Operations } from "../../../engine/operations";
import type { Host } from "../../../engine/ports";
import type { Values } from "../../../engine/values";

/** A resource that was read from outside. */
export interface Imported {
  readonly id: string;
  /** The inputs of a program that would lead to the outputs. */
  readonly inputs: Values;
  readonly outputs: Values;
  /** What the import has assumed and the user should know. */
  readonly warnings?: readonly string[];
}

/**
 * A resource as a program with these inputs would create it.
 *
 * @throws PkiError every problem of the inputs
 */
export async function createImported(definition: AnyDefinition, configured: Values, host: Host): Promise<Imported> {
  const operations = new Operations(definition, host);
  const { inputs, problems } = await operations.check({}, configured);
  if (problems.length > 0) throw PkiError.of(problems);
  const { id, outputs } = await operations.create(inputs);
  return { id, inputs, outputs };
}
