import { byName } from "../../core/secrets/byName";
import { CA_NAMES, type CAName, STAGED, type StagedName } from "../../core/secrets/inventory";

export const byCA = <T>(make: (name: CAName) => T): Readonly<Record<CAName, T>> => byName(CA_NAMES, make);

export const byStagedCA = <T>(make: (name: StagedName) => T): Readonly<Record<StagedName, T>> => byName(STAGED, make);
