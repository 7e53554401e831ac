import { CA_NAMES, type CAName, STAGED, type StagedName } from "../../core/secrets/inventory";

/** One value per name: names of the inventory are the keys, and nothing lists them again. */
export function byName<Name extends string, T>(
  names: readonly Name[],
  make: (name: Name) => T,
): Readonly<Record<Name, T>> {
  // Every name gets its value here.
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>;
}

export const byCA = <T>(make: (name: CAName) => T): Readonly<Record<CAName, T>> => byName(CA_NAMES, make);

export const byStagedCA = <T>(make: (name: StagedName) => T): Readonly<Record<StagedName, T>> => byName(STAGED, make);
