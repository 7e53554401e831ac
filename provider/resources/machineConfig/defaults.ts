import { collectProblems, type Problem } from "../../core/errors";
import {
  defaultInstallImage,
  defaultKubernetesVersion,
  NEWEST_TALOS_VERSION,
  parseTalosVersion,
} from "../../core/talosVersion";
import type { PlanRequest } from "../../engine/definition";
import type { Rows } from "../../engine/rows";
import { isKnown, knownOr } from "../../engine/unknown";
import type { INPUTS } from "./inputs";

/** Inputs that follow from the Talos version where they are not configured. */
const BY_RELEASE = { installImage: defaultInstallImage, kubernetesVersion: defaultKubernetesVersion } as const;

const BY_RELEASE_NAMES = ["installImage", "kubernetesVersion"] as const;

/** The inputs that depend on the version, and those that are filled in. */
export interface VersionDefaults {
  readonly talosVersion?: string | undefined;
  readonly installImage?: string | undefined;
  readonly kubernetesVersion?: string | undefined;
  /** By name, what the program does not configure; absent while the version is unknown. */
  readonly fill?: Readonly<Record<string, string>>;
}

/**
 * What follows from the Talos version where it is not configured. Once written such a default stays, whatever a newer
 * package would choose, until the Talos version itself changes.
 */
export function versionDefaults(
  { inputs, previous, isConfigured }: PlanRequest<typeof INPUTS, Rows>,
  problems: Problem[],
): VersionDefaults {
  const { secrets } = inputs;
  const filled = (name: keyof typeof BY_RELEASE | "talosVersion"): string | undefined => {
    const value = previous?.filled[name];
    return typeof value === "string" ? value : undefined;
  };
  const configured = inputs.talosVersion;
  const talosVersion =
    configured ??
    (isKnown(secrets)
      ? (secrets.talosVersion ?? filled("talosVersion") ?? NEWEST_TALOS_VERSION)
      : filled("talosVersion"));
  const given = { installImage: knownOr(inputs.installImage), kubernetesVersion: knownOr(inputs.kubernetesVersion) };
  if (talosVersion === undefined || !isKnown(talosVersion)) return given;
  const version = collectProblems(problems, () => parseTalosVersion(talosVersion));
  if (version === undefined) return given;
  const isSameVersion = previous?.inputs.talosVersion === talosVersion;
  const missing = BY_RELEASE_NAMES.filter((name) => !isConfigured(name));
  const byDefault = Object.fromEntries(
    missing.map((name) => [name, (isSameVersion ? filled(name) : undefined) ?? BY_RELEASE[name](version)]),
  );
  const fill = { ...(isConfigured("talosVersion") ? {} : { talosVersion }), ...byDefault };
  return { talosVersion, ...given, ...byDefault, fill };
}
