import type { Problem } from "../../core/errors";
import type { DecodedBundle } from "../../core/secrets/decodedBundle";
import type { Tree } from "../../core/secrets/fields";
import { CA_NAMES, INVENTORY, isCAName, STAGED } from "../../core/secrets/inventory";
import { tryBundle } from "../../core/inspect/tryAuthority";
import type { TalosVersion } from "../../core/talosVersion";
import type { Report } from "../../engine/definition";
import type { Context } from "../../engine/ports";
import { isKnown, type Unknown } from "../../engine/unknown";
import { mergeSupplied, readAdopted } from "./adoption";
import { ADOPT_INPUTS, type PairInput, type SecretsInputs } from "./inputs";
import { adoptedKeyWarnings } from "./keyRules";
import { shortWarnings } from "./lifetimes";
import type { RotationRequests } from "./requests";
import { sharedInBundle } from "./sharedCAs";
import type { SuppliedSecrets } from "./supplied";
import { trySupplied } from "./trial";

/** What a creation would make. */
export interface CreationPlan {
  /** What is adopted or supplied; the rest is made. */
  readonly bundle: DecodedBundle;
  /** Keys of an adopted file that Talos does not know. */
  readonly unknown: Tree;
  readonly talosVersion: string;
  readonly requests: RotationRequests;
}

/** Reads what is adopted, and warns of what does not match. */
export async function planCreation(
  inputs: SecretsInputs,
  supplied: SuppliedSecrets,
  version: TalosVersion | undefined,
  context: Context,
  problems: Problem[],
): Promise<Pick<CreationPlan, "bundle" | "unknown"> & { readonly reports: readonly Report[] }> {
  problems.push(...creationProblems(inputs));
  const adopted = await readAdopted(inputs, supplied.bundle, context, problems);
  const bundle = mergeSupplied(adopted.bundle, supplied.bundle, problems);
  const [source = ""] = ADOPT_INPUTS.filter((name) => inputs[name] !== undefined);
  const made = CA_NAMES.filter((name) => !bundle.ca(name).isPair && !supplied.unknown.includes(name));
  const trial = await trySupplied(supplied.bundle, CA_NAMES, context);
  problems.push(...trial.problems);
  const reports = [
    ...trial.warnings,
    ...adopted.warnings,
    ...(await tryBundle(adopted.bundle, context.environment)),
    ...adoptedKeyWarnings(adopted.bundle, version, source),
    ...sharedInBundle(bundle, (name) =>
      supplied.bundle.ca(name).isPair
        ? `${INVENTORY[name].input}.certificatePem`
        : `${source}.${INVENTORY[name].talosctl}.crt`,
    ),
    ...shortWarnings(inputs, made),
  ];
  return { bundle, unknown: adopted.unknown, reports };
}

/** At creation there is nothing to rotate; a finished rotation is merely noted. */
function creationProblems({ rotation }: SecretsInputs): Problem[] {
  if (rotation === undefined || !isKnown(rotation)) return [];
  return STAGED.flatMap((name): Problem[] => {
    const request = rotation[name];
    const path = `rotation.${name}`;
    if (request === undefined || !isKnown(request) || !isKnown(request.stage)) return [];
    const { stage = "finish" } = request;
    // What is created has nothing to go through: like a finished one, it is merely noted.
    if (stage !== "finish" && stage !== "auto") {
      return [
        {
          code: "ERR_ROTATION_ILLEGAL",
          path: `${path}.stage`,
          message: `there is nothing to rotate when the secrets are created; must be no rotation, or stage "finish" (a rotation that is over)`,
        },
      ];
    }
    const half = isCAName(name) ? "certificatePem" : "privateKeyPem";
    if ((request as PairInput)[half] === undefined) return [];
    const what = isCAName(name) ? "CA" : "key";
    const message = `at creation an own ${what} is given in ${isCAName(name) ? `certificateAuthorities.${name}` : INVENTORY[name].input}`;
    return [{ code: "ERR_ROTATION_ILLEGAL", path: `${path}.${half}`, message }];
  }).concat(completeProblems(rotation.all));
}

/** The same of a rotation of all. */
function completeProblems(all: Exclude<SecretsInputs["rotation"], Unknown | undefined>["all"]): Problem[] {
  if (all === undefined || !isKnown(all) || all.stage !== "abort") return [];
  const message = `there is nothing to rotate when the secrets are created; must be no rotation, or stage "auto"`;
  return [{ code: "ERR_ROTATION_ILLEGAL", path: "rotation.all.stage", message }];
}
