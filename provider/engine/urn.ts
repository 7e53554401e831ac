/** The parts of a resource's URN that a provider speaks about. */
export interface ResourceUrn {
  readonly stack: string;
  /** Noun of the type token: `TalosSecrets`. */
  readonly kind: string;
  readonly name: string;
}

/**
 * Reads `urn:pulumi:<stack>::<project>::<parents>$<type>::<name>`; only the name may hold `::`.
 *
 * @example
 * parseUrn("urn:pulumi:prod::infra::talos-pki:index:AcceptedCA::west").name; // "west"
 */
export function parseUrn(urn: string): ResourceUrn {
  const [head = "", , types = "", ...name] = urn.split("::");
  const type = types.slice(types.lastIndexOf("$") + 1);
  return {
    stack: head.slice("urn:pulumi:".length),
    kind: type.slice(type.lastIndexOf(":") + 1),
    name: name.join("::"),
  };
}
