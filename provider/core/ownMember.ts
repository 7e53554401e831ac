/**
 * A member of a table by a name that somebody else chose: what every object inherits, such as `constructor`, is none.
 *
 * @example
 * ownMember({ size: 1 }, "toString"); // undefined
 */
export function ownMember<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
