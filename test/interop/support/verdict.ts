import { strict as assert } from "node:assert";

import { run } from "./run";
import { tools } from "./tools";

/** What the judge says about a file; test/judge/README.md tells problems from differences. */
export interface Verdict {
  readonly command: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly differences: readonly string[];
  readonly warnings: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A flag's value: `true` is the bare flag, a list repeats it, undefined leaves it out. */
type Flag = string | true | readonly string[] | undefined;

export function flags(values: Readonly<Record<string, Flag>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (value === true) return [`--${name}`];
    return (typeof value === "string" ? [value] : value).map((each) => `--${name}=${each}`);
  });
}

async function judge(
  command: string,
  files: readonly string[],
  values: Readonly<Record<string, Flag>>,
): Promise<Verdict> {
  const { code, stdout, stderr } = await run(tools().judge, [command, ...flags(values), ...files]);
  if (code > 1 || stdout === "") throw new Error(`judge ${command}: exit ${code}\n${stderr}`);
  return JSON.parse(stdout) as Verdict;
}

/** Judges a secrets bundle in talosctl's YAML against the contract `talosVersion` (`"v1.6"`). */
export function judgeBundle(path: string, options: { talosVersion?: string } = {}): Promise<Verdict> {
  return judge("bundle", [path], { "talos-version": options.talosVersion });
}

/** What a machine config claims to be generated from, with the options of `talosctl gen config`. */
export interface Origin {
  readonly bundle: string;
  readonly cluster: string;
  readonly endpoint: string;
  readonly type: "controlplane" | "worker";
  readonly talosVersion?: string;
  readonly kubernetesVersion?: string;
  readonly installDisk?: string;
  readonly installImage?: string;
  readonly dnsDomain?: string;
  readonly patches?: readonly string[];
  readonly sans?: readonly string[];
  readonly kubeSpan?: boolean;
  readonly clusterDiscovery?: boolean;
}

/** Judges a machine config; with `origin` it is also generated anew by Talos and compared. */
export function judgeConfig(
  path: string,
  options: { mode?: "metal" | "cloud" | "container"; origin?: Origin } = {},
): Promise<Verdict> {
  const { mode, origin } = options;
  return judge("config", [path], {
    mode,
    bundle: origin?.bundle,
    cluster: origin?.cluster,
    endpoint: origin?.endpoint,
    type: origin?.type,
    "talos-version": origin?.talosVersion,
    "kubernetes-version": origin?.kubernetesVersion,
    "install-disk": origin?.installDisk,
    "install-image": origin?.installImage,
    "dns-domain": origin?.dnsDomain,
    patch: origin?.patches,
    san: origin?.sans,
    "with-kubespan": origin?.kubeSpan === true ? true : undefined,
    "with-cluster-discovery": origin?.clusterDiscovery === false ? "false" : undefined,
  });
}

/** Judges a talosconfig; `ttl` is a Go duration, `"0"` does not look at the lifetime. */
export function judgeTalosconfig(
  path: string,
  options: { bundle: string; roles?: readonly string[]; ttl?: string; context?: string },
): Promise<Verdict> {
  return judge("talosconfig", [path], { ...options });
}

/** Judges a kubeconfig and logs in with it to kube-apiserver's authenticator. */
export function judgeK8s(
  path: string,
  options: { bundle: string; org?: string; cn?: string; endpoint?: string; ttl?: string },
): Promise<Verdict> {
  return judge("k8s", [path], { ...options });
}

/** Asks trustd at `endpoint` for a certificate, as a worker with the machine config `config` would. */
export function judgeCsr(options: {
  endpoint: string;
  config: string;
  token?: string;
  org?: string;
  timeout?: string;
}): Promise<Verdict> {
  return judge("csr", [], { ...options });
}

/** The verdict is that nothing is wrong, but for the differences that `allowed` names, each of which must be there. */
export function assertAccepted(verdict: Verdict, allowed: readonly RegExp[] = []): void {
  assert.deepEqual(verdict.problems, []);
  const others = verdict.differences.filter((difference) => !allowed.some((pattern) => pattern.test(difference)));
  assert.deepEqual(others, []);
  for (const pattern of allowed) {
    assert.ok(
      verdict.differences.some((difference) => pattern.test(difference)),
      `no difference ${String(pattern)} in ${JSON.stringify(verdict.differences)}`,
    );
  }
}

/** The verdict names a problem that matches. */
export function assertProblem(verdict: Verdict, pattern: RegExp): void {
  assert.equal(verdict.ok, false);
  assert.ok(
    verdict.problems.some((problem) => pattern.test(problem)),
    `no problem ${String(pattern)} in ${JSON.stringify(verdict.problems)}`,
  );
}
