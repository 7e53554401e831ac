import { PkiError } from "../../core/errors";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import { info, type Report } from "../../engine/definition";
import { type Attempt, Overdue, type Patience, waitFor } from "../live/waiting";
import { administratorOf, apiServerOf, type ControlPlane } from "./controlPlane";

export interface BootstrapTokenOptions extends ControlPlane {
  /** The Secret of the old token, as a path of the Kubernetes API. */
  readonly secret: string;
  readonly patience: Patience;
}

/**
 * Deletes the Secret by which Kubernetes still knows a bootstrap token that the config has no more. Control planes that
 * have not got their config yet may make it again, so the last one to get it leaves it right.
 *
 * Whether it succeeds says nothing of the config, so a failure is reported and nothing else.
 */
export async function removeBootstrapToken(options: BootstrapTokenOptions): Promise<readonly Report[]> {
  const { access, target, secret, patience } = options;
  const node = shortNodeAddress(target.node);
  const deadline = Math.min(patience.deadline, access.patience(access.timeouts.connect).deadline);
  try {
    const client = await administratorOf(options);
    const isDeleted = await waitFor(
      "its API server",
      { ...patience, deadline },
      async (): Promise<Attempt<boolean>> => {
        const { status } = await client.delete(apiServerOf(target), secret);
        return status === 200 || status === 404
          ? { found: status === 200 }
          : { missing: `its API server answers ${status} to DELETE` };
      },
    );
    return isDeleted
      ? [info(`node ${node}: deleted the Secret of the old bootstrap token: no machine joins by it`)]
      : [];
  } catch (error) {
    if (!(error instanceof PkiError || error instanceof Overdue) || access.signal.aborted) throw error;
    const reason = error instanceof Overdue ? error.missing : error.message;
    return [
      info(
        `node ${node}: machines may still join by the old bootstrap token: ${reason}; delete its Secret by hand, one of type bootstrap.kubernetes.io/token in kube-system`,
      ),
    ];
  }
}
