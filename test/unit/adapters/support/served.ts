import { Changes } from "../../../../provider/adapters/changes";
import { PemReader } from "../../../../provider/core/x509/pemReader";
import { dynamicProvider } from "../../../../provider/adapters/dynamicProvider";
import { Plugin } from "../../../../provider/adapters/plugin/provider";
import { systemHost } from "../../../../provider/adapters/systemHost";
import type { AnyDefinition } from "../../../../provider/engine/definition";
import { ResourceShell } from "../../../../provider/engine/shell";
import type { Properties } from "../../../../provider/engine/wire";

/** A resource as the engine drives it, whoever serves it. */
export interface Served {
  /** Lines that were reported. */
  readonly said: string[];
  check(olds: Properties, news: Properties): Promise<{ inputs: Properties }>;
  diff(id: string, olds: Properties, news: Properties): Promise<{ changes?: boolean }>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, outputs: Properties): Promise<{ id: string; props: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, outputs: Properties): Promise<void>;
}

export const PROVIDER = { __provider: "exports.handler = …" };

/** As Pulumi's process for dynamic resources calls it: that one keeps `__provider` itself. */
export function servedDynamically(definition: AnyDefinition): Served {
  const said: string[] = [];
  const shell = new ResourceShell(definition, systemHost, new PemReader());
  const say = (line: string): void => void said.push(line);
  const provider = dynamicProvider(shell, { say, audit: () => undefined, changes: new Changes() });
  const own = (news: Properties): Properties => ({ ...news, ...PROVIDER, __resourceName: "it" });
  return {
    said,
    async check(olds, news) {
      const { inputs } = await provider.check(olds, own(news));
      return { inputs: { ...inputs, ...PROVIDER } };
    },
    diff: (id, olds, news) => provider.diff(id, olds, news),
    async create(inputs) {
      const { id, outs } = await provider.create(inputs);
      return { id, outs: { ...outs, ...PROVIDER } };
    },
    async read(id, outputs) {
      const { id: found, props } = await provider.read(id, outputs);
      return { id: found, props: { ...props, ...PROVIDER } };
    },
    async update(id, olds, news) {
      const { outs } = await provider.update(id, olds, news);
      return { outs: { ...outs, ...PROVIDER } };
    },
    delete: (id, outputs) => provider.delete(id, outputs),
  };
}

/** As the engine calls the plugin. */
export function servedByPlugin(definition: AnyDefinition): Served {
  const said: string[] = [];
  const log = { say: (_: string, line: string): void => void said.push(line), flush: () => Promise.resolve() };
  const plugin = new Plugin({ host: systemHost, log, definitions: { [definition.name]: definition } });
  const urn = `urn:pulumi:test::adapters::talos-pki:index:${definition.name}::it`;
  return {
    said,
    check: (olds, news) => plugin.check(urn, olds, news),
    diff: (id, olds, news) => plugin.diff(id, urn, olds, news),
    create: (inputs) => plugin.create(urn, inputs),
    read: (id, outputs) => plugin.read(id, urn, outputs),
    update: (id, olds, news) => plugin.update(id, urn, olds, news),
    delete: (id, outputs) => plugin.delete(id, urn, outputs),
  };
}
