import type { KeyUsage } from "./certificate";

/** What every certificate of a kind has in common. One row per kind; the issuer reads nothing else. */
export interface CertificateProfile {
  /** The extension is critical. */
  readonly keyUsages: readonly KeyUsage[];
  /** The extension is not critical. */
  readonly extendedKeyUsages: readonly ("serverAuth" | "clientAuth")[];
  /** Bears basicConstraints CA:TRUE; others bear none. */
  readonly isAuthority: boolean;
  /** Seconds by which notBefore lies before the time of issuance. */
  readonly backdateSeconds: number;
  /** Default lifetime in hours. */
  readonly validityPeriodHours: number;
}

/**
 * Sources: siderolabs/talos v1.13 pkg/machinery/config/generate/secrets/ca.go (CA, talosClient),
 * internal/app/machined/pkg/controllers/secrets/api.go and trustd (talosServer), pkg/kubernetes/kubeconfig
 * (kubernetesAdmin); measured in vectors.
 */
export const PROFILES = {
  authority: {
    keyUsages: ["digitalSignature", "keyCertSign"],
    extendedKeyUsages: ["serverAuth", "clientAuth"],
    isAuthority: true,
    backdateSeconds: 0,
    validityPeriodHours: 87_600,
  },
  talosClient: {
    keyUsages: ["digitalSignature"],
    extendedKeyUsages: ["clientAuth"],
    isAuthority: false,
    backdateSeconds: 0,
    validityPeriodHours: 8_760,
  },
  talosServer: {
    keyUsages: ["digitalSignature"],
    extendedKeyUsages: ["serverAuth"],
    isAuthority: false,
    backdateSeconds: 0,
    validityPeriodHours: 24,
  },
  kubernetesAdmin: {
    keyUsages: ["digitalSignature", "keyEncipherment"],
    extendedKeyUsages: ["clientAuth"],
    isAuthority: false,
    backdateSeconds: 10,
    validityPeriodHours: 8_760,
  },
} as const satisfies Record<string, CertificateProfile>;

/** The kinds of certificates: `authority`, `talosClient`, `talosServer`, `kubernetesAdmin`. */
export type ProfileName = keyof typeof PROFILES;
