import { describeProblem } from "../core/errors";
import { joinKey } from "../core/config/fieldReader";
import type { NamedAuthority } from "../core/inspect/authorities";
import { formatNodeAddress, type NodeAddress } from "../core/nodes/nodeAddress";
import { readTargetAddress } from "./address";
import { meetNode } from "./handshake";
import { type CertificateEntry, entryOf, type Inspection, inspectSource, authoritiesIn } from "./inspection";
import { readSource, type Source } from "./source";
import { describeLeft, formatJson, safe, type Style, styleOf } from "./style";
import { chooseContext, type ClientOptions, loadClient } from "./client";
import { CliError, EXIT, type CliContext } from "./cliContext";
import { readText } from "./files";

export interface InspectOptions extends ClientOptions {
  readonly json?: boolean;
  /** Files whose CAs name issuers: a secrets bundle, a machine config. */
  readonly bundle?: readonly string[];
}

/**
 * `talos-pki inspect <file|-|host:port>`: says what certificates are there, whose they are and how long they last.
 *
 * @returns 0; 1 when the material cannot work, or the node cannot be reached
 */
export async function inspect(target: string, options: InspectOptions, cli: CliContext): Promise<number> {
  const inspection = await inspectTarget(target, options, cli);
  cli.out(options.json === true ? formatJson(inspection) : describe(inspection, styleOf(cli)));
  return inspection.problems.length === 0 ? EXIT.ok : EXIT.refused;
}

async function inspectTarget(target: string, options: InspectOptions, cli: CliContext): Promise<Inspection> {
  const known = await readAuthorities(options.bundle ?? [], cli);
  const address = readTargetAddress(target);
  if (address !== undefined) return inspectNode(address, options, known, cli);
  const source = readSource(target, await readText(target, cli), options.resource);
  if (options.context === undefined) return inspectSource(source, cli.environment.now(), known);
  if (source.kind !== "talosconfig") {
    throw new CliError(`--context: names a context of a talosconfig; ${target} is a ${source.title}`);
  }
  chooseContext(source.text, target, options.context);
  return ofContext(options.context, inspectSource(source, cli.environment.now(), known, options.context));
}

function ofContext(name: string, inspection: Inspection): Inspection {
  const isOf = (path: string): boolean => path.startsWith(`${joinKey("contexts", name)}.`);
  return {
    ...inspection,
    facts: Object.fromEntries(
      Object.entries(inspection.facts).filter(([fact]) => fact === "current context" || fact.endsWith(` of ${name}`)),
    ),
    certificates: inspection.certificates.filter(({ path }) => isOf(path)),
    keys: inspection.keys.filter(({ path }) => isOf(path)),
  };
}

/** The CAs of further files, by name. */
export async function readAuthorities(files: readonly string[], cli: CliContext): Promise<NamedAuthority[]> {
  const sources: Source[] = [];
  for (const file of files) sources.push(readSource(file, await readText(file, cli)));
  return sources.flatMap(authoritiesIn);
}

async function inspectNode(
  address: NodeAddress,
  options: InspectOptions,
  known: readonly NamedAuthority[],
  cli: CliContext,
): Promise<Inspection> {
  const client = await loadClient(options, cli);
  const authorities = [...known, ...(client?.authorities.map((certificate) => ({ name: "os", certificate })) ?? [])];
  const { chain, accepted, reason, reached } = await meetNode(
    address,
    { identity: client?.identity, authorities: authorities.map(({ certificate }) => certificate) },
    cli,
  );
  const now = cli.environment.now();
  const [leaf, ...others] = chain;
  const name = formatNodeAddress(address);
  return {
    name,
    kind: "node",
    facts: {
      ...(client === undefined
        ? {}
        : { "shown to it": client.identity?.certificate.subject ?? "no client certificate" }),
      client: accepted ? "is let in" : `is not let in: ${reason ?? "no reason given"}`,
    },
    certificates:
      leaf === undefined
        ? []
        : chain.map((certificate, index) =>
            entryOf(
              { path: index === 0 ? "" : `[${index}]`, certificate, others: index === 0 ? others : [] },
              now,
              authorities,
            ),
          ),
    keys: [],
    problems: reached
      ? []
      : [
          {
            code: "ERR_ENDPOINT_INVALID",
            path: "",
            message: `${name} cannot be asked: ${reason ?? "no answer"}; must be a TLS server`,
          },
        ],
    warnings: [],
  };
}

/** The inspection for a person. */
function describe(inspection: Inspection, style: Style): string {
  const { name, kind, facts, certificates, keys, problems, warnings } = inspection;
  const lines = [style.strong(`${safe(name)}: ${kind}`)];
  for (const [fact, value] of Object.entries(facts)) {
    lines.push(`  ${safe(fact)}: ${safe(typeof value === "string" ? value : value.join(", "))}`);
  }
  for (const entry of certificates) lines.push("", ...describeEntry(entry, style));
  for (const key of keys) {
    lines.push(
      "",
      style.strong(safe(key.path || (key.isPrivate ? "private key" : "public key"))),
      `  key          ${key.algorithm}, ${key.isPrivate ? "public half" : "public half alone,"} ${key.publicKeyFingerprint}`,
    );
  }
  if (certificates.length + keys.length === 0 && problems.length === 0)
    lines.push("", "no certificate and no key in it");
  for (const warning of warnings)
    lines.push("", style.warn(`warning: ${safe(describeProblem(warning))} [${warning.reason}]`));
  for (const problem of problems)
    lines.push("", style.bad(`problem: ${safe(describeProblem(problem))} [${problem.code}]`));
  return `${lines.join("\n")}\n`;
}

function describeEntry(entry: CertificateEntry, style: Style): string[] {
  const { issuer, privateKey } = entry;
  const from =
    issuer.authority === "itself"
      ? "itself"
      : `${safe(issuer.subject) || "(no name)"}${issuer.authority === undefined ? "" : `, the ${issuer.authority} CA`}`;
  const row = (name: string, value: string): string[] => (value === "" ? [] : [`  ${name.padEnd(11)}  ${value}`]);
  const what = entry.kind === "authority" && entry.authority !== undefined ? `${entry.authority} CA` : entry.kind;
  return [
    style.strong(safe(entry.path || "certificate")),
    ...row("what", what),
    ...row("subject", safe(entry.subject) || "(no name)"),
    ...row("roles", entry.roles.join(", ")),
    ...row("names", safe([...entry.dnsNames, ...entry.ipAddresses].join(", "))),
    ...row("issuer", from),
    ...row("usages", describeUsages(entry)),
    ...row("valid", `${entry.notBefore} to ${entry.notAfter}, ${paintLeft(entry, style)}`),
    ...row(
      "key",
      privateKey === undefined
        ? entry.algorithm
        : `${entry.algorithm}, ${privateKey.fits ? "the private key fits" : style.bad("the private key does not fit")}`,
    ),
    ...row("serial", entry.serialNumber),
    ...row("SHA-256", entry.fingerprint),
  ];
}

function describeUsages({ keyUsages, extendedKeyUsages }: CertificateEntry): string {
  const list = (usages: readonly string[] | undefined): string => usages?.join(", ") ?? "any";
  return safe(`${list(keyUsages)}; ${list(extendedKeyUsages)}`);
}

const SOON_SECONDS = 30 * 86_400;

function paintLeft({ state, secondsLeft }: CertificateEntry, style: Style): string {
  if (state === "not yet valid") return style.bad("not valid yet");
  const words = describeLeft(secondsLeft);
  if (state === "expired") return style.bad(words);
  return secondsLeft < SOON_SECONDS ? style.warn(words) : style.good(words);
}
