import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { repository } from "./support/markdown";
import { importsOf, sources, type Source } from "./support/sources";

/** A room of the house: which files it has, which rooms and packages it may import. */
interface Room {
  readonly name: string;
  readonly files: RegExp;
  readonly rooms: readonly string[];
  readonly packages: readonly RegExp[];
}

const PULUMI = /^@pulumi\/pulumi(\/|$)/;
/** Of @pulumi/pulumi's dependencies: types at compile time, its own copies at run time. */
const PULUMIS_OWN = /^(@grpc\/grpc-js|google-protobuf\/.*)$/;
const GRPC = /^(@grpc\/grpc-js|protobufjs\/light)$/;
const CRYPTO = /^node:crypto$/;
const NODE = /^node:/;
const core = (...names: readonly string[]): string[] => ["core", ...names.map((name) => `core/${name}`)];

/** Who may import whom; docs/design.md has the same table. The first room that fits a file is its room. */
const ROOMS: readonly Room[] = [
  {
    name: "core index",
    files: /^provider\/core\/index\.ts$/,
    rooms: core("x509", "yaml", "secrets", "machinery", "config", "lifecycle", "inspect"),
    packages: [],
  },
  {
    name: "core/library",
    files: /^provider\/core\/x509\/library\.ts$/,
    rooms: [],
    packages: [/^@peculiar\//, /^reflect-metadata$/],
  },
  {
    name: "core/x509",
    files: /^provider\/core\/x509\//,
    rooms: [...core("x509"), "core/library"],
    packages: [CRYPTO, /^@peculiar\/asn1-/, /^ipaddr\.js$/],
  },
  { name: "core/yaml", files: /^provider\/core\/yaml\//, rooms: core("yaml", "x509"), packages: [/^yaml$/] },
  { name: "core/secrets", files: /^provider\/core\/secrets\//, rooms: core("secrets", "x509", "yaml"), packages: [] },
  {
    name: "core/machinery",
    files: /^provider\/core\/machinery\//,
    rooms: core("machinery", "x509", "yaml"),
    packages: [],
  },
  {
    name: "core/config",
    files: /^provider\/core\/config\//,
    rooms: core("config", "machinery", "secrets", "x509", "yaml"),
    packages: [CRYPTO],
  },
  { name: "core/lifecycle", files: /^provider\/core\/lifecycle\//, rooms: core("lifecycle", "secrets"), packages: [] },
  {
    name: "core/inspect",
    files: /^provider\/core\/inspect\//,
    rooms: core("inspect", "lifecycle", "secrets", "x509"),
    packages: [/^ipaddr\.js$/],
  },
  {
    name: "core/nodes",
    files: /^provider\/core\/nodes\//,
    rooms: core("nodes", "config", "secrets", "x509", "yaml"),
    packages: [CRYPTO],
  },
  { name: "core/cluster", files: /^provider\/core\/cluster\//, rooms: core("cluster", "nodes"), packages: [] },
  { name: "core", files: /^provider\/core\/[^/]+\.ts$/, rooms: core(), packages: [CRYPTO, /^yaml$/, /^ipaddr\.js$/] },
  {
    name: "engine",
    files: /^provider\/engine\//,
    rooms: ["engine", ...core("x509", "lifecycle", "nodes")],
    packages: [CRYPTO],
  },
  {
    name: "resources",
    files: /^provider\/resources\//,
    rooms: [
      "resources",
      "engine",
      ...core("x509", "yaml", "secrets", "machinery", "config", "lifecycle", "inspect", "nodes", "cluster"),
    ],
    packages: [],
  },
  {
    name: "nodes",
    files: /^provider\/nodes\//,
    rooms: ["nodes", "engine", ...core("x509", "yaml", "nodes")],
    packages: [GRPC, NODE],
  },
  {
    name: "audit",
    files: /^provider\/audit\//,
    rooms: ["audit", "resources", "engine", ...core("x509", "secrets", "lifecycle")],
    packages: [/^node:fs$/, CRYPTO],
  },
  {
    name: "adapters/systemHost",
    files: /^provider\/adapters\/systemHost\.ts$/,
    // When a resource first asks for nodes, and not before.
    rooms: ["engine", "nodes", ...core()],
    packages: [/^node:(fs\/promises|path|crypto)$/],
  },
  {
    name: "adapters",
    files: /^provider\/adapters\/[^/]+\.ts$/,
    rooms: ["adapters", "adapters/systemHost", "audit", "resources", "engine", ...core("x509")],
    packages: [],
  },
  {
    name: "adapters/plugin",
    files: /^provider\/adapters\/plugin\//,
    rooms: [
      "adapters/plugin",
      "adapters",
      "adapters/systemHost",
      "audit",
      "resources",
      "engine",
      "sdk",
      ...core("x509", "secrets", "config", "lifecycle", "cluster"),
    ],
    packages: [PULUMI, PULUMIS_OWN, NODE],
  },
  {
    name: "cli",
    files: /^provider\/cli\//,
    rooms: [
      "cli",
      "adapters/systemHost",
      "audit",
      "resources",
      "engine",
      ...core("x509", "yaml", "secrets", "config", "lifecycle", "inspect", "nodes"),
    ],
    packages: [NODE, /^commander$/, /^picocolors$/],
  },
  // Its provider is found at run time, by name; what a component consists of is planned in the program.
  { name: "sdk", files: /^sdk\//, rooms: ["sdk", "core/cluster"], packages: [PULUMI, /^node:module$/] },
];

const roomOf = (path: string): Room | undefined => ROOMS.find(({ files }) => files.test(path));

type Edges = ReadonlyMap<string, readonly string[]>;

/** The files that each file imports at run time. */
function runtimeImports(files: readonly Source[]): Edges {
  return new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ isPackage, isType }) => !isPackage && !isType)
        .map(({ target }) => target),
    ]),
  );
}

