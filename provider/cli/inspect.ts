import { describeProblem } from "../core/errors";
import type { NamedAuthority } from "../core/inspect/authorities";
import { type Address, formatAddress, parseAddress } from "./address";
import { shakeHands } from "./handshake";
import { type CertificateEntry, entryOf, type Inspection, inspectSource, authoritiesIn } from "./inspection";
import { readSource, type Source } from "./source";
import { describeLeft, formatJson, safe, type Style, styleOf } from "./style";
import { type ClientOptions, loadClient } from "./client";
import { EXIT, type World } from "./world";

export interface InspectOptions extends ClientOptions {
  readonly json?: boolean;
  /** Files whose authorities name issuers: a secrets bundle, a machine config. */
  readonly bundle?: readonly string[];
}

/**
 * `talos-pki inspect <file|-|host:port>`: says what certificates are there, whose they are and how long they last.
 *
 * @returns 0; 1 when the material cannot work, or the node cannot be reached
 */
export async function inspect(target: string, options: InspectOptions, world: World): Promise<number> {
  const inspection = await inspectTarget(target, options, world);
  world.out(options.json === true ? formatJson(inspection) : describe(inspection, styleOf(world)));
  return inspection.problems.length === 0 ? EXIT.ok : EXIT.refused;
}

async function inspectTarget(target: string, options: InspectOptions, world: World): Promise<Inspection> {
  const known = await readAuthorities(options.bundle ?? [], world);
  const address = parseAddress(target);
  if (address !== undefined) return inspectNode(address, options, known, world);
  const source = readSource(target, await world.read(target));
  return inspectSource(source, world.environment.now(), known);
}

/** The authorities of further files, by name. */
export async function readAuthorities(files: readonly string[], world: World): Promise<NamedAuthority[]> {
  const sources: Source[] = [];
  for (const file of files) sources.push(readSource(file, await world.read(file)));
  return sources.flatMap(authoritiesIn);
}

async function inspectNode(
  address: Address,
  options: InspectOptions,
  known: readonly NamedAuthority[],
  world: World,
): Promise<Inspection> {
  const client = await loadClient(options, world);
  const authorities = [...known, ...(client?.authorities.map((certificate) => ({ name: "os", certificate })) ?? [])];
  const { chain, accepted, reason, reached } = await shakeHands(address, client?.identity);
  const now = world.environment.now();
  const [leaf, ...others] = chain;
  const name = formatAddress(address);
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
            message: `${name} cannot be asked: ${reason ?? "no answer"}; expected a TLS server`,
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
      style.strong(safe(key.path || "private key")),
      `  key          ${key.algorithm}, public half ${key.publicKeyFingerprint}`,
    );
  }
  if (certificates.length + keys.length === 0 && problems.length === 0)
    lines.push("", "no certificate and no key in it");
  for (const warning of warnings)
    lines.push("", style.warn(`warning: ${safe(describeProblem(warning))} [${warning.code}]`));
  for (const problem of problems)
    lines.push("", style.bad(`problem: ${safe(describeProblem(problem))} [${problem.code}]`));
  return `${lines.join("\n")}\n`;
}

function describeEntry(entry: CertificateEntry, style: Style): string[] {
  const { issuer, privateKey } = entry;
  const from =
    issuer.authority === "itself"
      ? "itself"
      : `${safe(issuer.subject) || "(no name)"}${issuer.authority === undefined ? "" : `, the ${issuer.authority} authority`}`;
  const row = (name: string, value: string): string[] => (value === "" ? [] : [`  ${name.padEnd(11)}  ${value}`]);
  const what =
    entry.kind === "authority" && entry.authority !== undefined ? `${entry.authority} authority` : entry.kind;
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
