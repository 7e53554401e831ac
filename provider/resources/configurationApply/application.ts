import { releaseHasFeature } from "../../core/talosVersion";
import { PkiError, type Problem } from "../../core/errors";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import { nodeConfigHash, withoutSecrets } from "../../core/nodes/nodeConfig";
import { type Restart, restartsOf } from "../../core/nodes/restarts";
import { info, type Report } from "../../engine/definition";
import type { ApplyAnswer, NodeSession } from "../../engine/nodes";
import type { Context } from "../../engine/ports";
import { ClusterGuard } from "../live/clusterGuard";
import type { NodeAccess, Target } from "../live/nodeAccess";
import { machineState, type MachineState } from "../live/nodeState";
import { type Attempt, Overdue, type Patience, waitFor } from "../live/waiting";
import type { ApplyDecision } from "./decision";
import { describeDeed } from "./deed";
import type { ApplyMode } from "./inputs";
import { liveConfig, liveHash } from "./liveConfig";
import type { ApplyOutputs } from "./outputs";
import { awaitEndpoint } from "./endpointWait";
import { firstContact } from "./firstContact";
import { failedKubelet, restartKubelet } from "./kubelet";
import { clearLeftovers, type Leftovers, leftoversOf, NO_LEFTOVERS } from "./leftovers";
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
  readonly context: Pick<Context, "environment">;
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
  /** The node must reboot, whatever it says itself. */
  readonly mustReboot: boolean;
  /** Its kubelet must restart. */
  readonly restartsKubelet: boolean;
  readonly leftovers: Leftovers;
  readonly talosVersion: string | undefined;
  /** The machine, if it may have to reboot. */
  readonly machine: MachineState | undefined;
}

const REBOOT = "reboot" satisfies Restart;
const KUBELET = "kubelet" satisfies Restart;

const PENDING = 'a restart of the node is still to be done; an update with applyMode "auto" does it';

/** Whether the node is told to reboot by itself, as its version takes no config with a reboot, or has it already. */
const rebootsByApi = ({ mustReboot, onlyRestarts, talosVersion }: Observed): boolean =>
  mustReboot && (onlyRestarts || !releaseHasFeature(talosVersion, "appliesWithReboot"));

