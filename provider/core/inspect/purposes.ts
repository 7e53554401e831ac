import { ROLES, type Role } from "../x509/roles";

/** What a chain shall be good for. */
export type ChainPurpose = "client" | "server" | "kubernetesClient";

interface PurposeRow {
  /** Extended key usage that every certificate of the chain must allow. */
  readonly usage: "clientAuth" | "serverAuth";
  /** apid's own rule: a certificate that is not a CA has this usage and no other that Go knows. */
  readonly exact: boolean;
  /** What such a certificate is called. */
  readonly noun: string;
}

/**
 * Source of the rule: siderolabs/talos internal/app/apid/service.go, verifyExtKeyUsage, v1.13 (always on since v1.12).
 */
export const PURPOSES: Readonly<Record<ChainPurpose, PurposeRow>> = {
  client: { usage: "clientAuth", exact: true, noun: "Talos API client" },
  server: { usage: "serverAuth", exact: false, noun: "server" },
  kubernetesClient: { usage: "clientAuth", exact: false, noun: "Kubernetes client" },
};

/** Usages that Go has names for; it leaves others out of the list that apid looks at. */
export const GO_USAGES: ReadonlySet<string> = new Set([
  "anyExtendedKeyUsage",
  "serverAuth",
  "clientAuth",
  "codeSigning",
  "emailProtection",
  "1.3.6.1.5.5.7.3.5",
  "1.3.6.1.5.5.7.3.6",
  "1.3.6.1.5.5.7.3.7",
  "timeStamping",
  "OCSPSigning",
  "1.3.6.1.4.1.311.10.3.3",
  "2.16.840.1.113730.4.1",
  "1.3.6.1.4.1.311.2.1.22",
  "1.3.6.1.4.1.311.61.1.1",
]);

/**
 * Which roles a role is as good as: every method that the other may call, it may call too. Source: siderolabs/talos
 * internal/app/machined/pkg/system/services/machined.go, rules, v1.13.
 */
const COVERS: Readonly<Record<Role, readonly Role[]>> = {
  "os:admin": ["os:operator", "os:reader", "os:etcd:backup", "os:image:verifier", "os:meta:writer"],
  "os:operator": ["os:reader", "os:etcd:backup", "os:image:verifier"],
  "os:reader": ["os:image:verifier"],
  "os:etcd:backup": [],
  "os:impersonator": [],
  "os:image:verifier": [],
  "os:meta:writer": [],
};

/** The values of O that Talos takes for roles. */
export function rolesOf(organizations: readonly string[]): Role[] {
  return ROLES.filter((role) => organizations.includes(role));
}

/**
 * Whether a client with these organizations may do what a role may.
 *
 * @example
 * hasRole(["os:admin"], "os:reader"); // true
 */
export function hasRole(organizations: readonly string[], role: Role): boolean {
  return rolesOf(organizations).some((own) => own === role || COVERS[own].includes(role));
}
