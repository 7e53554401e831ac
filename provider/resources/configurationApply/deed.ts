import type { VerifiedBy } from "../../engine/nodes";

/** What an update has done to a node. */
export interface Deed {
  /** The node, as it is shown. */
  readonly node: string;
  readonly verifiedBy: VerifiedBy;
  /** Whether the config was sent; if not, the node had it. */
  readonly isSent: boolean;
  /** How the node took it, as the output `appliedMode` has it. */
  readonly mode: string;
}

const VERIFIED: Readonly<Record<VerifiedBy, string>> = {
  authority: "verified by the cluster's CA",
  pin: "verified by its fingerprint",
  nobody: "verified by nobody",
};

const TAKEN: Readonly<Record<string, string>> = {
  no_reboot: "has taken the config without a reboot, and runs with it",
  reboot: "has taken the config, was rebooted, and runs with it",
  staged: "has stored the config for its next reboot",
};

/** The line of an update that says what was done to a node, and by what it was known. */
export function describeDeed({ node, verifiedBy, isSent, mode }: Deed): string {
  if (!isSent) {
    const restart = mode === "reboot" ? ", and it was rebooted for it" : "";
    return `node ${node} has this config already: nothing was sent${restart}`;
  }
  const isFirst = verifiedBy !== "authority";
  const taken = isFirst ? "has taken its first config, and runs with it" : TAKEN[mode];
  return `node ${node}, ${VERIFIED[verifiedBy]}, ${taken ?? "has taken the config, and runs with it"}`;
}
