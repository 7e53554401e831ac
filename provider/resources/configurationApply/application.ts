import { releaseHasFeature } from "../../core/talosVersion";
import { PkiError, type Problem } from "../../core/errors";
import { apidAt, shortNodeAddress } from "../../core/nodes/nodeAddress";
import { withoutSecrets } from "../../core/nodes/nodeConfig";
import { osTrustGaps } from "../../core/nodes/osTrust";
import { info, type Report } from "../../engine/definition";
import type { ApplyAnswer, NodeSession } from "../../engine/nodes";
import { ClusterGuard } from "../live/clusterGuard";
import type { Credulity, NodeAccess, Target } from "../live/nodeAccess";
import { apiCertificates, machineState, type MachineState } from "../live/nodeState";
import { type Attempt, Overdue, type Patience, waitFor } from "../live/waiting";
import type { ApplyDecision } from "./decision";
import type { ApplyMode } from "./inputs";
import { liveHash } from "./liveConfig";
import type { ApplyOutputs } from "./outputs";
import { prove } from "./proof";

export interface ApplicationOptions {
  readonly access: NodeAccess;
  readonly target: Target;
  readonly decision: ApplyDecision;
  readonly applyMode: ApplyMode;
  readonly maintenance: { readonly fingerprint?: unknown; readonly allowUnverified?: unknown } | undefined;
  /** The longest that the whole operation may take, ms. */
  readonly time: number;
  readonly pendingRestart: string | undefined;
}

/** What came of it. */
export interface ApplicationResult {
  readonly outputs: ApplyOutputs;
  readonly reports: readonly Report[];
  readonly incomplete?: readonly Problem[];
}

/** A node before anything is sent to it. */
interface Observed {
  readonly session: NodeSession;
  readonly isVerified: boolean;
  /** The node has the config already, where a change would go. */
  readonly hasConfig: boolean;
  /** The node has the config, and a restart that was not seen to happen is all that is left to do. */
  readonly onlyRestarts: boolean;
  readonly talosVersion: string | undefined;
  /** The machine, if it may have to reboot. */
  readonly machine: MachineState | undefined;
}

/** The application of one config to one node: observe, act, prove. */
export class Application {
  private readonly reports: Report[] = [];
  private readonly patience: Patience;
  private readonly label: string;

  constructor(private readonly options: ApplicationOptions) {
    this.patience = options.access.patience(options.time);
    this.label = shortNodeAddress(options.target.node);
  }

  /**
   * @throws PkiError where nothing has changed on the node
   */
  async run(): Promise<ApplicationResult> {
    const { decision } = this.options;
    const observed = await this.observe();
    const before = observed.machine;
    let answer: ApplyAnswer | undefined;
    let guard: ClusterGuard | undefined;
    try {
      if (!observed.hasConfig) {
        if (decision.config.machineType === "worker" && observed.isVerified) await this.awaitEndpoint();
        guard = await this.guardRestart(observed);
        answer = await this.act(observed, { reboots: guard !== undefined });
      }
    } catch (error) {
      guard?.release();
      throw error;
    } finally {
      observed.session.close();
    }
    try {
      return await this.conclude(answer, before, guard);
    } finally {
      guard?.release();
    }
  }

  private get isStaged(): boolean {
    return this.options.applyMode === "staged";
  }

  private get mayReboot(): boolean {
    return this.options.applyMode === "auto" || this.options.applyMode === "reboot";
  }

