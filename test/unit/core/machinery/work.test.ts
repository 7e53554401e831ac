import assert from "node:assert/strict";

import { type ConfigPatch, patchConfigText } from "../../../../provider/core/machinery/patch";
import type { SchemaVersion } from "../../../../provider/core/machinery/schema";
import { countWork } from "../../support/work";
import { readVectorFile } from "../../vectors/vectors";

interface Row {
  readonly config: string;
  readonly version: SchemaVersion;
  readonly patches: (size: number) => readonly ConfigPatch[];
}

const single = readVectorFile("out/base-v1.11/worker.yaml");
const older = readVectorFile("out/base-v1.13/worker.yaml");
const newer = readVectorFile("out/base-v1.14/worker.yaml");

const times = (size: number, make: (index: number) => string, separator = ""): string =>
  Array.from({ length: size }, (_, index) => make(index)).join(separator);
const json = (operations: readonly object[]): readonly ConfigPatch[] => [JSON.stringify(operations)];
const list = (size: number, make: (index: number) => object): object[] =>
  Array.from({ length: size }, (_, index) => make(index));

const sysctls = (size: number): string => `machine:\n  sysctls:\n${times(size, (index) => `    k${index}: v\n`)}`;
const interfaces = (size: number, rest: string): string =>
  `machine:\n  network:\n    interfaces:\n${times(size, (index) => `      - interface: eth${index}\n        ${rest}\n`)}`;
const services = (size: number, rest = ""): string =>
  times(size, (index) => `apiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: n${index}\n${rest}`, "---\n");
const links = (size: number): string =>
  times(size, (index) => `apiVersion: v1alpha1\nkind: DummyLinkConfig\nname: n${index}\n`, "---\n");

const ROWS: Readonly<Record<string, Row>> = {
  "JSON operations that add to a map": {
    config: single,
    version: "1.13",
    patches: (size) =>
      json([
        { op: "add", path: "/machine/sysctls", value: {} },
        ...list(size, (index) => ({ op: "add", path: `/machine/sysctls/k${index}`, value: "v" })),
      ]),
  },
  "JSON operations that add to a list": {
    config: single,
    version: "1.13",
    patches: (size) => json(list(size, (index) => ({ op: "add", path: "/machine/certSANs/-", value: `n${index}` }))),
  },
  "JSON patches of one operation": {
    config: single,
    version: "1.13",
    patches: (size) => list(size, (index) => [{ op: "add", path: "/machine/certSANs/-", value: `n${index}` }]),
  },
  "documents that are added (1.13)": { config: older, version: "1.13", patches: (size) => [services(size)] },
  "documents that are added (1.14)": { config: newer, version: "1.14", patches: (size) => [services(size)] },
  "documents that exclude others": { config: newer, version: "1.14", patches: (size) => [links(size)] },
  "documents that merge into one": {
    config: newer,
    version: "1.14",
    patches: (size) => [times(size, (index) => `machine: {sysctls: {k${index}: v}}\n`, "---\n")],
  },
  "documents that are deleted": {
    config: newer,
    version: "1.14",
    patches: (size) => [services(size), services(size, "$patch: delete\n")],
  },
  "patches that merge into one document": {
    config: older,
    version: "1.13",
    patches: (size) => list(size, (index) => ({ machine: { sysctls: { [`k${index}`]: "v" } } })),
  },
  "patches that add a document": {
    config: older,
    version: "1.13",
    patches: (size) =>
      list(size, (index) => ({ apiVersion: "v1alpha1", kind: "ExtensionServiceConfig", name: `n${index}` })),
  },
  "items that merge by their name": {
    config: older,
    version: "1.13",
    patches: (size) => [interfaces(size, "dhcp: true"), interfaces(size, "mtu: 9000")],
  },
  "items that are deleted": {
    config: older,
    version: "1.13",
    patches: (size) => [interfaces(size, "dhcp: true"), interfaces(size, "$patch: delete")],
  },
  "keys that are deleted": {
    config: older,
    version: "1.13",
    patches: (size) => [sysctls(size), sysctls(size).replaceAll(": v", ": {$patch: delete}")],
  },
};

describe("the work of patching", () => {
  for (const [what, { config, version, patches }] of Object.entries(ROWS)) {
    it(`doubles with the number of ${what}`, () => {
      const work = (size: number): number => {
        const given = patches(size);
        return countWork(() => patchConfigText(config, given, version));
      };
      // The types are read when they are first asked for.
      work(1);
      const [one, two, four] = [work(200), work(400), work(800)];
      // Of a square, the second step would be four times the first.
      assert.ok(four - two < 2.3 * (two - one), `${one}, ${two}, ${four}`);
    });
  }

  it("is seen to grow with the square where it does", () => {
    const square = (size: number): number =>
      countWork(() => {
        const items = Array.from({ length: size }, (_, index) => index);
        for (const item of items) items.includes(-item - 1);
      });
    const [one, two, four] = [square(200), square(400), square(800)];
    assert.ok(four - two > 3.5 * (two - one), `${one}, ${two}, ${four}`);
  });
});
