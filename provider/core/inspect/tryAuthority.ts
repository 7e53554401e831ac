import type { Environment } from "../environment";
import type { Problem, Warning } from "../errors";
import type { ChainReason } from "../reasons";
import { AUTHORITY_NAMES } from "../secrets/authority";
import type { DecodedBundle } from "../secrets/decodedBundle";
import type { DecodedCA } from "../secrets/decodedPem";
import type { AuthorityName } from "../secrets/types";
import { type Authority, authorityProblems } from "../x509/authority";
import type { Certificate } from "../x509/certificate";
import { readChainFacts } from "../x509/chainFacts";
import { signCertificate } from "../x509/issue";
import type { ProfileName } from "../x509/profiles";
import type { SubjectAltNames } from "../x509/subjectAltNames";
import { authorityWarnings } from "./authorityWarnings";
import type { Finding } from "./findings";
import { allowedNodeNames, type NodeNames } from "./nodeNames";
import { anchorFindings } from "./rules";
import { ACCEPTED_LEAVES, RESOURCE_LEAVES, TRIAL_LEAVES, type TrialLeaf } from "./trialLeaves";
import { verifyChain } from "./verifyChain";

/** What a trial of a CA shows. */
export interface AuthorityTrial {
  /** Why certificates that this CA issues are rejected, each cause once; empty when every verifier takes them. */
  readonly problems: readonly Problem[];
  /** What else there is to know of a CA that is taken. */
  readonly warnings: readonly Warning[];
}

/** What one kind of certificate is rejected for. */
interface Rejection {
  readonly leaf: TrialLeaf;
  readonly finding: Finding;
}

/**
 * Tries whether a CA can be one of a cluster: issues in memory one certificate of each kind that it has to sign, and
 * verifies each as Go does. Whether the CA is valid now is not looked at, and nothing is said of a CA that cannot sign:
 * its own `problems` have that.
 *
 * @param name which CA of the cluster it is to be
 * @returns problems ERR_USAGE_MISSING and ERR_CHAIN_INVALID at the path of the certificate, each with a reason
 * @example
 * const ca = decodeCA({ crt, key }, { crt: "certificateAuthorities.os.certificatePem", key: "certificateAuthorities.os.privateKeyPem" });
 * const { problems, warnings } = await tryAuthority("os", ca, environment);
 */
export async function tryAuthority(
  name: AuthorityName,
  ca: DecodedCA,
  environment: Environment,
): Promise<AuthorityTrial> {
  const [certificate, ...companions] = ca.certificates;
  const { privateKey: key, paths } = ca;
  if (certificate === undefined || key === undefined || ca.problems.length > 0) return { problems: [], warnings: [] };
  const options = { path: paths.crt, companions };
  const problems = await tryLeaves({ certificate, key }, TRIAL_LEAVES[name], options, environment);
  return { problems, warnings: problems.length > 0 ? [] : authorityWarnings(name, certificate, options) };
}

/**
 * Tries every CA of a bundle that is adopted. As its cluster runs with them, what is wrong with one is a warning.
 *
 * @example
 * const warnings = await tryBundle(decodeBundle(bundle), environment);
 */
export async function tryBundle(bundle: DecodedBundle, environment: Environment): Promise<readonly Warning[]> {
  const warnings: Warning[] = [];
  for (const name of AUTHORITY_NAMES) {
    const trial = await tryAuthority(name, bundle.ca(name), environment);
    const unusable = trial.problems.map(({ path, message }) => ({ path, message, reason: "ca-unusable" as const }));
    warnings.push(...unusable.map((each): Warning => ({ severity: "warning", ...each })), ...trial.warnings);
  }
  return warnings;
}

/**
 * Tries whether a CA can sign the one kind of certificate that a resource has it sign.
 *
 * @returns problems as `tryAuthority`
 * @example
 * const authority = parseAuthority({ crt, key }, { crt: "certificateAuthority.certificatePem", key: "certificateAuthority.privateKeyPem" });
 * const problems = await tryLeaf("talosClient", authority, "certificateAuthority.certificatePem", environment);
 */
export function tryLeaf(
  profile: Exclude<ProfileName, "authority">,
  authority: Authority,
  path: string,
  environment: Environment,
): Promise<readonly Problem[]> {
  return tryLeaves(authority, [RESOURCE_LEAVES[profile]], { path }, environment);
}

/**
 * What a CA is for: one of a cluster; one that nodes accept beside their own (`accepted`), which certifies clients at
 * least; one that a client trusts (`servers`), which certifies servers.
 */
export type AuthorityUse = AuthorityName | "accepted" | "servers";

const leavesFor = (use: AuthorityUse): readonly TrialLeaf[] => {
  if (use === "accepted") return [ACCEPTED_LEAVES.client];
  return use === "servers" ? [ACCEPTED_LEAVES.server] : TRIAL_LEAVES[use];
};

