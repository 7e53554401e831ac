import { describeProblem, type Problem, type Warning } from "../core/errors";
import type { NamedAuthority } from "../core/inspect/authorities";
import { type Finding, finding } from "../core/inspect/findings";
import type { ChainPurpose } from "../core/inspect/purposes";
import { judgeAuthority } from "../core/inspect/tryAuthority";
import { verifyChain } from "../core/inspect/verifyChain";
import { type Certificate, keyFits } from "../core/x509/certificate";
import { isIpAddress } from "../core/ipAddress";
import { certificateName, formatNodeAddress, type NodeAddress } from "../core/nodes/nodeAddress";
import { readTargetAddress } from "./address";
import { loadClient } from "./client";
import { meetNode } from "./handshake";
import { authoritiesIn, judgeSource } from "./inspection";
import type { FoundCertificate } from "./material";
import { authorityUseAt, readSource } from "./source";
import { describeLeft, formatJson, safe, type Style, styleOf } from "./style";
import { isAuthority, readKey, readTrust, type Task, tasksOf, trustFor, type VerifyOptions } from "./verifyTasks";
import { CliError, EXIT, type CliContext } from "./cliContext";
import { readText } from "./files";

/** One certificate and the verdict on it, plain data. */
export interface Verification {
  readonly path: string;
  readonly subject: string;
  readonly purpose: ChainPurpose | "authority";
  readonly ok: boolean;
  /** Subjects from the certificate up to the trusted one. */
  readonly chain: readonly string[];
  readonly secondsLeft: number;
  readonly findings: readonly Finding[];
}

/**
 * `talos-pki verify <file|-|host:port>`: says whether the certificates work, and if not, why and what helps.
 *
 * @returns 0 when everything holds, else 1
 */
export async function verify(target: string, options: VerifyOptions, cli: CliContext): Promise<number> {
  const address = readTargetAddress(target);
  const { name, verifications, problems, warnings } =
    address === undefined ? await verifyFile(target, options, cli) : await verifyNode(address, options, cli);
  const ok = problems.length === 0 && verifications.every((verification) => verification.ok);
  if (options.json === true) cli.out(formatJson({ name, ok, verifications, problems, warnings }));
  else cli.out(describe({ verifications, problems, warnings }, styleOf(cli)));
  return ok ? EXIT.ok : EXIT.refused;
}

interface Verified {
  readonly name: string;
  readonly verifications: readonly Verification[];
  readonly problems: readonly Problem[];
  /** About what was not looked at. */
  readonly warnings: readonly Warning[];
}

async function verifyFile(target: string, options: VerifyOptions, cli: CliContext): Promise<Verified> {
  const source = readSource(target, await readText(target, cli), options.resource);
  const trust = await readTrust(options, cli);
  const now = options.at ?? cli.environment.now();
  const named = trust.named.length > 0 ? trust.named : authoritiesIn(source);
  const given = options.key === undefined ? undefined : await readKey(options.key, cli);
  const tasks = tasksOf(source, options, trust, given);
  // In a PEM file a CA behind a leaf is part of the leaf's chain.
  const authorities = source.kind === "PEM" && tasks.length > 0 ? [] : source.material.certificates.filter(isAuthority);
  const verifications = [
    ...tasks.map((task) => judgeTask(task, options, named, now)),
    ...authorities.map((found) =>
      verifyAuthority(given === undefined ? found : { ...found, key: given }, options.purpose, now),
    ),
  ];
  const problems = judgeSource(source, now, options.context).problems.filter(({ code }) => !JUDGED.has(code));
  if (verifications.length + problems.length === 0)
    throw new CliError(`${source.name}: holds no certificate to verify`);
  return { name: source.name, verifications, problems, warnings: source.warnings };
}

/** What the verdict on each certificate says already. */
const JUDGED: ReadonlySet<string> = new Set(["ERR_KEY_MISMATCH", "ERR_NOT_A_CA"]);

function judgeTask(
  task: Task,
  options: VerifyOptions,
  authorities: readonly NamedAuthority[],
  now: Date,
): Verification {
  const { path, certificates, key, trust, purpose, needsRole = false } = task;
  const { name, role = needsRole ? "any" : undefined } = options;
  const verdict = verifyChain({
    certificates,
    trust,
    purpose,
    now,
    authorities,
    ...(key === undefined ? {} : { key }),
    ...(role === undefined || purpose !== "client" ? {} : { requiredRole: role }),
    ...(name === undefined || purpose !== "server" ? {} : isIpAddress(name) ? { ipAddress: name } : { dnsName: name }),
  });
  return {
    path,
    subject: certificates[0].subject,
    purpose,
    ok: verdict.ok,
    chain: verdict.chain.map(({ subject }) => subject),
    secondsLeft: secondsLeft(certificates[0], now),
    findings: verdict.findings,
  };
}

