import { PkiError } from "../core/errors";
import { readCredentials } from "../core/config/talosconfigCredentials";
import { parseTalosconfig } from "../core/config/talosconfigParser";
import type { NamedAuthority } from "../core/inspect/authorities";
import type { ChainPurpose } from "../core/inspect/purposes";
import { valueAt } from "../core/secrets/fields";
import type { Certificate } from "../core/x509/certificate";
import type { PrivateKey } from "../core/x509/privateKey";
import type { Role } from "../core/x509/roles";
import { chooseContext, type ClientOptions, omniIdentity } from "./client";
import { readAuthorities } from "./inspect";
import { authoritiesIn } from "./inspection";
import { type FoundCertificate, type FoundKey, findPem } from "./material";
import { authorityNameAt, partPath, type Source } from "./source";
import { CliError, type CliContext } from "./cliContext";
import { readText } from "./files";

export interface VerifyOptions extends ClientOptions {
  readonly json?: boolean;
  /** PEM files of whom to trust. */
  readonly trust?: readonly string[];
  /** Files whose CAs are trusted by name: a secrets bundle, a machine config. */
  readonly bundle?: readonly string[];
  readonly purpose?: ChainPurpose;
  readonly role?: Role;
  /** Name or address by which a server is called. */
  readonly name?: string;
  /** PEM file of the private key. */
  readonly key?: string;
  /** The time to judge at; default now. */
  readonly at?: Date;
}

/** What there is to verify at one place. */
export interface Task {
  readonly path: string;
  readonly certificates: readonly [Certificate, ...Certificate[]];
  readonly key?: PrivateKey;
  readonly trust: readonly Certificate[];
  readonly purpose: ChainPurpose;
  /** A client of Talos: without a role it may do nothing. */
  readonly needsRole?: boolean;
}

/** Whom the options trust, by name where that is known. */
export interface Trust {
  /** From --trust. */
  readonly given: readonly Certificate[];
  /** From --bundle. */
  readonly named: readonly NamedAuthority[];
}

export async function readTrust(options: VerifyOptions, cli: CliContext): Promise<Trust> {
  const given: Certificate[] = [];
  for (const file of options.trust ?? []) {
    const { certificates, problems } = findPem(await readText(file, cli), file);
    if (problems.length > 0) throw PkiError.of(problems);
    given.push(...certificates.map(({ certificate }) => certificate));
  }
  return { given, named: await readAuthorities(options.bundle ?? [], cli) };
}

const authoritiesNamed = (authorities: readonly NamedAuthority[], name: string): Certificate[] =>
  authorities.filter((authority) => authority.name === name).map(({ certificate }) => certificate);

/** The cluster's CA that stands behind each purpose. */
const AUTHORITY_OF: Readonly<Record<ChainPurpose, string>> = {
  client: "os",
  server: "os",
  kubernetesClient: "kubernetes",
};

/**
 * The leaves of a file, each with whom it must convince.
 *
 * @param key the private key of the leaf of a PEM file
 */
export function tasksOf(source: Source, options: VerifyOptions, trust: Trust, key: PrivateKey | undefined): Task[] {
  switch (source.kind) {
    case "container":
      return source.parts.flatMap((part) =>
        tasksOf(part, options, trust, key).map((task) => ({ ...task, path: partPath(part, task.path) })),
      );
    case "talosconfig":
      return talosconfigTasks(source, options, trust);
    case "kubeconfig":
      return kubeconfigTasks(source, trust);
    default:
      return leafTasks(source, options, trust, key);
  }
}

function talosconfigTasks(source: Source, options: VerifyOptions, trust: Trust): Task[] {
  const contexts =
    options.context === undefined
      ? Object.entries(parseTalosconfig(source.text).contexts)
      : [chooseContext(source.text, source.name, options.context)];
  const omni = contexts.find(([, context]) => omniIdentity(context) !== undefined);
  if (omni !== undefined && contexts.every(([, { crt }]) => crt === undefined)) {
    throw new CliError(
      `${source.name}: context ${JSON.stringify(omni[0])} authenticates to Omni as ${JSON.stringify(omniIdentity(omni[1]))}; it has no client certificate to verify, Omni checks signatures instead`,
    );
  }
  return contexts.flatMap(([name, context]): Task[] => {
    const path = `contexts.${name}.crt`;
    const { authorities, certificate, key } = readCredentials(context, `contexts.${name}`);
    if (certificate === undefined) return [];
    return [
      {
        path,
        certificates: [certificate],
        trust: trustFor("client", trust, authorities),
        purpose: "client",
        needsRole: true,
        ...(key === undefined ? {} : { key }),
      },
    ];
  });
}