/** The other rooms from which each room imports. */
function roomImports(files: readonly Source[]): Edges {
  const edges = new Map<string, string[]>();
  for (const file of files) {
    const room = roomOf(file.path)!.name;
    const others = importsOf(file).flatMap(({ target, isPackage }) => (isPackage ? [] : (roomOf(target)?.name ?? [])));
    edges.set(room, [...(edges.get(room) ?? []), ...others.filter((other) => other !== room)]);
  }
  return edges;
}

/** Circles in a graph, each as the nodes on it. */
function circles(edges: Edges): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) {
      found.push([...way.slice(at), path].join(" -> "));
      return;
    }
    if (done.has(path)) return;
    for (const target of edges.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return found;
}

describe("the imports", () => {
  const files = sources("provider", "sdk");

  it("are looked at in every file, each of which is in a room", () => {
    assert.ok(files.length > 100);
    assert.deepEqual(
      files.filter(({ path }) => roomOf(path) === undefined).map(({ path }) => path),
      [],
    );
  });

  it("go only where the map allows", () => {
    const wrong = files.flatMap((file) => {
      const room = roomOf(file.path)!;
      return importsOf(file)
        .filter(({ target, isPackage }) => {
          if (isPackage) return !room.packages.some((pattern) => pattern.test(target));
          const other = roomOf(target)?.name;
          return other !== room.name && !room.rooms.includes(other ?? "");
        })
        .map(({ target }) => `${file.path} (${room.name}) imports ${target}`);
    });
    assert.deepEqual(wrong, []);
  });

  it("load what talks to nodes, and gRPC with it, only when it is asked for", () => {
    const early = files.flatMap((file) =>
      roomOf(file.path)!.name === "nodes"
        ? []
        : importsOf(file)
            .filter(({ target, isType, isLate }) => !isType && !isLate && target.startsWith("provider/nodes/"))
            .map(({ target }) => `${file.path} imports ${target}`),
    );
    assert.deepEqual(early, []);
    const late = files.filter((file) => importsOf(file).some(({ target }) => target === "provider/nodes/index.ts"));
    assert.deepEqual(
      late.map(({ path }) => path),
      ["provider/adapters/systemHost.ts"],
    );
  });

  it("are in docs/design.md as they are here", () => {
    const design = readFileSync(join(repository, "docs", "design.md"), "utf8");
    const [, section = ""] = design.split("\n## Imports\n");
    const rows = [...(section.split("\n## ")[0] ?? "").matchAll(/^\| `([^`]+)` +\| (.*?) +\|$/gm)];
    const expected = ROOMS.map(({ name, rooms }) => {
      const others = rooms.filter((room) => room !== name).map((room) => room.replace(/^core\//, ""));
      return [name, others.join(", ") || "–"];
    });
    assert.deepEqual(
      rows.map(([, name, others]) => [name, others]),
      expected,
    );
  });

  it("make no circle of files", () => {
    assert.deepEqual(circles(runtimeImports(files)), []);
  });

  it("make no circle of rooms, those of types included", () => {
    assert.deepEqual(circles(roomImports(files)), []);
    assert.deepEqual(circles(new Map(Object.entries({ a: ["b"], b: ["c"], c: ["b"] }))), ["b -> c -> b"]);
  });

  it("of examples are packages that their package.json names", () => {
    const wrong = sources("examples").flatMap((file) =>
      importsOf(file)
        .filter(({ target, isPackage }) => isPackage && !isDeclared(file.path, target))
        .map(({ target }) => `${file.path} imports ${target}`),
    );
    assert.deepEqual(wrong, []);
  });
});

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function isDeclared(path: string, target: string): boolean {
  const [examples = "", name = ""] = path.split("/");
  const folder = name === "quickstart" ? "." : join(examples, name);
  const manifest = JSON.parse(readFileSync(join(repository, folder, "package.json"), "utf8")) as Manifest;
  const names = [manifest.name, ...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })];
  return target.startsWith("node:") || names.some((key) => target === key || target.startsWith(`${key}/`));
}
