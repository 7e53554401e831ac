import type { Problem, Warning } from "../../core/errors";
import { type AuthorityTrial, tryAuthority } from "../../core/inspect/tryAuthority";
import type { DecodedBundle } from "../../core/secrets/decodedBundle";
import type { DecodedCA } from "../../core/secrets/decodedPem";
import type { CAName } from "../../core/secrets/inventory";
import type { Context } from "../../engine/ports";

/** Tries the CAs that the program supplies before a cluster trusts them. */
export async function trySupplied(
  supplied: DecodedBundle,
  names: readonly CAName[],
  context: Context,
): Promise<AuthorityTrial> {
  return tryEach(
    names.map((name) => ({ name, ca: supplied.ca(name) })),
    context,
  );
}

/** Tries CAs, each as that CA of the cluster. */
export async function tryEach(
  cas: readonly { readonly name: CAName; readonly ca: DecodedCA }[],
  { environment }: Context,
): Promise<AuthorityTrial> {
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  for (const { name, ca } of cas) {
    const trial = await tryAuthority(name, ca, environment);
    problems.push(...trial.problems);
    warnings.push(...trial.warnings);
  }
  return { problems, warnings };
}