/** A CA must be valid, be able to certify what it stands there for, and have its own key beside it. */
function verifyAuthority(found: FoundCertificate, purpose: ChainPurpose | undefined, now: Date): Verification {
  const { path, certificate, key } = found;
  const verdict = verifyChain({ certificates: [certificate], trust: [certificate], purpose: "kubernetesClient", now });
  const use = authorityUseAt(path) ?? (purpose === "server" ? "servers" : "accepted");
  const findings = [
    ...verdict.findings.filter(({ reason }) => reason === "ca-expired" || reason === "not-yet-valid"),
    ...judgeAuthority(use, certificate),
    ...(key !== undefined && !keyFits(certificate, key)
      ? [
          finding(
            "key-mismatch",
            certificate,
            "does not belong to the private key beside it",
            "use the certificate and key of one CA",
          ),
        ]
      : []),
  ];
  return {
    path,
    subject: certificate.subject,
    purpose: "authority",
    ok: findings.length === 0,
    chain: [certificate.subject],
    secondsLeft: secondsLeft(certificate, now),
    findings,
  };
}

const secondsLeft = (certificate: Certificate, now: Date): number =>
  Math.floor((certificate.notAfter.getTime() - now.getTime()) / 1000);

async function verifyNode(address: NodeAddress, options: VerifyOptions, cli: CliContext): Promise<Verified> {
  const client = await loadClient(options, cli);
  const trust = await readTrust(options, cli);
  const anchors = trustFor("server", trust, client?.authorities ?? []);
  if (anchors.length === 0) {
    throw new CliError(
      "nobody to trust is known; use --talosconfig, --trust with PEM of the CA, or --bundle with the secrets of the cluster",
    );
  }
  const {
    chain,
    accepted,
    reached,
    isStranger,
    reason = "no reason given",
  } = await meetNode(address, { identity: client?.identity, authorities: anchors }, cli);
  const [leaf, ...others] = chain;
  const name = formatNodeAddress(address);
  const problem = (message: string): Problem => ({ code: "ERR_ENDPOINT_INVALID", path: name, message });
  const problems: Problem[] = [];
  if (!reached) problems.push(problem(`cannot be asked: ${reason}; must be a TLS server`));
  else if (client?.identity !== undefined && !accepted && !isStranger) {
    problems.push(
      problem(
        `does not let the client of context ${JSON.stringify(client.contextName)} in: ${reason}; verify the talosconfig against the secrets of the cluster`,
      ),
    );
  }
  const now = options.at ?? cli.environment.now();
  const task = leaf && {
    path: name,
    certificates: [leaf, ...others] as const,
    trust: anchors,
    purpose: "server" as const,
  };
  return {
    name,
    verifications:
      task === undefined ? [] : [judgeTask(task, { name: certificateName(address), ...options }, trust.named, now)],
    problems,
    warnings: [],
  };
}

/** The verdicts for a person. */
function describe({ verifications, problems, warnings }: Omit<Verified, "name">, style: Style): string {
  const lines = verifications.flatMap((verification) => {
    const { ok, path, subject, purpose, chain, findings } = verification;
    const place = `${path === "" ? "" : `${safe(path)}: `}${safe(subject) || "(no name)"}`;
    if (ok) {
      const way =
        purpose === "authority"
          ? "a CA"
          : `a ${purpose === "kubernetesClient" ? "Kubernetes client" : purpose}, by ${safe(chain[chain.length - 1] ?? "") || "(no name)"}`;
      return [`${style.good("ok")}    ${place}: ${way}; ${describeLeft(verification.secondsLeft)}`];
    }
    return [
      `${style.bad("FAIL")}  ${place}`,
      ...findings.flatMap((item) => [
        `      ${safe(item.subject === subject ? item.what : `${item.subject || "(no name)"}: ${item.what}`)} [${item.code}]`,
        `      ${style.dim(`remedy: ${safe(item.cure)}`)}`,
      ]),
    ];
  });
  for (const problem of problems)
    lines.push(`${style.bad("FAIL")}  ${safe(describeProblem(problem))} [${problem.code}]`);
  for (const warning of warnings)
    lines.push(style.warn(`warning: ${safe(describeProblem(warning))} [${warning.reason}]`));
  if (lines.length === 0) lines.push("nothing to verify in it");
  return `${lines.join("\n")}\n`;
}
