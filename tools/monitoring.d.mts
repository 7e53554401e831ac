/** Paths of the programs that check examples/monitoring. */
export interface MonitoringTools {
  readonly promtool: string;
  readonly actionlint: string;
}

/** What is built, or undefined if anything is missing. */
export function findMonitoring(env?: NodeJS.ProcessEnv): MonitoringTools | undefined;
