import { parseTalosconfig } from "../core/config/talosconfigParser";
import { type PublicForm, shownText } from "../core/config/publicForm";
import { collectProblems, type Problem, type Warning } from "../core/errors";
import type { NamedAuthority } from "../core/inspect/authorities";
import { type CertificateReport, inspectCertificate } from "../core/inspect/inspectCertificate";
import { parseSecretsBundle } from "../core/secrets/codec";
import { type Tree, valueAt } from "../core/secrets/fields";
import { type Certificate, fingerprintOf, keyFits } from "../core/x509/certificate";
import type { FoundCertificate, FoundKey } from "./material";
import { authorityNameAt, partPath, type Source } from "./source";

/** A key, without a word of its private half. */
export interface KeyReport {
  readonly algorithm: string;
  /** SHA-256 of the public key's SPKI, lower-case hex. */
  readonly publicKeyFingerprint: string;
}

/** A certificate of a file or node, described. */
export interface CertificateEntry extends CertificateReport {
  readonly path: string;
  /** The cluster's own name for it, if it is one of the cluster's CAs. */
  readonly authority?: string;
  readonly privateKey?: KeyReport & { readonly fits: boolean };
}

/** Everything that `inspect` says, as plain data. */
export interface Inspection {
  readonly name: string;
  readonly kind: string;
  /** What else there is to know, such as endpoints; never a secret. */
  readonly facts: Readonly<Record<string, string | readonly string[]>>;
  readonly certificates: readonly CertificateEntry[];
  /** Keys that stand alone, such as the service account's. */
  readonly keys: readonly (KeyReport & { readonly path: string; readonly isPrivate: boolean })[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

/** The CAs that a file itself names. */
export function authoritiesIn(source: Source): NamedAuthority[] {
  if (source.kind === "container") return source.parts.flatMap(authoritiesIn);
  return source.material.certificates.flatMap(({ path, certificate }) => {
    const name = authorityNameAt(path);
    return name === undefined ? [] : [{ name, certificate }];
  });
}

/** Describes a file. `authorities` are known from elsewhere and name issuers that the file does not hold. */
export function inspectSource(
  source: Source,
  now: Date,
  authorities: readonly NamedAuthority[] = [],
  currentContext?: string,
): Inspection {
  const known = [...authoritiesIn(source), ...authorities];
  const { problems, warnings } = judgeSource(source, now, currentContext);
  return {
    name: source.name,
    kind: source.title,
    facts: factsOf(source),
    certificates: source.material.certificates.map((found) => entryOf(found, now, known)),
    keys: source.material.keys.map(({ path, key, isPrivate }) => ({ path, isPrivate, ...describeKey(key) })),
    problems,
    warnings: [...source.warnings, ...warnings],
  };
}

export function entryOf(found: FoundCertificate, now: Date, authorities: readonly NamedAuthority[]): CertificateEntry {
  const { certificate, key, path } = found;
  const authority = nameOf(certificate, authorities);
  return {
    path,
    ...(authority === undefined ? {} : { authority }),
    ...inspectCertificate(certificate, { now, authorities }),
    ...(key === undefined ? {} : { privateKey: { ...describeKey(key), fits: keyFits(certificate, key) } }),
  };
}

function nameOf(certificate: Certificate, authorities: readonly NamedAuthority[]): string | undefined {
  return authorities.find((authority) => authority.certificate.fingerprint === certificate.fingerprint)?.name;
}

function describeKey(key: FoundKey["key"]): KeyReport {
  return { algorithm: key.algorithm, publicKeyFingerprint: fingerprintOf(key.publicKeyDer) };
}

/**
 * What keeps the file from working, by the strict reader of its kind where there is one.
 *
 * @param currentContext takes the place of a talosconfig's own
 */
export function judgeSource(
  source: Source,
  now: Date,
  currentContext?: string,
): { problems: readonly Problem[]; warnings: readonly Warning[] } {
  const problems: Problem[] = [];
  const loose = source.material.problems;
  switch (source.kind) {
    case "container":
      return judgeParts(source.parts, now, currentContext);
    case "talosconfig":
      collectProblems(problems, () => parseTalosconfig(source.text, "", { currentContext }));
      return { problems, warnings: [] };
    case "secrets bundle": {
      const read = collectProblems(problems, () => parseSecretsBundle(source.text, { now }));
      return { problems, warnings: read?.warnings ?? [] };
    }
    default:
      return { problems: loose, warnings: [] };
  }
}

function judgeParts(parts: readonly Source[], now: Date, currentContext?: string): ReturnType<typeof judgeSource> {
  const verdicts = parts.map((part) => ({ part, verdict: judgeSource(part, now, currentContext) }));
  const inFile = <T extends { readonly path: string }>(part: Source, found: readonly T[]): T[] =>
    found.map((one) => ({ ...one, path: partPath(part, one.path) }));
  return {
    problems: verdicts.flatMap(({ part, verdict }) => inFile(part, verdict.problems)),
    warnings: verdicts.flatMap(({ part, verdict }) => inFile(part, verdict.warnings)),
  };
}

/** A value that is worth a line: its path, and the form in which it is shown. */
interface Fact {
  readonly path: string;
  readonly form?: PublicForm;
}

/** By kind of file. Only what is no secret may stand here. */
const FACTS: Readonly<Partial<Record<Source["kind"], Readonly<Record<string, Fact>>>>> = {
  talosconfig: { "current context": { path: "context" } },
  kubeconfig: { "current context": { path: "current-context" } },
  "machine config": {
    "machine type": { path: "machine.type" },
    "cluster name": { path: "cluster.clusterName" },
    endpoint: { path: "cluster.controlPlane.endpoint", form: "url" },
    "certificate names": { path: "machine.certSANs" },
    "API server names": { path: "cluster.apiServer.certSANs" },
  },
};

type AddFact = (name: string, value: unknown, form?: PublicForm) => void;

function factsOf(source: Source): Inspection["facts"] {
  const facts: Record<string, string | readonly string[]> = {};
  const add: AddFact = (name, value, form = "line") => {
    const show = (text: string): string => shownText(text, form) ?? "(hidden)";
    if (typeof value === "string" && value !== "") facts[name] = show(value);
    else if (Array.isArray(value) && value.length > 0)
      facts[name] = value.filter((item) => typeof item === "string").map(show);
  };
  for (const document of source.documents) {
    for (const [name, { path, form }] of Object.entries(FACTS[source.kind] ?? {}))
      add(name, valueAt(document, path.split(".")), form);
    if (document["kind"] === "KubeClusterConfig") {
      add("cluster name", document["clusterName"]);
      add("endpoint", document["endpoint"], "url");
    }
  }
  for (const part of source.parts) {
    for (const [name, value] of Object.entries(factsOf(part))) facts[`${part.name} ${name}`] = value;
  }
  const [first] = source.documents;
  if (source.kind === "talosconfig") addContexts(first, add);
  if (source.kind === "kubeconfig") add("servers", servers(first), "url");
  return facts;
}

function addContexts(tree: Tree | undefined, add: AddFact): void {
  for (const [name, context] of Object.entries((tree?.["contexts"] ?? {}) as Tree)) {
    add(`endpoints of ${name}`, valueAt(context, ["endpoints"]), "url");
    add(`nodes of ${name}`, valueAt(context, ["nodes"]), "url");
    add(`Omni user of ${name}`, valueAt(context, ["auth", "siderov1", "identity"]));
  }
}

function servers(tree: Tree | undefined): unknown[] {
  const clusters = tree?.["clusters"];
  return Array.isArray(clusters) ? clusters.map((cluster) => valueAt(cluster, ["cluster", "server"])) : [];
}
