import type { Problem } from "../../core/errors";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import type { AuthorityName } from "../../core/secrets/types";
import { hasFeature, type TalosVersion } from "../../core/talosVersion";
import { parseCertificate } from "../../core/x509/certificate";
import { parsePrivateKey } from "../../core/x509/privateKey";
import { holdsUnknown } from "../wire";

/** Whose key it is. */
export type KeyOwner = AuthorityName | "serviceAccount";

interface KeyLimit {
  readonly owner: KeyOwner;
  /** Why a kind of key does not serve; `undefined` where it does. */
  readonly reason: (algorithm: string, version: TalosVersion | undefined) => string | undefined;
  readonly expected: string;
  /** What to do about one that is in use already. */
  readonly cure: string;
  /** Refused where it is given; otherwise a warning, as Talos's generator takes it. */
  readonly refused: boolean;
}

/** Kinds of keys that Talos takes and that do not work, or not everywhere. */
const LIMITS: readonly KeyLimit[] = [
  {
    owner: "os",
    // Workers up to v1.10 ask trustd for Ed25519 certificates, whatever the authority.
    reason: (algorithm, version) =>
      algorithm === "ed25519" || version === undefined || hasFeature(version, "anyOsAuthorityAlgorithm")
        ? undefined
        : `is ${algorithm}, but workers of Talos ${version.contract} ask for Ed25519 certificates only`,
    expected: "ed25519",
    cure: "rotate it",
    refused: true,
  },
  {
    owner: "kubernetes",
    // client-go's keyutil, with which the controller manager reads its signing key, knows no "ED25519 PRIVATE KEY".
    reason: (algorithm) =>
      algorithm === "ed25519"
        ? "is ed25519, whose key Kubernetes does not read as Talos writes it, so that its controller manager signs no certificate"
        : undefined,
    expected: "ecdsa-p256, ecdsa-p384 or RSA",
    cure: "rotate it",
    refused: false,
  },
  {
    owner: "serviceAccount",
    reason: (algorithm) =>
      algorithm === "ed25519"
        ? "is ed25519, but Kubernetes signs service account tokens with RSA and ECDSA only"
        : undefined,
    expected: "rsa-4096 or ecdsa-p256",
    cure: "replace it with rotation.serviceAccount",
    refused: false,
  },
];

const limitOf = (owner: KeyOwner): KeyLimit | undefined => LIMITS.find((row) => row.owner === owner);

/** Whether a kind of key serves its owner on a version of Talos. */
export function serves(owner: KeyOwner, algorithm: string, version: TalosVersion): boolean {
  return limitOf(owner)?.reason(algorithm, version) === undefined;
}

/** What is to be said of the kind of a key that is given or asked for; what is refused is among the problems only. */
export function keyLimits(
  owner: KeyOwner,
  algorithm: string | undefined,
  version: TalosVersion | undefined,
  path: string,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const limit = limitOf(owner);
  if (limit === undefined || algorithm === undefined || holdsUnknown(algorithm)) return { problems: [], warnings: [] };
  const reason = limit.reason(algorithm, version);
  if (reason === undefined) return { problems: [], warnings: [] };
  const told: Problem[] = [{ code: "ERR_KEY_UNSUPPORTED", path, message: `${reason}; expected ${limit.expected}` }];
  return limit.refused ? { problems: told, warnings: [] } : { problems: [], warnings: told };
}

/** The same of a key that is in use already, which refuses nothing. */
export function keyWarnings(
  owner: KeyOwner,
  algorithm: string | undefined,
  version: TalosVersion | undefined,
  path: string,
): Problem[] {
  const limit = limitOf(owner);
  const reason = algorithm === undefined ? undefined : limit?.reason(algorithm, version);
  if (limit === undefined || reason === undefined) return [];
  return [{ code: "ERR_KEY_UNSUPPORTED", path, message: `${reason}; ${limit.cure}` }];
}

/** The same of the keys of an adopted bundle, which has no problems. */
export function adoptedKeyWarnings(
  { certs }: PartialSecretsBundle,
  version: TalosVersion | undefined,
  path: string,
): Problem[] {
  const kind = (crt: string | undefined): string | undefined =>
    crt === undefined ? undefined : parseCertificate(crt, path).algorithm;
  const { key } = certs?.k8sServiceAccount ?? {};
  return [
    ...keyWarnings("os", kind(certs?.os?.crt), version, `${path}.certs.os.crt`),
    ...keyWarnings("kubernetes", kind(certs?.k8s?.crt), version, `${path}.certs.k8s.crt`),
    ...keyWarnings(
      "serviceAccount",
      key === undefined ? undefined : parsePrivateKey(key, path).algorithm,
      version,
      `${path}.certs.k8sserviceaccount.key`,
    ),
  ];
}
