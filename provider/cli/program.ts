import { Command, CommanderError, Option } from "commander";

import { PkiError } from "../core/errors";
import { audit, type AuditOptions } from "./audit";
import {
  collect,
  collectList,
  parseFingerprint,
  parseHead,
  parsePurpose,
  parseRole,
  parseSpan,
  parseTime,
} from "./args";
import { diff, type DiffOptions } from "./diff";
import { expiry, type ExpiryOptions, UNKNOWN } from "./expiry";
import { exportPki } from "./exportPki";
import { inspect, type InspectOptions } from "./inspect";
import { report, type ReportOptions } from "./report";
import { rotationStatus, type RotationOptions } from "./rotation";
import { rotationRun, type RunOptions } from "./rotationRun";
import { safeLines } from "./style";
import { verify } from "./verify";
import type { VerifyOptions } from "./verifyTasks";
import { EXIT, explain, type CliContext } from "./cliContext";

/**
 * Runs one command line.
 *
 * @param args words after the program's name
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], cli: CliContext): Promise<number> {
  const outcome = { code: EXIT.ok as number };
  try {
    await createProgram(cli, (code) => (outcome.code = code)).parseAsync([...args], { from: "user" });
    return outcome.code;
  } catch (error) {
    const [command = ""] = args;
    const trouble = command === "expiry" ? UNKNOWN : EXIT.trouble;
    // Commander has said already what is wrong with the line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : trouble;
    const reason = explain(error);
    if (reason === undefined) throw error;
    cli.err(`talos-pki: ${reason}\n`);
    // What cannot work is what these two were asked about.
    return error instanceof PkiError && JUDGES.has(command) ? EXIT.refused : trouble;
  }
}

const JUDGES: ReadonlySet<string> = new Set(["inspect", "verify"]);

const CLIENT_OPTIONS = [
  ["--talosconfig <file>", "the client to call a node as, and whom to trust"],
  ["--context <name>", "context of the talosconfig; default: the current one"],
  ["--resource <address>", "which part of the file, or which talosconfig, where it is of another tool and has several"],
] as const;

const NODE_OPTIONS = [
  ["--talosconfig <file>", "also meet the endpoints and nodes of this talosconfig, as its client"],
  ["--context <name>", "context of the talosconfig; default: the current one"],
] as const;
const nodesOption = (): Option =>
  new Option("--nodes <addresses>", "meet these instead, comma-separated").argParser(collectList);

const STACK_OPTIONS = [
  ["--stack <name>", "ask Pulumi for this stack instead of reading its export"],
  ["--cwd <folder>", "folder of the Pulumi project, for --stack"],
] as const;

const span = (flags: string, help: string, value: string): Option =>
  new Option(flags, help).argParser(parseSpan).default(parseSpan(value), value);
const warn = (): Option => span("--warn <time>", "warn this long before the end", "30d");
const critical = (): Option => span("--critical <time>", "critical this long before the end", "7d");

const TARGET =
  "talosconfig, secrets bundle, machine config, kubeconfig, PEM file or a file of another tool that holds such (states, stack exports, outputs, Kubernetes Secrets), - for stdin, or address of a node (a bare DNS name with its port)";
const SECRETS = "secrets bundle, control plane config, or a file of another tool that holds them, - for stdin";

const BUNDLE_OPTION = "--bundle <file>";

function createProgram(cli: CliContext, done: (code: number) => void): Command {
  const program = new Command("talos-pki")
    .description("Looks into the PKI of Talos Linux clusters. It never prints a private key or a token.")
    .version(cli.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        cli.out(text);
      },
      writeErr: (text) => {
        cli.err(safeLines(text));
      },
    })
    .showHelpAfterError("(talos-pki --help tells more)");
  const command = (
    parent: Command,
    usage: string,
    description: string,
    options: readonly (readonly [string, string])[] = [],
  ): Command => {
    const created = parent.command(usage).description(description);
    for (const [flags, help] of options) created.option(flags, help);
    return created;
  };
  const json = ["--json", "write JSON"] as const;

  command(program, "inspect", "say what certificates are there, whose they are and how long they last", [
    ...CLIENT_OPTIONS,
    json,
  ])
    .argument("<target>", TARGET)
    .option(BUNDLE_OPTION, "secrets bundle or machine config whose CAs name issuers (repeatable)", collect)
    .action(async (target: string, options: InspectOptions) => {
      done(await inspect(target, options, cli));
    });

  command(program, "verify", "say whether certificates work, and if not, why and what helps", [...CLIENT_OPTIONS, json])
    .argument("<target>", TARGET)
    .option("--trust <file>", "PEM of a CA to trust (repeatable)", collect)
    .option(BUNDLE_OPTION, "secrets bundle or machine config whose CAs are trusted by name (repeatable)", collect)
    .option("--purpose <purpose>", "client, server or kubernetes; default: what the certificate is for", parsePurpose)
    .option("--role <role>", "Talos role that a client must have, such as os:reader", parseRole)
    .option("--name <name>", "name or address that a server must be for; default: the one called")
    .option("--key <file>", "PEM of the private key")
    .option("--at <time>", "judge as of this time, RFC 3339", parseTime)
    .action(async (target: string, options: VerifyOptions) => {
      done(await verify(target, options, cli));
    });

  command(
    program,
    "expiry",
    "say when every certificate of a stack or of files ends (exit codes of monitoring plugins)",
    [...STACK_OPTIONS, ...NODE_OPTIONS, json],
  )
    .addOption(nodesOption())
    .argument("[files...]", "stack export, or any file that inspect takes; default: stdin")
    .addOption(warn())
    .addOption(critical())
    .option("--relative", "measure what lives short by its own life: a third and a tenth of it at most")
    .option("--prometheus", "write Prometheus's text format")
    .action(async (files: string[], options: ExpiryOptions) => {
      done(await expiry(files, options, cli));
    });

  command(program, "diff", "say how two secrets bundles differ, without a word of their secrets", [json])
    .argument("<before>", SECRETS)
    .argument("<after>", SECRETS)
    .option("--before-resource <address>", "which secrets of <before>, where it has several")
    .option("--after-resource <address>", "which secrets of <after>, where it has several")
    .action(async (before: string, after: string, options: DiffOptions) => {
      done(await diff(before, after, options, cli));
    });

  command(program, "export", "write a bundle's Kubernetes part as kubeadm lays it out")
    .argument("<bundle>", SECRETS)
    .option("--resource <address>", "which secrets, where the file has several")
    .requiredOption(
      "--kubernetes-pki <folder>",
      "where to write ca.crt, ca.key, etcd/, front-proxy-ca.*, sa.key and sa.pub",
    )
    .option("--force", "replace files that are there with other content")
    .action(async (bundle: string, options: { kubernetesPki: string; force?: boolean; resource?: string }) => {
      done(await exportPki(bundle, options, cli));
    });

  command(program, "audit", "list the audit log, say who holds a valid client certificate, verify its chain", [json])
    .argument("[files...]", "audit logs, oldest first or not; default: stdin")
    .option("--clients", "the client certificates that are valid now, whichever was replaced: who holds which role")
    .option("--at <time>", "valid as of this time, RFC 3339", parseTime)
    .option("--role <role>", "only those with this Talos role or Kubernetes group, such as os:admin")
    .option("--stack <name>", "only those of this stack")
    .option("--resource <name>", "only those of the resource of this name")
    .option("--type <type>", "only those of resources of this type, such as Kubeconfig")
    .option("--operation <operation>", "only these, such as issue or rotate:finish")
    .option("--fingerprint <hex>", "only those of the certificate whose SHA-256 begins so", parseFingerprint)
    .option("--since <time>", "only those from this time on, RFC 3339", parseTime)
    .option("--verify", "say whether a line was changed, removed or inserted")
    .option("--head <octets:sha256>", "what --verify has printed before: the log must still begin so", parseHead)
    .action(async (files: string[], options: AuditOptions) => {
      done(await audit(files, options, cli));
    });

  const asking = (created: Command): Command =>
    created
      .option(
        "--talosconfig <file>",
        "whose endpoints and nodes to ask, and a client to probe with; further ones are further clients (repeatable)",
        collect,
      )
      .option("--context <name>", "context of the talosconfigs; default: the current one")
      .option("--nodes <addresses>", "ask these instead, comma-separated", collectList);
  asking(command(program, "report", "write one HTML page: who signs whom, and when everything ends", STACK_OPTIONS))
    .argument("[files...]", "stack export, or any file that inspect takes; default: stdin")
    .requiredOption("--html <file>", "where to write, - for stdout")
    .option("--ask", "ask the nodes that the stack lists where each rotation is; so do --nodes and --talosconfig")
    .addOption(warn())
    .addOption(critical())
    .action(async (files: string[], options: ReportOptions) => {
      done(await report(files, options, cli));
    });

  const rotation = program.command("rotation").description("look after the rotations of a cluster's CAs");
  asking(
    command(
      rotation,
      "status",
      "probe every node as an old and as a new client of every CA, and say whether the next stages are safe",
      [...STACK_OPTIONS, json],
    ),
  )
    .argument("[export]", "output of pulumi stack export --show-secrets; default: stdin")
    .option("--resource <name>", "name of the TalosSecrets, where the stack has several")
    .action(async (file: string | undefined, options: RotationOptions) => {
      done(await rotationStatus(file, options, cli));
    });
  asking(
    command(rotation, "run", "run a command, such as pulumi up, until every rotation is at finish or one waits", [
      ["--stack <name>", "the stack to look at; default: the selected one"],
      ["--cwd <folder>", "folder of the Pulumi project, in which the command runs"],
    ]),
  )
    .argument("<command...>", "the command after --, such as -- pulumi up --yes")
    .action(async (words: string[], options: RunOptions) => {
      done(await rotationRun(words, options, cli));
    });
  return program;
}
