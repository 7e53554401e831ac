import { PkiError, type Problem } from "../../core/errors";
import { MAX_TEXT_LENGTH } from "../../core/limits";
import { ANY, customOf, enumOf, flag, mapOf, objectOf, row, text } from "../../engine/rows";
import { isKnown, type Unknown } from "../../engine/unknown";
import { isPlainObject } from "../../engine/values";
import { CREDENTIAL_INPUTS } from "../live/credentials";
import { TARGET_INPUTS } from "../live/rows";
import { TIMEOUTS } from "../live/timeouts";
import { INPUTS as MACHINE_CONFIG_INPUTS } from "../machineConfig/inputs";

/** A config to apply. */
export interface GivenConfig {
  readonly text: string;
  /** The redacted view that a MachineConfig has of it: what it hides is hidden here too. */
  readonly redacted?: string;
}

/** @throws PkiError ERR_INPUT_INVALID, ERR_CONFIG_INVALID */
function decodeConfig(value: unknown, path: string): GivenConfig {
  const { machineConfig, redactedConfig } = isPlainObject(value) ? value : { machineConfig: value };
  if (typeof machineConfig !== "string") {
    throw new PkiError("ERR_INPUT_INVALID", "is no machine config; must be a MachineConfig, or YAML text", { path });
  }
  if (Buffer.byteLength(machineConfig) > MAX_TEXT_LENGTH) {
    throw new PkiError("ERR_CONFIG_INVALID", "is longer than 32 MiB; no node takes more", { path });
  }
  return { text: machineConfig, ...(typeof redactedConfig === "string" ? { redacted: redactedConfig } : {}) };
}

export const APPLY_MODES = ["auto", "no_reboot", "reboot", "staged"] as const;
export type ApplyMode = (typeof APPLY_MODES)[number];

const MAINTENANCE = objectOf(
  "NodeMaintenance",
  {
    fingerprint: text(
      "Fingerprint of the machine's public key, base64 of SHA-256, as its console and `talosctl` show it. The connection is verified by it before its first byte.",
    ),
    allowUnverified: flag(
      "Whether a machine is taken that nothing proves. It counts until the resource has proved the node once, and once more after a change of `node` or `triggers`.",
    ),
  },
  "How to take a machine that has no config yet.",
);

const ON_DESTROY = objectOf(
  "NodeOnDestroy",
  {
    reset: flag("Whether deleting the resource resets the node. Never the last member of etcd.").withDocumentedDefault(
      false,
    ),
    graceful: flag("Whether the node leaves etcd first.").withDocumentedDefault(true),
    reboot: flag("Whether it reboots afterwards, in place of shutting down.").withDocumentedDefault(false),
  },
  "What becomes of the node when the resource is deleted.",
);

/** Inputs of ConfigurationApply. */
export const INPUTS = {
  ...TARGET_INPUTS,
  ...CREDENTIAL_INPUTS,
  machineConfig: row(
    customOf(ANY, decodeConfig, {
      input: "MachineConfigInput",
      takes: { resource: "MachineConfig", output: "machineConfig", as: "members", beside: ["redactedConfig"] },
    }),
    "The machine config: a MachineConfig, its output `machineConfig`, or YAML text.",
  )
    .asRequired()
    .asSecret(),
  configPatches: MACHINE_CONFIG_INPUTS.configPatches,
  applyMode: row(
    enumOf(APPLY_MODES),
    "How the node takes a change: `auto` (it reboots where it must), `no_reboot` (a change that needs a reboot is rejected), `reboot`, `staged` (at the next reboot).",
  ).withDefault("auto"),
  maintenance: row(MAINTENANCE, "How to take a machine that has no config yet. Without it nothing is sent to one."),
  onDestroy: row(ON_DESTROY, "What becomes of the node when the resource is deleted. Default: nothing."),
  timeouts: TIMEOUTS,
  triggers: row(mapOf(ANY), "Any values; a change of one applies the config again, such as to a replaced machine."),
};

const FINGERPRINT = /^[A-Za-z0-9+/]{43}=$/;

/** A pin that no key can have. */
export function fingerprintProblems(fingerprint: string | Unknown | undefined): Problem[] {
  if (fingerprint === undefined || !isKnown(fingerprint) || FINGERPRINT.test(fingerprint)) return [];
  const message = `${JSON.stringify(fingerprint)} is no fingerprint; must be base64 of a SHA-256 (44 characters), as the console of the machine shows it`;
  return [{ code: "ERR_INPUT_INVALID", path: "maintenance.fingerprint", message }];
}
