// Everything a test needs to ask the code of real Talos.
export { Folder } from "./files";
export { loopbackAddress, shownCertificate, startNode, startTrustd, stopNodes, talosctl } from "./node";
export type { Node, NodeOptions } from "./node";
export { mustRun, run } from "./run";
export type { Outcome } from "./run";
export { needJudge, needOpenssl, tools } from "./tools";
export {
  assertAccepted,
  assertProblem,
  judgeBundle,
  judgeConfig,
  judgeCsr,
  judgeK8s,
  judgeTalosconfig,
} from "./verdict";
export type { Origin, Verdict } from "./verdict";
