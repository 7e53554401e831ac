export {
  EXPIRY_STATES,
  type ExpiryItem,
  type ExpiryOptions,
  type ExpiryReport,
  expiryReport,
  type ExpiryRow,
  type ExpiryState,
} from "./expiry";
export { planRenewal, type RenewalPlan, type RenewalRequest, renewalTime } from "./renewal";
export {
  planRotationOrder,
  ROTATION_ORDER,
  type OrderPlan,
  type OrderStep,
  type OrderRequest,
  type RotationStates,
  type RotationStep,
} from "./rotationOrder";
export {
  isUnderWay,
  nextStep,
  planRotation,
  ROTATION_STAGES,
  type RotationAction,
  type RotationPlan,
  type RotationPosition,
  type RotationRequest,
  type RotationStage,
  type RotationState,
} from "./rotation";