  /** @throws PkiError where the node is not there, or nobody vouches for it */
  private async observe(): Promise<Observed> {
    const session = await this.firstContact();
    try {
      const isVerified = session.verifiedBy === "authority";
      const talosVersion = await session.version();
      this.assertMode(talosVersion);
      if (!isVerified)
        return { session, isVerified, hasConfig: false, onlyRestarts: false, talosVersion, machine: undefined };
      const live = await this.liveHash(session, talosVersion);
      const isSame = live === this.options.decision.config.hash;
      const onlyRestarts = isSame && this.options.pendingRestart !== undefined && this.mayReboot;
      const hasConfig = isSame && !onlyRestarts;
      const machine = hasConfig || !this.mayReboot ? undefined : await machineState(session);
      return { session, isVerified, hasConfig, onlyRestarts, talosVersion, machine };
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** A node of the cluster; or, if the user says so, a machine that has no config yet, which is called directly. */
  private async firstContact(): Promise<NodeSession> {
    const { access, target, time } = this.options;
    const milliseconds = Math.min(access.timeouts.connect, time);
    const credulity = this.credulity();
    if (target.endpoint === undefined || credulity === undefined) {
      return access.reach(target, credulity ?? {}, milliseconds);
    }
    try {
      return await access.connect(target);
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      return await access.reach({ node: target.node }, credulity, milliseconds);
    }
  }

  /** How far to believe a machine that no CA vouches for. */
  private credulity(): Credulity | undefined {
    const { fingerprint, allowUnverified } = this.options.maintenance ?? {};
    if (typeof fingerprint === "string") return { pin: fingerprint };
    return allowUnverified === true && !this.options.decision.hasProved ? { anyone: true } : undefined;
  }

  /** What the version of Talos does not keep of a mode. @throws PkiError ERR_NODE_UNSUPPORTED */
  private assertMode(talosVersion: string | undefined): void {
    const { applyMode } = this.options;
    if (applyMode === "reboot" && !releaseHasFeature(talosVersion, "appliesWithReboot")) {
      throw new PkiError(
        "ERR_NODE_UNSUPPORTED",
        `node ${this.label}: Talos ${talosVersion ?? ""} applies no config with a reboot; use applyMode "auto", and reboot the node by itself (ERR_NODE_UNSUPPORTED)`,
        { path: "applyMode" },
      );
    }
  }

  private liveHash(session: NodeSession, talosVersion: string | undefined): Promise<string | undefined> {
    return liveHash(session, talosVersion, this.options.decision.config, { isStaged: this.isStaged });
  }

  /** Sends the config, again if the answer was lost and the node does not have it. @throws PkiError */
  private async act(observed: Observed, { reboots }: { readonly reboots: boolean }): Promise<ApplyAnswer> {
    const { decision, applyMode, access, target } = this.options;
    let { session } = observed;
    let isFirst = true;
    const what = `node ${this.label} to take the config`;
    try {
      return await waitFor(what, this.patience, async (): Promise<Attempt<ApplyAnswer>> => {
        if (!isFirst) {
          if (session !== observed.session) session.close();
          session = observed.isVerified ? await access.connect(target) : await this.firstContact();
          const hasConfig = session.verifiedBy === "authority" && (await this.hasConfig(session));
          // The answer was lost, and with it whether the node restarts.
          if (hasConfig && !observed.onlyRestarts)
            return {
              found: { warnings: [], mode: reboots ? "reboot" : applyMode === "auto" ? "no_reboot" : applyMode },
            };
        }
        isFirst = false;
        if (observed.onlyRestarts) {
          await session.reboot();
          return { found: { warnings: [], mode: "reboot" } };
        }
        const answer = await session.applyConfiguration(decision.config.text, applyMode);
        return { found: answer };
      });
    } catch (error) {
      if (error instanceof Overdue) throw error.error ?? this.notApplied(error.missing);
      throw error instanceof PkiError && error.code === "ERR_CONFIG_REJECTED" ? this.rejection(error) : error;
    } finally {
      if (session !== observed.session) session.close();
    }
  }

  private async hasConfig(session: NodeSession): Promise<boolean> {
    return (await this.liveHash(session, await session.version())) === this.options.decision.config.hash;
  }

  /** The node's own words, without a secret that they may quote. */
  private rejection(error: PkiError): PkiError {
    return new PkiError(error.code, withoutSecrets(error.message, this.options.decision.config.text), {
      path: "machineConfig",
    });
  }

  /** A restart of a control plane waits until all others are well, and holds off every other one. */
  private async guardRestart({
    session,
    isVerified,
    talosVersion,
    onlyRestarts,
  }: Observed): Promise<ClusterGuard | undefined> {
    const { decision, applyMode, access, target } = this.options;
    if (!isVerified || decision.config.machineType === "worker" || !this.mayReboot) return;
    // Where `auto` may reboot, only the node knows whether it must.
    if (applyMode === "auto" && !releaseHasFeature(talosVersion, "appliesWithReboot") && !onlyRestarts) return;
    const restarts =
      onlyRestarts ||
      applyMode === "reboot" ||
      (
        await session.applyConfiguration(decision.config.text, applyMode, true).catch((error: unknown) => {
          throw error instanceof PkiError && error.code === "ERR_CONFIG_REJECTED" ? this.rejection(error) : error;
        })
      ).mode === "reboot";
    if (!restarts) return;
    return ClusterGuard.acquire({
      access,
      target,
      act: "restart",
      patience: this.patience,
    });
  }

  /** A worker gets its certificate from a control plane: that one must be through first, as far as it can be reached. */
  private async awaitEndpoint(): Promise<void> {
    const { access, target, decision } = this.options;
    const { clusterHost, os } = decision.config;
    const endpoint = target.endpoint ?? (clusterHost === undefined ? undefined : apidAt(clusterHost));
    if (endpoint === undefined) return;
    const via: Target = { node: endpoint };
    try {
      await waitFor(
        `control plane ${shortNodeAddress(endpoint)} to have the CAs of this config`,
        {
          ...this.patience,
          deadline: Math.min(this.patience.deadline, access.patience(access.timeouts.connect).deadline),
        },
        async () =>
          access.with(via, async (session): Promise<Attempt<true>> => {
            const gaps = osTrustGaps(os, await apiCertificates(session));
            return gaps.length === 0 ? { found: true } : { missing: `it ${gaps.join(", and ")}` };
          }),
      );
    } catch (error) {
      // One that cannot be asked cannot be waited for; the proof of the worker itself follows.
      if (error instanceof Overdue) {
        this.reports.push(
          info(
            `control plane ${shortNodeAddress(endpoint)} was not seen with the CAs of this config: ${error.missing}`,
          ),
        );
      } else if (!(error instanceof PkiError) || this.patience.signal.aborted) throw error;
    }
  }

  /** Proves the result; what is not proved in time is kept, and the next update goes on. */
  private async conclude(
    answer: ApplyAnswer | undefined,
    before: MachineState | undefined,
    guard: ClusterGuard | undefined,
  ): Promise<ApplicationResult> {
    const { decision } = this.options;
    const mode = answer?.mode ?? "none";
    const rebootsFrom = mode === "reboot" ? before : undefined;
    const outputs = {
      configHash: decision.config.hash,
      liveHash: decision.config.hash,
      redactedConfig: decision.redactedConfig,
      appliedMode: mode,
    };
    for (const warning of answer?.warnings ?? []) {
      this.reports.push(info(`node ${this.label} says: ${withoutSecrets(warning, decision.config.text)}`));
    }
    // What is not proved of a restart is kept, so that the next update does it.
    let proved: Partial<ApplyOutputs> = rebootsFrom === undefined ? {} : { pendingRestart: "reboot" };
    try {
      const { access, target } = this.options;
      const { isStaged, patience } = this;
      const proof = await prove({ access, target, decision, isStaged, rebootsFrom, patience });
      const { serverCertificate, talosVersion } = proof;
      proved = { serverCertificate, ...(talosVersion === undefined ? {} : { talosVersion }) };
      await guard?.assertWell("after");
      return { outputs: { ...outputs, ...proved }, reports: this.reports };
    } catch (error) {
      // Without a change on the node there is nothing to keep.
      if (answer === undefined && !(error instanceof Overdue)) throw error;
      const problem =
        error instanceof Overdue ? this.notApplied(error.missing) : error instanceof PkiError ? error : undefined;
      if (problem === undefined) throw error;
      return {
        outputs: { ...outputs, ...proved },
        reports: this.reports,
        incomplete: problem.problems,
      };
    }
  }

  private notApplied(missing: string): PkiError {
    const message = `node ${this.label}: has taken the config, and is not proved to run with it: ${missing}; look at the node, and run the update again, which goes on from here (ERR_NODE_NOT_APPLIED)`;
    return new PkiError("ERR_NODE_NOT_APPLIED", message);
  }
}
