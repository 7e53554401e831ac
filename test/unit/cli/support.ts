import { webcrypto } from "node:crypto";

import { createEnvironment } from "../../../provider/core/environment";
import { runProgram } from "../../../provider/cli/program";
import { CliError, type CliContext } from "../../../provider/cli/cliContext";
import { nodes } from "../../../provider/nodes";
import { PemReader } from "../../../provider/core/x509/pemReader";
import type { Host } from "../../../provider/engine/ports";
import { ResourceShell } from "../../../provider/engine/shell";
import { SIGNATURE } from "../../../provider/engine/wire";
import { DEFINITIONS, type ResourceName } from "../../../provider/resources";
import { noNodes } from "../support/noNodes";

export const now = new Date("2026-11-22T20:00:00Z");

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  /** Texts, octets or why they cannot be read, by path; `-` is stdin. */
  readonly files?: Readonly<Record<string, string | Uint8Array | Error>>;
  readonly now?: Date;
  readonly colours?: boolean;
  /** Answers programs that are run. */
  readonly run?: CliContext["run"];
  /** Answers a program that is run on the terminal. */
  readonly runHere?: CliContext["runHere"];
}

/** Runs one command line in a cli of its own. */
export async function talosPki(args: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  let [out, err] = ["", ""];
  const { files = {} } = surroundings;
  const cli: CliContext = {
    environment: createEnvironment(webcrypto, () => surroundings.now ?? now),
    colours: surroundings.colours ?? false,
    version: "1.2.3",
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    read: (path) => {
      const content = files[path];
      if (content === undefined) return Promise.reject(Object.assign(new Error(), { code: "ENOENT" }));
      if (content instanceof Error) return Promise.reject(content);
      return Promise.resolve(typeof content === "string" ? Buffer.from(content) : content);
    },
    run: surroundings.run ?? (() => Promise.reject(new CliError("nothing can be run here"))),
    runHere: surroundings.runHere ?? (() => Promise.reject(new CliError("nothing can be run here"))),
    nodes: () => Promise.resolve(nodes),
  };
  const code = await runProgram(args, cli);
  return { code, out, err };
}

/** A stack as Pulumi would export it, its resources made by their own definitions. */
export class FakeStack {
  readonly #resources: {
    readonly type: ResourceName;
    readonly name: string;
    inputs: unknown;
    outputs: Record<string, unknown>;
  }[] = [];
  readonly #host: Host;

  constructor(time: () => Date = () => now) {
    this.#host = {
      environment: createEnvironment(webcrypto, time),
      readFiles: () => Promise.resolve({}),
      nodes: noNodes,
    };
  }

  /** Creates a resource, or updates the one of that name; answers its outputs, secrets marked. */
  async up(type: ResourceName, name: string, inputs: Record<string, unknown>): Promise<Record<string, unknown>> {
    const shell = new ResourceShell(DEFINITIONS[type], this.#host, new PemReader());
    const call = { name, say: () => undefined };
    const old = this.#resources.find((resource) => resource.type === type && resource.name === name);
    const checked = await shell.check(call, {}, inputs);
    if (old !== undefined) {
      old.inputs = inputs;
      const { inputs: news, failures } = await shell.check(call, { ...old.outputs }, inputs);
      if (failures.length > 0) throw new Error(failures.join("\n"));
      old.outputs = (await shell.update(call, old.outputs, news)).outputs;
      return old.outputs;
    }
    if (checked.failures.length > 0) throw new Error(checked.failures.join("\n"));
    const { outputs } = await shell.create(call, checked.inputs);
    this.#resources.push({ type, name, inputs, outputs });
    return outputs;
  }

  /** What `pulumi stack export` writes. */
  export(showSecrets = false): string {
    const resources = this.#resources.map(({ type, name, inputs, outputs }) => ({
      urn: `urn:pulumi:dev::test::pulumi-nodejs:dynamic/talos-pki:${type}::${name}`,
      custom: true,
      type: `pulumi-nodejs:dynamic/talos-pki:${type}`,
      inputs: type === "TalosSecrets" ? inputs : {},
      outputs: hide(outputs, showSecrets),
    }));
    return JSON.stringify({ version: 3, deployment: { manifest: {}, resources } });
  }
}

function hide(value: unknown, show: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => hide(item, show));
  if (typeof value !== "object" || value === null) return value;
  const map = value as Record<string, unknown>;
  if (SIGNATURE in map) {
    const clear = JSON.stringify(reveal(map["value"]));
    return { [SIGNATURE]: map[SIGNATURE], ...(show ? { plaintext: clear } : { ciphertext: "djE6c2VjcmV0" }) };
  }
  return Object.fromEntries(Object.entries(map).map(([key, child]) => [key, hide(child, show)]));
}

function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  const map = value as Record<string, unknown>;
  if (SIGNATURE in map) return reveal(map["value"]);
  return Object.fromEntries(Object.entries(map).map(([key, child]) => [key, reveal(child)]));
}

/** The clear value of an output. */
export function clear(outputs: Record<string, unknown>, name: string): unknown {
  return reveal(outputs[name]);
}
