import { formatTime } from "../../core/environment";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import { osTrustGaps, shortFingerprint } from "../../core/nodes/osTrust";
import type { NodeSession } from "../../engine/nodes";
import type { NodeAccess, Target } from "../live/nodeAccess";
import { apiCertificates, machineState, type MachineState } from "../live/nodeState";
import { type Attempt, type Patience, waitFor } from "../live/waiting";
import type { ApplyDecision } from "./decision";
import { kubeletGap, type KubeletStart } from "./kubelet";
import { keepsPersistentConfig, liveHash } from "./liveConfig";
import type { ApplyOutputs } from "./outputs";
import { WorkerCertificate } from "./workerCertificate";

export interface ProofOptions {
  readonly access: NodeAccess;
  readonly target: Target;
  readonly decision: ApplyDecision;
  /** The config takes effect at the next reboot: what the node serves and accepts is not looked at. */
  readonly isStaged: boolean;
  /** The machine before the reboot that must have happened. */
  readonly rebootsFrom: MachineState | undefined;
  /** The kubelet before the restart that must have happened. */
  readonly kubeletFrom: KubeletStart | undefined;
  readonly patience: Patience;
}

/** What a fresh connection has proved. */
export interface Proof {
  readonly serverCertificate: NonNullable<ApplyOutputs["serverCertificate"]>;
  readonly talosVersion: string | undefined;
}

/** What a look at the node has found missing. */
interface Gap {
  readonly missing: string;
  /** The node has the config, and shows other CAs than those of it. */
  readonly isTrust?: true;
}

/**
 * Proves on fresh connections that the node has the config, serves and accepts the CAs of it, and has restarted.
 *
 * @throws Overdue, PkiError
 */
export async function prove(options: ProofOptions): Promise<Proof> {
  const { access, target, decision, patience } = options;
  const worker = decision.config.machineType === "worker" ? new WorkerCertificate(options) : undefined;
  const what = `node ${shortNodeAddress(target.node)} to ${options.rebootsFrom === undefined ? "" : "reboot and "}run with the config`;
  return waitFor(what, patience, async (): Promise<Attempt<Proof>> => {
    const session = await access.connect(target, {}, patience.deadline - access.nodes.uptime());
    try {
      const result = await proveOnce(session, options);
      if ("missing" in result) await worker?.consider({ lacksTrust: result.isTrust === true });
      return result;
    } finally {
      session.close();
    }
  });
}

async function proveOnce(session: NodeSession, options: ProofOptions): Promise<{ readonly found: Proof } | Gap> {
  const { decision, target, isStaged } = options;
  const { os, hash } = decision.config;
  const talosVersion = await session.version();
  if (!isStaged || keepsPersistentConfig(talosVersion)) {
    const live = await liveHash(session, talosVersion, decision.config, options);
    if (live !== hash) return { missing: live === undefined ? "it has no config yet" : "it has another config" };
  }
  const seen = await apiCertificates(session);
  const [served] = session.served;
  const server = target.endpoint === undefined ? served : seen.server;
  if (server === undefined) return { missing: "it serves no certificate yet", isTrust: true };
  if (!isStaged) {
    const gaps = osTrustGaps(os, { server, accepted: seen.accepted });
    if (gaps.length > 0) return { missing: `it ${gaps.join(", and ")}`, isTrust: true };
    const other = (await restartGap(session, options)) ?? (await clientGap(options));
    if (other !== undefined) return { missing: other };
  }
  const issuer = [os.issuing, ...os.accepted].find(
    (authority) => authority !== undefined && server.isSignedBy(authority),
  );
  return {
    found: {
      talosVersion,
      serverCertificate: {
        fingerprint: server.fingerprint,
        issuerFingerprint: issuer?.fingerprint ?? "",
        notAfter: formatTime(server.notAfter),
      },
    },
  };
}

/** What shows that what must have restarted has not done so, or is not up yet. */
async function restartGap(
  session: NodeSession,
  { rebootsFrom, kubeletFrom }: ProofOptions,
): Promise<string | undefined> {
  if (kubeletFrom !== undefined) return kubeletGap(session, kubeletFrom);
  if (rebootsFrom === undefined) return undefined;
  const state = await machineState(session);
  if (state === undefined || state.since.getTime() <= rebootsFrom.since.getTime()) return "it has not rebooted yet";
  // A control plane is booting until etcd is bootstrapped, which may come after this resource.
  return state.stage === "running" || state.stage === rebootsFrom.stage ? undefined : `it is ${state.stage}`;
}

/** Whether the node lets in clients of every CA that it must, and of none whose time is over, where a key is at hand. */
async function clientGap({ access, target, decision }: ProofOptions): Promise<string | undefined> {
  // A call through an endpoint shows whom that one lets in.
  if (target.endpoint !== undefined) return undefined;
  const { config, credentials, retired } = decision;
  const accepted = new Set([config.os.issuing, ...config.os.accepted].map((certificate) => certificate?.fingerprint));
  for (const signer of credentials.signers) {
    if (!accepted.has(signer.certificate.fingerprint)) continue;
    const { accepted: isIn, failure } = await access.shakeHandsAs(target, signer);
    if (!isIn)
      return `it does not let in a client of CA ${shortFingerprint(signer.certificate)}: ${failure?.reason ?? "?"}`;
  }
  for (const signer of retired) {
    if (accepted.has(signer.certificate.fingerprint)) continue;
    const { accepted: isIn } = await access.shakeHandsAs(target, signer);
    if (isIn) return `it still lets in a client of the old CA ${shortFingerprint(signer.certificate)}`;
  }
  return undefined;
}