/**
 * Judges by its extensions a CA of which there is the certificate alone.
 *
 * @returns findings on the CA as `verifyChain`; empty when verifiers accept what it issues
 * @example
 * judgeAuthority("os", parseCertificate(caPem, "")).map(describeFinding); // []
 */
export function judgeAuthority(use: AuthorityUse, certificate: Certificate): readonly Finding[] {
  const findings = rejectionsBy(certificate, leavesFor(use)).map((rejection) => rejection.finding);
  return [...new Map(findings.map((each) => [each.what, each])).values()];
}

/**
 * Judges a CA that nodes accept beside their own: it must certify clients. One that certifies no servers is warned of.
 *
 * @returns problems as `tryAuthority`
 * @example
 * const { problems, warnings } = tryAcceptedAuthority(parseCertificate(pem, "certificatePem"), "certificatePem");
 */
export function tryAcceptedAuthority(certificate: Certificate, path: string): AuthorityTrial {
  const own = authorityProblems(certificate, path);
  if (own.length > 0) return { problems: own, warnings: [] };
  const problems = problemsOf(rejectionsBy(certificate, [ACCEPTED_LEAVES.client]), certificate, path);
  const [server] = rejectionsBy(certificate, [ACCEPTED_LEAVES.server]);
  if (problems.length > 0 || server === undefined) return { problems, warnings: [] };
  const message = `${server.finding.what}, so clients reject every server certificate that it issues; use another CA to rotate to`;
  return { problems, warnings: [{ severity: "warning", reason: "accepts-clients-only", path, message }] };
}

/** Issues a certificate of each kind and verifies it. */
export async function tryLeaves(
  authority: Authority,
  leaves: readonly TrialLeaf[],
  { path, companions = [] }: { readonly path: string; readonly companions?: readonly Certificate[] },
  environment: Environment,
): Promise<readonly Problem[]> {
  const { certificate } = authority;
  const trust = [certificate, ...companions];
  const facts = readChainFacts(certificate);
  const node = allowedNodeNames(facts);
  const rejections: Rejection[] = [];
  for (const leaf of leaves) {
    const issued = await issueTrial(authority, leaf, node, environment);
    for (const purpose of leaf.purposes) {
      const verdict = verifyChain({ certificates: [issued], trust, purpose, now: certificate.notBefore });
      const found = verdict.findings.filter(({ reason }) => !LIFETIMES.has(reason));
      // The CA is the cause where its extensions are; what is wrong with the trial alone is not what the user has.
      const own = found.length === 0 ? [] : anchorFindings(certificate, facts, purpose, namesOf(leaf, node));
      rejections.push(...(own.length > 0 ? own : found).map((finding) => ({ leaf, finding })));
    }
  }
  return problemsOf(rejections, certificate, path);
}

/** Lifetimes are for others to judge. */
const LIFETIMES: ReadonlySet<ChainReason> = new Set(["ca-expired", "expired", "not-yet-valid"]);

/** A certificate with the CA's own key and lifetime: no verifier compares them. */
function issueTrial(
  authority: Authority,
  leaf: TrialLeaf,
  node: NodeNames,
  environment: Environment,
): Promise<Certificate> {
  const { notBefore, notAfter } = authority.certificate;
  const { profile, subject } = leaf;
  const subjectAltNames = namesOf(leaf, node);
  const request = { profile, subject, publicKeyDer: authority.key.publicKeyDer, notBefore, notAfter, subjectAltNames };
  return signCertificate(request, authority, environment);
}

const namesOf = ({ names }: TrialLeaf, node: NodeNames): Required<SubjectAltNames> =>
  names?.(node) ?? { dnsNames: [], ipAddresses: [] };

/** The same by the extensions of the CA, without a signature. */
function rejectionsBy(certificate: Certificate, leaves: readonly TrialLeaf[]): Rejection[] {
  const facts = readChainFacts(certificate);
  const node = allowedNodeNames(facts);
  return leaves.flatMap((leaf) =>
    leaf.purposes
      .flatMap((purpose) => anchorFindings(certificate, facts, purpose, namesOf(leaf, node)))
      .map((finding) => ({ leaf, finding })),
  );
}

/** Each cause once, with all that it rejects. */
function problemsOf(rejections: readonly Rejection[], certificate: Certificate, path: string): Problem[] {
  const causes = new Map<string, { readonly finding: Finding; readonly nouns: Set<string> }>();
  for (const { leaf, finding: each } of rejections) {
    const cause = causes.get(each.what) ?? { finding: each, nouns: new Set() };
    causes.set(each.what, cause);
    cause.nouns.add(leaf.noun);
  }
  return [...causes.values()].map(({ finding: { code, reason, what, cure, fingerprint }, nouns }) => {
    const cause = fingerprint === certificate.fingerprint ? what : `issues a certificate that ${what}`;
    const message = `${cause}, so verifiers reject the certificates that it issues to ${listed([...nouns])}; ${cure}`;
    return { code, reason, path, message };
  });
}

const listed = (nouns: readonly string[]): string => nouns.join(", ").replace(/, ([^,]*)$/, " and $1");
