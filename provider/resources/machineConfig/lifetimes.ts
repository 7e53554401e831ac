import { collectProblems, describeProblem } from "../../core/errors";
import { BUNDLE_FIELDS, isTree, valueAt } from "../../core/secrets/fields";
import { joinPath, type PartialSecretsBundle } from "../../core/secrets/read";
import type { AcceptedAuthorities } from "../../core/secrets/types";
import { lifeStage, type Lifetime, lifetimeWarnings } from "../../core/secrets/validate";
import { parseCertificates } from "../../core/x509/certificate";
import { memoize } from "../memo";

/** Certificates of the inputs and where they stand. */
export interface AuthorityPlace {
  readonly path: string;
  readonly pem: string;
  /** Whether another resource tells in time that they come near their end. */
  readonly isWatched: boolean;
}

const lifetimesOf = memoize((pem: string): readonly Lifetime[] =>
  (collectProblems([], () => parseCertificates(pem, "")) ?? []).map(({ notBefore, notAfter }) => ({
    notBefore,
    notAfter,
  })),
);

/** What to say of authorities past their end or near it. None of it refuses the config: only time has passed. */
export function lifetimeNotices(places: readonly AuthorityPlace[], now: Date): string[] {
  return places.flatMap(({ path, pem, isWatched }) =>
    lifetimesOf(pem)
      .filter((lifetime) => !isWatched || lifeStage(lifetime, now) === "over")
      .flatMap((lifetime) => lifetimeWarnings(lifetime, now, path).map(describeProblem)),
  );
}

/**
 * The authorities of a `secrets` input.
 *
 * @param given the input as the program gives it
 * @param part what the machine needs of it
 */
export function placesOfSecrets(
  given: unknown,
  part: PartialSecretsBundle,
  acceptedCAs: AcceptedAuthorities,
): AuthorityPlace[] {
  // Only a TalosSecrets says whom to accept beside the issuing authority; it tells of every end itself.
  const isWatched = isTree(given) && ("secretsYaml" in given || "acceptedCAs" in given);
  const place = (path: string, pem: unknown): AuthorityPlace[] =>
    typeof pem === "string" ? [{ path, pem, isWatched }] : [];
  const issuing = BUNDLE_FIELDS.filter(({ kind, bundle }) => kind === "pem" && bundle.at(-1) === "crt");
  return [
    ...issuing.flatMap(({ bundle, talosctl }) => place(joinPath("secrets", talosctl), valueAt(part, bundle))),
    ...(["os", "kubernetes"] as const).flatMap((name) =>
      acceptedCAs[name].flatMap((pem, index) => place(`secrets.acceptedCAs.${name}[${index}]`, pem)),
    ),
  ];
}
