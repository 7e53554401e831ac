/**
 * What a child is given, or the component gives out: a value of the program, which nobody looks into because it may be
 * an Output; a child, or an output of one; or what is made of several of these once they are known.
 */
export type Value =
  | { readonly value: unknown }
  | { readonly child: string; readonly output?: string }
  | { readonly from: readonly Value[]; make(known: readonly unknown[]): unknown };

/** Values by name. */
export type Values = Readonly<Record<string, Value>>;

/** A value of the program; nothing where it has none. */
export const given = (name: string, value: unknown): Values =>
  value === undefined || value === null ? {} : { [name]: { value } };

/** A child in the place of an input. */
export const child = (key: string): Value => ({ child: key });

/** An output of a child. */
export const output = (key: string, name: string): Value => ({ child: key, output: name });
