import type { Problem } from "../../core/errors";
import { AUTHORITY_NAMES, BUNDLE_KEYS } from "../../core/secrets/authority";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import type { AuthorityName } from "../../core/secrets/types";
import { parseCertificate } from "../../core/x509/certificate";
import type { Values } from "../definition";
import type { SecretsPlan } from "./plan";
import { readStagedStatus, STAGED } from "./state";

interface Place {
  readonly name: AuthorityName;
  readonly fingerprint: string;
  /** Where it was given; absent for what is in the state. */
  readonly path?: string;
}

/** An authority that stands in several places: what one of them lets in, the other lets in as well. */
function sharedWarnings(places: readonly Place[]): Problem[] {
  return places.flatMap(({ name, fingerprint, path }, index): Problem[] => {
    if (path === undefined) return [];
    const twin = places.find((other, at) => at < index && other.name !== name && other.fingerprint === fingerprint);
    return twin === undefined
      ? []
      : [
          {
            code: "ERR_AUTHORITY_WRONG",
            path,
            message: `is the authority ${twin.name} too, so that each lets in whom the other lets in; expected an authority of its own`,
          },
        ];
  });
}

/** The authorities of a bundle that is about to be created. */
export function sharedInBundle({ certs }: PartialSecretsBundle, pathOf: (name: AuthorityName) => string): Problem[] {
  return sharedWarnings(
    AUTHORITY_NAMES.flatMap((name) => {
      const crt = certs?.[BUNDLE_KEYS[name]]?.crt;
      const path = pathOf(name);
      return crt === undefined ? [] : [{ name, fingerprint: parseCertificate(crt, path).fingerprint, path }];
    }),
  );
}

/** The authorities that an update brings in, beside those in the state. */
export function sharedInPlan(outputs: Values, plan: SecretsPlan): Problem[] {
  const authorities = outputs["certificateAuthorities"] as Record<AuthorityName, { readonly fingerprint: string }>;
  const { aggregator } = plan.authorities;
  const takesAggregator = plan.immediate.includes("aggregator") && aggregator !== undefined;
  return sharedWarnings([
    ...AUTHORITY_NAMES.map((name) => ({ name, fingerprint: authorities[name].fingerprint })),
    ...STAGED.flatMap((name) => readStagedStatus(outputs, name).accepted.map((fingerprint) => ({ name, fingerprint }))),
    ...STAGED.flatMap((name): Place[] => {
      const { brought } = plan.staged[name];
      if (brought === undefined) return [];
      return [{ name, fingerprint: brought.authority.certificate.fingerprint, path: brought.path }];
    }),
    ...(takesAggregator
      ? [
          {
            name: "aggregator" as const,
            fingerprint: aggregator.certificate.fingerprint,
            path: "certificateAuthorities.aggregator.certificatePem",
          },
        ]
      : []),
  ]);
}