/** What is named on the command line beats what a file says of itself. */
export function trustFor(purpose: ChainPurpose, trust: Trust, own: readonly Certificate[]): readonly Certificate[] {
  const given = [...trust.given, ...authoritiesNamed(trust.named, AUTHORITY_OF[purpose])];
  return given.length > 0 ? given : own;
}

function kubeconfigTasks(source: Source, trust: Trust): Task[] {
  const [tree] = source.documents;
  const items = (key: string): unknown[] => (Array.isArray(tree?.[key]) ? tree[key] : []);
  const found = (path: string): Certificate[] =>
    source.material.certificates
      .filter((item) => item.path === path || item.path.startsWith(`${path}[`))
      .map(({ certificate }) => certificate);
  return items("contexts").flatMap((context): Task[] => {
    const names = ["cluster", "user"].map((key) => valueAt(context, ["context", key]));
    const [cluster, user] = [items("clusters"), items("users")].map((list, index) =>
      list.findIndex((item) => valueAt(item, ["name"]) === names[index]),
    );
    const path = `users[${user ?? -1}].user.client-certificate-data`;
    const own = source.material.certificates.find((item) => item.path === path || item.path === `${path}[0]`);
    if (own === undefined) return [];
    const { certificate, others, key } = own;
    const authorities = found(`clusters[${cluster ?? -1}].cluster.certificate-authority-data`);
    return [
      {
        path,
        certificates: [certificate, ...others],
        trust: trustFor("kubernetesClient", trust, authorities),
        purpose: "kubernetesClient",
        ...(key === undefined ? {} : { key }),
      },
    ];
  });
}

/** A PEM file is one chain, the leaf first; elsewhere every certificate that is not a CA stands for itself. */
function leafTasks(source: Source, options: VerifyOptions, trust: Trust, given: PrivateKey | undefined): Task[] {
  const { certificates, keys } = source.material;
  const alone = privateKeys(keys);
  const leaves = source.kind === "PEM" ? certificates.slice(0, 1) : certificates.filter((found) => !isAuthority(found));
  return leaves.flatMap((found): Task[] => {
    const { certificate, others, path } = found;
    const purpose = options.purpose ?? guessPurpose(certificate);
    const own = authoritiesNamed(authoritiesIn(source), AUTHORITY_OF[purpose]);
    const anchors = trustFor(purpose, trust, own);
    if (anchors.length === 0) {
      if (certificate.isAuthority) return [];
      throw new CliError(
        `${source.name}: nobody to trust is known; use --trust with PEM of the CA, or --bundle with the secrets of the cluster`,
      );
    }
    const key = given ?? found.key ?? (alone.length === 1 ? alone[0] : undefined);
    return [
      {
        path,
        certificates: [certificate, ...others],
        trust: anchors,
        purpose,
        needsRole: options.purpose === "client",
        ...(key === undefined ? {} : { key }),
      },
    ];
  });
}

const privateKeys = (keys: readonly FoundKey[]): PrivateKey[] =>
  keys.flatMap((found) => (found.isPrivate ? [found.key] : []));

/** The private key of a PEM file. @throws CliError when there is none, PkiError */
export async function readKey(file: string, cli: CliContext): Promise<PrivateKey> {
  const { keys, certificates, problems } = findPem(await readText(file, cli), file);
  if (problems.length > 0) throw PkiError.of(problems);
  const key = privateKeys(keys)[0] ?? certificates.find((found) => found.key !== undefined)?.key;
  if (key === undefined) throw new CliError(`${file}: holds no private key`);
  return key;
}

function guessPurpose(certificate: Certificate): ChainPurpose {
  const usages = certificate.extendedKeyUsages ?? [];
  if (usages.includes("serverAuth") && !usages.includes("clientAuth")) return "server";
  return certificate.organizations.some((name) => name.startsWith("system:")) ? "kubernetesClient" : "client";
}

/** Whether a certificate is a CA, or stands where one must stand. */
export function isAuthority({ certificate, path }: FoundCertificate): boolean {
  return certificate.isAuthority || authorityNameAt(path) !== undefined;
}