/** The mode in which the node is asked to take the config. */
function modeOnWire(observed: Observed, applyMode: ApplyMode): ApplyMode {
  if (rebootsByApi(observed)) return "auto";
  return observed.mustReboot ? "reboot" : applyMode;
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
    let answer: ApplyAnswer | undefined;
    let guard: ClusterGuard | undefined;
    try {
      if (!observed.hasConfig) {
        if (decision.config.machineType === "worker" && observed.isVerified) {
          this.reports.push(...(await awaitEndpoint(this.options, this.patience)));
        }
        guard = await this.guardRestart(observed);
        answer = await this.act(observed, { reboots: guard !== undefined && !observed.restartsKubelet });
        if (rebootsByApi(observed)) answer = { ...answer, mode: "reboot" };
      }
    } catch (error) {
      guard?.release();
      throw error;
    } finally {
      observed.session.close();
    }
    try {
      return await this.conclude(answer, observed, guard);
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
    const session = await firstContact(this.options);
    try {
      const isVerified = session.verifiedBy === "authority";
      const talosVersion = await session.version();
      if (!isVerified) {
        this.assertMode(talosVersion, { mustReboot: false });
        const nothing = { hasConfig: false, onlyRestarts: false, mustReboot: false, restartsKubelet: false };
        return { session, isVerified, talosVersion, machine: undefined, leftovers: NO_LEFTOVERS, ...nothing };
      }
      const { config } = this.options.decision;
      const live = await liveConfig(session, talosVersion, { isStaged: this.isStaged });
      const isSame = live !== undefined && (live === config.text || nodeConfigHash(live) === config.hash);
      const restart = isSame || live === undefined ? undefined : this.restartOf(live);
      const { pendingRestart } = this.options;
      const mustReboot = restart === "reboot" || (pendingRestart === REBOOT && this.mayReboot);
      const restartsKubelet =
        !mustReboot && !this.isStaged && (restart === KUBELET || (isSame && pendingRestart === KUBELET));
      this.assertMode(talosVersion, { mustReboot });
      const onlyRestarts = isSame && (mustReboot || restartsKubelet);
      const hasConfig = isSame && !onlyRestarts;
      const machine = hasConfig || !this.mayReboot ? undefined : await machineState(session);
      const restarts = { onlyRestarts, mustReboot, restartsKubelet };
      const leftovers = isSame ? { dropsAuthority: undefined } : this.leftoversOf(live);
      return { session, isVerified, hasConfig, ...restarts, leftovers, talosVersion, machine };
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** What the change needs that no node does by itself. @throws PkiError where the apply mode rules it out */
  private restartOf(live: string): Restart | undefined {
    const { decision, applyMode } = this.options;
    const { machineType, text } = decision.config;
    const restart = machineType === "controlplane" ? restartsOf(live, text) : undefined;
    if (restart !== "reboot" || this.mayReboot) return restart;
    throw new PkiError(
      "ERR_CONFIG_REJECTED",
      `node ${this.label}: the etcd CA of the config differs from that of the node, which must reboot to take it; use applyMode "auto" in place of ${JSON.stringify(applyMode)} (ERR_CONFIG_REJECTED)`,
      { path: "applyMode" },
    );
  }

  private leftoversOf(live: string | undefined): Leftovers {
    const { machineType, text } = this.options.decision.config;
    return machineType === "worker" || live === undefined ? NO_LEFTOVERS : leftoversOf(live, text);
  }

  /** What the version of Talos does not keep of a mode. @throws PkiError ERR_NODE_UNSUPPORTED */
  private assertMode(talosVersion: string | undefined, { mustReboot }: Pick<Observed, "mustReboot">): void {
    const { applyMode } = this.options;
    if (applyMode === "reboot" && !mustReboot && !releaseHasFeature(talosVersion, "appliesWithReboot")) {
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
    if (observed.onlyRestarts) return { warnings: [], mode: observed.mustReboot ? REBOOT : "none" };
    let { session } = observed;
    let isFirst = true;
    const what = `node ${this.label} to take the config`;
    try {
      return await waitFor(what, this.patience, async (): Promise<Attempt<ApplyAnswer>> => {
        if (!isFirst) {
          if (session !== observed.session) session.close();
          session = observed.isVerified ? await access.connect(target) : await firstContact(this.options);
          const hasConfig = session.verifiedBy === "authority" && (await this.hasConfig(session));
          // The answer was lost, and with it whether the node restarts.
          if (hasConfig)
            return {
              found: { warnings: [], mode: reboots ? "reboot" : applyMode === "auto" ? "no_reboot" : applyMode },
            };
        }
        isFirst = false;
        const answer = await session.applyConfiguration(decision.config.text, modeOnWire(observed, applyMode));
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
  private async guardRestart(observed: Observed): Promise<ClusterGuard | undefined> {
    const { decision, access, target } = this.options;
    if (!observed.isVerified || decision.config.machineType === "worker") return;
    if (!observed.restartsKubelet && !(this.mayReboot && (await this.willReboot(observed)))) return;
    return ClusterGuard.acquire({ access, target, act: "restart", patience: this.patience });
  }

  private async willReboot({ session, talosVersion, mustReboot }: Observed): Promise<boolean> {
    const { decision, applyMode } = this.options;
    if (mustReboot) return true;
    if (!releaseHasFeature(talosVersion, "appliesWithReboot")) return false;
    if (applyMode === "reboot") return true;
    // Where `auto` may reboot, only the node knows whether it must.
    return session.needsReboot(decision.config.text).catch((error: unknown) => {
      throw error instanceof PkiError && error.code === "ERR_CONFIG_REJECTED" ? this.rejection(error) : error;
    });
  }

  /** Reboots the node by the API, unless it has done so. @throws Overdue, PkiError */
  private async reboot(before: MachineState | undefined): Promise<void> {
    const { access, target } = this.options;
    await waitFor(`node ${this.label} to reboot`, this.patience, () =>
      access.with(target, async (session): Promise<Attempt<true>> => {
        const now = await machineState(session);
        if ((now?.since.getTime() ?? 0) <= (before?.since.getTime() ?? 0)) await session.reboot();
        return { found: true };
      }),
    );
  }

  /** Proves the result; what is not proved in time is kept, and the next update goes on. */
  private async conclude(
    answer: ApplyAnswer | undefined,
    observed: Observed,
    guard: ClusterGuard | undefined,
  ): Promise<ApplicationResult> {
    const { decision, pendingRestart } = this.options;
    const before = observed.machine;
    const mode = answer?.mode ?? "none";
    const rebootsFrom = mode === "reboot" ? before : undefined;
    // Before etcd is bootstrapped there is no static pod that could be late.
    const restartsKubelet = observed.restartsKubelet && mode !== "reboot" && (guard?.size ?? 0) > 0;
    const restart = rebootsFrom !== undefined ? REBOOT : restartsKubelet ? KUBELET : undefined;
    const outputs = {
      configHash: decision.config.hash,
      liveHash: decision.config.hash,
      redactedConfig: decision.redactedConfig,
      appliedMode: mode,
    };
    for (const warning of answer?.warnings ?? []) {
      this.reports.push(info(`node ${this.label} says: ${withoutSecrets(warning, decision.config.text)}`));
    }
    // A restart that was not seen to happen is kept, so that an update which may do it does it.
    const stillPending = pendingRestart !== undefined && observed.isVerified && restart === undefined;
    if (stillPending) this.reports.push(info(PENDING));
    const due = stillPending ? pendingRestart : restart;
    const pending = due === undefined ? {} : { pendingRestart: due };
    let proved: Partial<ApplyOutputs> = pending;
    try {
      const { access, target } = this.options;
      const { isStaged, patience } = this;
      if (answer !== undefined && rebootsByApi(observed)) await this.reboot(before);
      const toKubelet = { access, target, patience };
      const kubeletFrom = await (restartsKubelet
        ? restartKubelet(toKubelet)
        : observed.hasConfig && !isStaged
          ? failedKubelet(toKubelet)
          : undefined);
      const proof = await prove({ access, target, decision, isStaged, rebootsFrom, kubeletFrom, patience });
      const { serverCertificate, talosVersion } = proof;
      proved = {
        ...(stillPending ? pending : {}),
        serverCertificate,
        ...(talosVersion === undefined ? {} : { talosVersion }),
      };
      await guard?.assertWell("after");
      this.reports.push(...(await this.clearLeftovers(observed)));
      const { verifiedBy } = observed.session;
      const isSent = answer !== undefined && !observed.onlyRestarts;
      this.reports.push(info(describeDeed({ node: this.label, verifiedBy, isSent, mode })));
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

  /** Clears away what Kubernetes keeps of the config before, once this control plane has its own. */
  private async clearLeftovers({ leftovers }: Observed): Promise<readonly Report[]> {
    const { access, target, decision, context } = this.options;
    const { machineType, text } = decision.config;
    if (machineType === "worker" || this.isStaged) return [];
    return clearLeftovers(leftovers, { access, target, config: text, context }, this.patience);
  }

  private notApplied(missing: string): PkiError {
    const message = `node ${this.label}: has taken the config, and is not proved to run with it: ${missing}; look at the node, and run the update again, which goes on from here (ERR_NODE_NOT_APPLIED)`;
    return new PkiError("ERR_NODE_NOT_APPLIED", message);
  }
}
