import { describeProblem, PkiError } from "../core/errors";
import { formatTime } from "../core/environment";
import type { ContentOptions } from "../core/secrets/adopt/choose";
import { openSecretsFile } from "../core/secrets/adopt/secretsFile";
import { BUNDLE_FIELDS, valueAt } from "../core/secrets/fields";
import { readBundleTree } from "../core/secrets/read";
import { fingerprintOf, parseCertificates } from "../core/x509/certificate";
import { parsePrivateKey } from "../core/x509/privateKey";
import { keyFingerprint, parseKeys } from "../core/x509/publicKey";
import { decodeConfigDocuments } from "../core/secrets/controlPlaneConfig";
import { formatJson, safe, type Style, styleOf } from "./style";
import { EXIT, type CliContext } from "./cliContext";
import { readText } from "./files";

/** How a value of two bundles differs. Nothing of a secret is told, not even its length. */
export interface BundleChange {
  /** Path in talosctl's YAML. */
  readonly path: string;
  readonly change: "added" | "removed" | "changed" | "rewritten";
  /** Public facts: of a certificate its subject, end and fingerprint, of a key its public half's fingerprint. */
  readonly before?: string;
  readonly after?: string;
}

export interface DiffOptions {
  readonly json?: boolean;
  /** Address of the secrets in a file of another tool that has several. */
  readonly beforeResource?: string;
  readonly afterResource?: string;
}

/**
 * `talos-pki diff <a> <b>`: how two secrets bundles (or control plane configs) differ.
 *
 * @returns 0 when they are the same, 1 when they differ
 */
export async function diff(first: string, second: string, options: DiffOptions, cli: CliContext): Promise<number> {
  const now = cli.environment.now();
  const read = async (name: string, resource: string | undefined): Promise<unknown> =>
    readBundle(await readText(name, cli), { path: name, resource }, now);
  const before = await read(first, options.beforeResource);
  const after = await read(second, options.afterResource);
  const changes = bundleChanges(before, after);
  cli.out(options.json === true ? formatJson(changes) : describe(changes, styleOf(cli)));
  return changes.length === 0 ? EXIT.ok : EXIT.refused;
}

/** Any bundle that can be read, however incomplete: what is missing is a difference like others. */
function readBundle(text: string, options: ContentOptions, now: Date): unknown {
  const file = openSecretsFile(text, options);
  if (file.kind === "machine config") {
    return decodeConfigDocuments(file.documents, { now, path: file.path }).decoded.wholeBundle;
  }
  const { bundle, problems } = readBundleTree(file.tree, file.path);
  if (problems.length > 0) throw PkiError.of(problems);
  return bundle;
}

/** Compares two bundles, value by value, in the order in which talosctl writes them. */
function bundleChanges(before: unknown, after: unknown): BundleChange[] {
  return BUNDLE_FIELDS.flatMap((field): BundleChange[] => {
    const [old, now] = [before, after].map((bundle) => valueAt(bundle, field.bundle)) as (string | undefined)[];
    const path = field.talosctl.join(".");
    if (old === now) return [];
    if (old === undefined) return [{ path, change: "added", ...fact("after", path, now) }];
    if (now === undefined) return [{ path, change: "removed", ...fact("before", path, old) }];
    const [was, is] = [fact("before", path, old), fact("after", path, now)];
    // The same certificate or key in another spelling: line ends, PEM label, text around it.
    const same = was.before !== undefined && was.before === is.after;
    return [{ path, change: same ? "rewritten" : "changed", ...was, ...is }];
  });
}

function fact<Name extends "before" | "after">(
  name: Name,
  path: string,
  value: string | undefined,
): { readonly [Key in Name]?: string } {
  const text = value === undefined ? undefined : publicFact(path, value);
  return (text === undefined ? {} : { [name]: text }) as { readonly [Key in Name]?: string };
}

function publicFact(path: string, value: string): string | undefined {
  try {
    if (path.endsWith(".crt")) {
      const [{ subject, notAfter, fingerprint }, ...others] = parseCertificates(value, path);
      const accepted = others.map((other) => other.fingerprint);
      return `${subject || "(no name)"}, ends ${formatTime(notAfter)}, SHA-256 ${fingerprint}${besides(accepted)}`;
    }
    if (!path.endsWith(".key")) return undefined;
    const { algorithm, publicKeyDer } = parsePrivateKey(value, path);
    const [, ...others] = parseKeys(value, path);
    const accepted = others.map((other) => keyFingerprint(other.publicKeyDer));
    return `${algorithm}, public half ${fingerprintOf(publicKeyDer)}${besides(accepted)}`;
  } catch (error) {
    if (error instanceof PkiError) return `unreadable: ${describeProblem({ ...error.problems[0]!, path: "" })}`;
    throw error;
  }
}

/** What is accepted beside what issues, in the middle of a rotation. */
const besides = (fingerprints: readonly string[]): string =>
  fingerprints.map((fingerprint) => `, accepts ${fingerprint} too`).join("");

function describe(changes: readonly BundleChange[], style: Style): string {
  if (changes.length === 0) return "the bundles are the same\n";
  const lines = changes.flatMap(({ path, change, before, after }) => [
    `${style.strong(path)}: ${change === "rewritten" ? "the same, written otherwise" : change}`,
    ...(before === undefined || change === "rewritten" ? [] : [style.bad(`  - ${safe(before)}`)]),
    ...(after === undefined || change === "rewritten" ? [] : [style.good(`  + ${safe(after)}`)]),
  ]);
  return `${lines.join("\n")}\n`;
}
