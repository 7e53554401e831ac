import { patchMachineConfig } from "../../core/machinery/patch";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import { nodeConfigHash } from "../../core/nodes/nodeConfig";
import { type Attempt, waitFor } from "../live/waiting";
import { liveHash } from "./liveConfig";
import type { ProofOptions } from "./proof";

/** A name that nobody has (RFC 2606, section 2). */
const PASSING_NAME = "certificate-renewal.pulumi-talos-pki.invalid";

/**
 * Makes a worker ask for its certificate again. It asks trustd of a control plane when its own config changes and not
 * when that control plane does; a worker that was first has a certificate of the CA before, or none. So a config with
 * one more name is applied, and then the config itself: once, after a time in which nothing but the CAs was missing.
 */
export class WorkerCertificate {
  private missingSince: number | undefined;
  private isDone = false;
  private readonly grace: number;

  constructor(private readonly options: ProofOptions) {
    const { access, patience } = options;
    this.grace = Math.min(access.timeouts.connect, (patience.deadline - access.nodes.uptime()) / 2);
  }

  /**
   * Looks whether it is time, after each look at the node.
   *
   * @throws PkiError, Overdue
   */
  async consider({ lacksTrust }: { readonly lacksTrust: boolean }): Promise<void> {
    const { isStaged, access } = this.options;
    if (this.isDone || isStaged) return;
    const now = access.nodes.uptime();
    this.missingSince = lacksTrust ? (this.missingSince ?? now) : undefined;
    if (this.missingSince === undefined || now - this.missingSince < this.grace) return;
    this.isDone = true;
    const { text } = this.options.decision.config;
    const patch = `machine:\n  certSANs: [${PASSING_NAME}]\n`;
    await this.give(patchMachineConfig(text, [patch]));
    await this.give(text);
  }

  /** Neither change needs a reboot. */
  private async give(text: string): Promise<void> {
    const { access, target, patience } = this.options;
    const config = { text, hash: nodeConfigHash(text) };
    const what = `node ${shortNodeAddress(target.node)} to ask for its certificate again`;
    await waitFor(what, patience, () =>
      access.with(target, async (session): Promise<Attempt<true>> => {
        const live = await liveHash(session, await session.version(), config, { isStaged: false });
        if (live !== config.hash) await session.applyConfiguration(text, "no_reboot");
        return { found: true };
      }),
    );
  }
}
