import { spawnSync } from "node:child_process";

/** CPU seconds, user and system, of a command and of everything that it starts and waits for. */
export function cpuSeconds(command: string, folder: string, env: NodeJS.ProcessEnv): number {
  const script = `TIMEFORMAT='%U %S'; time ${command} >/dev/null`;
  const { stderr, status } = spawnSync("bash", ["-c", script], { cwd: folder, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: exit ${status}\n${stderr}`);
  const [user = NaN, system = NaN] = (stderr.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  return user + system;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
