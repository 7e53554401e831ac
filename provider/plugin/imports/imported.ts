import type { Values } from "../../resources/definition";

/** A resource that was read from outside. */
export interface Imported {
  readonly id: string;
  /** The inputs of a program that would lead to the outputs. */
  readonly inputs: Values;
  readonly outputs: Values;
}
