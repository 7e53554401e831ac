import * as dynamic from "../../../provider/adapters/dynamic";
import { Plugin } from "../../../provider/adapters/plugin/provider";
import { systemHost } from "../../../provider/adapters/systemHost";
import type { Properties } from "../../../provider/engine/wire";
import type { ResourceName } from "../../../provider/resources";

/** A resource as one of the two ways serves it; keys that only the dynamic one has are taken off. */
export interface Side {
  check(olds: Properties, news: Properties): Promise<{ inputs: Properties; reasons: readonly string[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<unknown>;
  create(inputs: Properties): Promise<{ id: string; outputs: Properties }>;
  read(id: string, outputs: Properties): Promise<Properties>;
  update(id: string, olds: Properties, news: Properties): Promise<Properties>;
}

const PROVIDER = { __provider: "exports.handler = …" };
const NAME = "it";

const common = (properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).filter(([key]) => key !== "__provider" && key !== "__resourceName"));

interface Failures {
  readonly failures?: readonly { readonly property: string; readonly reason: string }[];
}

function reasonsOf({ failures = [] }: Failures): readonly string[] {
  // A failure that names a property has its value printed.
  if (failures.some(({ property }) => property !== "")) throw new Error("a failure names a property");
  return failures.map(({ reason }) => reason);
}

/** As the provider process of dynamic resources calls it. */
export function dynamicSide(kind: ResourceName): Side {
  const provider = dynamic[kind];
  const own = (properties: Properties): Properties => ({ ...properties, ...PROVIDER, __resourceName: NAME });
  return {
    async check(olds, news) {
      const result = await provider.check(Object.keys(olds).length === 0 ? {} : own(olds), own(news));
      return { inputs: common(result.inputs), reasons: reasonsOf(result) };
    },
    diff: (id, olds, news) => provider.diff(id, { ...olds, ...PROVIDER }, own(news)),
    async create(inputs) {
      const { id, outs } = await provider.create(own(inputs));
      return { id, outputs: common(outs) };
    },
    read: async (id, outputs) => common((await provider.read(id, { ...outputs, ...PROVIDER })).props),
    update: async (id, olds, news) => common((await provider.update(id, { ...olds, ...PROVIDER }, own(news))).outs),
  };
}

/** As Pulumi's provider server calls it. */
export function pluginSide(kind: ResourceName): Side {
  const plugin = new Plugin({
    host: systemHost,
    log: { say: () => undefined, flush: () => Promise.resolve() },
  });
  const urn = `urn:pulumi:test::contract::talos-pki:index:${kind}::${NAME}`;
  return {
    async check(olds, news) {
      const result = await plugin.check(urn, olds, news);
      return { inputs: result.inputs, reasons: reasonsOf(result) };
    },
    diff: (id, olds, news) => plugin.diff(id, urn, olds, news),
    async create(inputs) {
      const { id, outs } = await plugin.create(urn, inputs);
      return { id, outputs: outs };
    },
    read: async (id, outputs) => (await plugin.read(id, urn, outputs)).props,
    update: async (id, olds, news) => (await plugin.update(id, urn, olds, news)).outs,
  };
}
