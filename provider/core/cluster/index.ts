export {
  type Child,
  type ChildKind,
  type ClusterPlan,
  DEFAULT_MAX_PARALLEL,
  type PassedInputs,
  planCluster,
} from "./plan";
export type { Value } from "./values";
