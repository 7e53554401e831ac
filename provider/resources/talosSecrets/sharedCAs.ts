import type { Warning } from "../../core/errors";
import type { DecodedBundle } from "../../core/secrets/decodedBundle";
import { CA_NAMES, type CAName } from "../../core/secrets/inventory";
import type { StoredSecrets } from "./outputs";
import { readStagedStatus } from "./state";
import type { UpdatePlan } from "./updatePlan";

interface Place {
  readonly name: CAName;
  readonly fingerprint: string;
  /** The input that supplies it; absent for what is in the state. */
  readonly path?: string;
}

/** A CA in several places: what one of them lets in, the other lets in as well. */
function sharedWarnings(places: readonly Place[]): Warning[] {
  return places.flatMap(({ name, fingerprint, path }, index): Warning[] => {
    if (path === undefined) return [];
    const twin = places.find((other, at) => at < index && other.name !== name && other.fingerprint === fingerprint);
    if (twin === undefined) return [];
    const message = `is the CA ${twin.name} too, so that each lets in whom the other lets in; must be a CA of its own`;
    return [{ severity: "warning", reason: "shared-ca", path, message }];
  });
}

/** The CAs of a bundle that is about to be created. */
export function sharedInBundle(bundle: DecodedBundle, pathOf: (name: CAName) => string): Warning[] {
  return sharedWarnings(
    CA_NAMES.flatMap((name) => {
      const { certificate } = bundle.ca(name);
      return certificate === undefined ? [] : [{ name, fingerprint: certificate.fingerprint, path: pathOf(name) }];
    }),
  );
}

/** The CAs that an update brings in, beside those in the state. */
export function sharedInPlan(outputs: StoredSecrets, { staged }: UpdatePlan): Warning[] {
  return sharedWarnings([
    ...CA_NAMES.flatMap((name) => {
      const { fingerprint } = outputs.certificateAuthorities?.[name] ?? {};
      return fingerprint === undefined ? [] : [{ name, fingerprint }];
    }),
    ...CA_NAMES.flatMap((name) =>
      readStagedStatus(outputs, name).accepted.map((fingerprint) => ({ name, fingerprint })),
    ),
    ...CA_NAMES.flatMap((name): Place[] => {
      const { supplied } = staged[name];
      return supplied === undefined ? [] : [{ name, fingerprint: supplied.part.fingerprint, path: supplied.path }];
    }),
  ]);
}
