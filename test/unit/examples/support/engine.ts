import Module from "node:module";
import { join, resolve, sep } from "node:path";
import { webcrypto } from "node:crypto";

import * as pulumi from "@pulumi/pulumi";

import { createEnvironment } from "../../../../provider/core/environment";
import { PkiError } from "../../../../provider/core/errors";
import { PemReader } from "../../../../provider/core/x509/pemReader";
import type { Host } from "../../../../provider/engine/ports";
import { ResourceShell } from "../../../../provider/engine/shell";
import { type Properties, unwrap } from "../../../../provider/engine/wire";
import { DEFINITIONS, type ResourceName } from "../../../../provider/resources";
import { noNodes } from "../../support/noNodes";

const repository = resolve(__dirname, "..", "..", "..", "..");
const OURS = /^pulumi-nodejs:dynamic\/talos-pki:(\w+)$/;

/** A resource as the engine knows it after a run. */
export interface MockResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** Makes the outputs of resources that are not ours. */
export type ForeignProvider = (type: string, name: string, inputs: Properties) => Properties;

/** Packages that a program requires, and the file that stands in for each. */
export type StandIns = Readonly<Record<string, string>>;

type ResolveFilename = (request: string, ...rest: unknown[]) => string;

/**
 * An engine for examples whose plugins cannot be had: it runs the program under Pulumi's mocks, gives our resources to
 * their real definitions (check, diff, create, update), and keeps the state from run to run.
 */
export class MockEngine {
  readonly resources = new Map<string, MockResource>();
  /** What the definitions said in the last run. */
  said: string[] = [];
  /** Why resources were rejected in the last run; they keep their old state. */
  refused: string[] = [];
  /** Arguments of function calls in the last run, by token. */
  calls = new Map<string, Properties>();

  constructor(
    private readonly foreign: ForeignProvider,
    private readonly now: Date,
  ) {}

  /** Runs a program of examples/ with the config and answers its exports, secrets in clear. */
  async run(
    example: string,
    config: Readonly<Record<string, string>> = {},
    standIns: StandIns = {},
  ): Promise<Record<string, unknown>> {
    this.said = [];
    this.refused = [];
    this.calls = new Map();
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => this.register(args.type, args.name, args.inputs as Properties),
        call: ({ token, inputs }) => {
          this.calls.set(token, unwrap(inputs) as Properties);
          return { machineConfiguration: "theirs" };
        },
      },
      example,
      "test",
      false,
    );
    pulumi.runtime.setAllConfig(
      Object.fromEntries(Object.entries(config).map(([key, value]) => [`${example}:${key}`, value])),
    );
    const exported = requireFresh(join(repository, "examples", example), {
      "pulumi-talos-pki": join(repository, "sdk", "index.ts"),
      ...standIns,
    });
    const outputs = await Promise.all(
      Object.entries(exported).map(async ([name, value]) => [name, await valueOf(value)] as const),
    );
    await pulumi.runtime.disconnect();
    return Object.fromEntries(outputs);
  }

  private async register(type: string, name: string, inputs: Properties): Promise<{ id: string; state: Properties }> {
    const key = `${type}::${name}`;
    const old = this.resources.get(key);
    const kind = OURS.exec(type)?.[1];
    const clear = unwrap(inputs) as Properties;
    const next =
      kind === undefined
        ? { inputs: clear, outputs: { ...clear, ...this.foreign(type, name, clear) } }
        : await this.provide(kind as ResourceName, name, inputs, old);
    this.resources.set(key, { type, name, ...next });
    return { id: `${name}-id`, state: next.outputs };
  }

  private async provide(
    kind: ResourceName,
    name: string,
    given: Properties,
    old: MockResource | undefined,
  ): Promise<Pick<MockResource, "inputs" | "outputs">> {
    const host: Host = {
      environment: createEnvironment(webcrypto, () => this.now),
      readFiles: () => Promise.resolve({}),
      nodes: noNodes,
    };
    const shell = new ResourceShell(DEFINITIONS[kind], host, new PemReader());
    const call = { name, say: (line: string) => void this.said.push(line) };
    const { inputs, failures } = await shell.check(call, old?.inputs ?? {}, declared(given));
    if (failures.length > 0) {
      this.refused.push(...failures);
      return old ?? { inputs, outputs: {} };
    }
    if (old === undefined) return { inputs, outputs: (await shell.create(call, inputs)).outputs };
    try {
      const changes = await shell.diff(call, old.outputs, inputs);
      const same = changes === false || JSON.stringify(inputs) === JSON.stringify(old.inputs);
      return { inputs, outputs: same ? old.outputs : (await shell.update(call, old.outputs, inputs)).outputs };
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      this.refused.push(error.message);
      return old;
    }
  }
}

/** The engine sends no outputs that are merely declared. */
function declared(inputs: Properties): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined && value !== null));
}

function valueOf(value: unknown): Promise<unknown> {
  return new Promise((done) => {
    (pulumi.output(value) as pulumi.Output<unknown>).apply(done);
  });
}

/** Requires a program anew, with files in place of packages that are not installed. */
function requireFresh(folder: string, standIns: StandIns): Record<string, unknown> {
  const loader = Module as unknown as { _resolveFilename: ResolveFilename };
  const original = loader._resolveFilename;
  loader._resolveFilename = (request, ...rest) => original(standIns[request] ?? request, ...rest);
  Object.keys(require.cache)
    .filter((path) => path.startsWith(folder + sep))
    .forEach((path) => {
      Reflect.deleteProperty(require.cache, path);
    });
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a program runs by being required
    return require(folder) as Record<string, unknown>;
  } finally {
    loader._resolveFilename = original;
  }
}
