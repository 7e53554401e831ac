import { BUNDLE_FORMS, SECRET_FIELDS } from "./fields";
import { CA_NAMES, type CAName, type ConfigPlace, INVENTORY, isCAName } from "./inventory";

/** Every place of a CA in a bundle of any form and in a machine config, accepted ones too; lower case. */
const PLACES: readonly (readonly [place: string, name: CAName])[] = [
  ...SECRET_FIELDS.flatMap(({ secret, document, ...field }) => {
    const paths = [...BUNDLE_FORMS, "v1alpha1" as const].map((form) => field[form]);
    const all = document === undefined ? paths : [...paths, [document.kind, ...document.path]];
    return isCAName(secret) ? all.map((path) => [path.join(".").toLowerCase(), secret] as const) : [];
  }),
  ...CA_NAMES.flatMap((name) =>
    placesIn(INVENTORY[name].accepted).map((place) => [place.toLowerCase(), name] as const),
  ),
];

function placesIn({ v1alpha1, document }: ConfigPlace): string[] {
  return [v1alpha1, ...(document === undefined ? [] : [`${document.kind}.${document.path}`])];
}

/**
 * Which CA of a cluster a path in a secrets bundle or a machine config belongs to; paths in a document of its own begin
 * with its kind.
 *
 * @example
 * caNameAt("machine.acceptedCAs[0].crt"); // "os"
 */
export function caNameAt(path: string): CAName | undefined {
  const lower = path.toLowerCase();
  return PLACES.find(([place]) => lower.startsWith(place) && /^(?:$|[.[])/.test(lower.slice(place.length)))?.[1];
}
