export { filesBackend, filesBelow, objectsIn, type Backend } from "./backend";
export { Clone, type CloneOptions } from "./clone";
export type { Diagnostic, Events, Step } from "./events";
export { assertNoSecrets, secretsIn, type Text } from "./leaks";
export type { Command, Operation, OperationOptions, Outcome } from "./operation";
export { descendants, killHard, processTable, Running, type Ended, type Victim } from "./processes";
export type { Program } from "./program";
export { Project, type ProjectOptions, type StateResource } from "./project";
export {
  needsPulumi,
  pulumiCli,
  repository,
  skipOptional,
  skipOrFail,
  toolsAreRequired,
  type PulumiCli,
} from "./tools";
