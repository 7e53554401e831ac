import type { Problem } from "../errors";

/**
 * Talos's roles (siderolabs/talos pkg/machinery/role/role.go). The last two exist since v1.13; an older node
 * ignores a role it does not know.
 */
export const ROLES = [
  "os:admin",
  "os:operator",
  "os:reader",
  "os:etcd:backup",
  "os:impersonator",
  "os:image:verifier",
  "os:meta:writer",
] as const;

/** A role of the Talos API; O of a client certificate. */
export type Role = (typeof ROLES)[number];

/**
 * Checks roles as `talosctl` does.
 *
 * @returns ERR_ROLE_UNKNOWN per unknown role, ERR_INPUT_MISSING for an empty list
 */
export function roleProblems(roles: readonly string[], path: string): Problem[] {
  if (roles.length === 0) {
    return [{ code: "ERR_INPUT_MISSING", path, message: `is empty; must be at least one of ${ROLES.join(", ")}` }];
  }
  return roles.flatMap((role, index) =>
    (ROLES as readonly string[]).includes(role)
      ? []
      : [
          {
            code: "ERR_ROLE_UNKNOWN" as const,
            path: `${path}[${index}]`,
            message: `${JSON.stringify(role)} is not a Talos role; must be one of ${ROLES.join(", ")}`,
          },
        ],
  );
}

/** Sorted and without doubles, as Talos writes roles. */
export function normalizeRoles(roles: readonly string[]): string[] {
  return [...new Set(roles)].sort();
}
