import { PemReader } from "../core/x509/pemReader";
import type { AnyDefinition } from "../engine/definition";
import type { Host } from "../engine/ports";
import { ResourceShell } from "../engine/shell";

/** Definitions by name. */
export type Definitions<Name extends string = string> = Readonly<Record<Name, AnyDefinition>>;

/**
 * One shell per definition, for the life of the process: each knows what it has planned and reported, and together they
 * read each PEM once.
 */
export function createShells<Name extends string>(
  definitions: Definitions<Name>,
  host: Host,
): Readonly<Record<Name, ResourceShell>> {
  const pems = new PemReader();
  const shells = Object.entries<AnyDefinition>(definitions).map(([name, definition]) => [
    name,
    new ResourceShell(definition, host, pems),
  ]);
  return Object.fromEntries(shells) as Record<Name, ResourceShell>;
}
