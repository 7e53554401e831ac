/** One value per name: names of the inventory are the keys, and nothing lists them again. */
export function byName<Name extends string, T>(
  names: readonly Name[],
  make: (name: Name) => T,
): Readonly<Record<Name, T>> {
  // Every name gets its value here.
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>;
}
