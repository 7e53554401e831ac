import { conflict, formed, misplaced, missing, NOT_NEGATIVE, oneOf, REQUIRED } from "./checks";
import { type ConfigFacts, type ConfigValue, fieldOf, isEmpty, isPresent, listOf, textOf } from "./facts";
import { below, row, type Row, type RuleTable } from "./rule";
import { parseByteSize } from "../byteSize";

const ABSOLUTE = formed("an absolute path", "/data", (text) => text.startsWith("/"), { evenEmpty: true });

const MOUNT_OPTIONS = ["ro", "rw", "noexec", "nosuid", "nodev", "noatime", "rbind", "rshared"];
const KINDS = ["userVolume", "tmpfs", "hostPath"] as const;

const MOUNTED: readonly Row[] = [
  row("destination", ABSOLUTE),
  row("options[]", oneOf(MOUNT_OPTIONS, { evenEmpty: true })),
  row(
    "options",
    conflict("has both ro and rw", "remove one of them", (value) => {
      return ["ro", "rw"].every((option) => listOf(value).includes(option));
    }),
  ),
];

const kindsOf = (mount: ConfigValue): readonly string[] => KINDS.filter((kind) => isPresent(fieldOf(mount, kind)));

/** Source: config/types/container/mounts.go, v1.14.1. Talos looks into one that has exactly one kind. */
const MOUNTS: readonly Row[] = [
  row(
    "mounts[]",
    conflict(
      "needs exactly one of userVolume, tmpfs and hostPath",
      "set one of them",
      (value) => kindsOf(value).length !== 1,
    ),
  ),
  ...KINDS.flatMap((kind) =>
    below(`mounts[].${kind}?`, [
      ...MOUNTED,
      ...(kind === "userVolume" ? [row("name", REQUIRED)] : []),
      ...(kind === "hostPath" ? [row("source", ABSOLUTE)] : []),
    ]).map((rule) => ({ ...rule, when: isInSingleKind })),
  ),
  row(
    "mounts",
    conflict("mounts two things at one destination", "use another destination", (value) => {
      const places = listOf(value).flatMap((mount) => {
        const kinds = kindsOf(mount);
        return kinds.length === 1 ? [textOf(fieldOf(fieldOf(mount, kinds[0]!), "destination"))] : [];
      });
      return new Set(places).size < places.length;
    }),
  ),
];

function isInSingleKind({
  path,
  document,
}: {
  readonly path: string;
  readonly document: { readonly value: ConfigValue };
}): boolean {
  const index = Number(/^mounts\[(\d+)\]/.exec(path)![1]);
  return kindsOf(listOf(fieldOf(document.value, "mounts"))[index]).length === 1;
}

const isCapability = (text: string): boolean => /^[A-Z_]+$/.test(text) && !text.startsWith("CAP_");
const CAPABILITY = formed("a capability without CAP_", "NET_ADMIN", isCapability, { evenEmpty: true });

const SECURITY: readonly Row[] = below("security?", [
  row("profile", oneOf(["restricted", "privileged"])),
  row(
    "capabilities?.add[]",
    misplaced("does not take ALL", "use the profile privileged", (value) => value === "ALL"),
  ),
  row("capabilities?.add[]", CAPABILITY, { when: ({ value }) => value !== "ALL" }),
  row("capabilities?.drop[]", CAPABILITY, { when: ({ value }) => value !== "ALL" }),
  row(
    "capabilities?",
    conflict("has a capability in both add and drop", "remove one of them", (value) => {
      return listOf(fieldOf(value, "add")).some((name) => listOf(fieldOf(value, "drop")).includes(name));
    }),
  ),
]);

const MOST_MILLICORES = 1n << 64n;

function isMillicores(text: string): boolean {
  const digits = /^(\d+)m$/.exec(text)?.[1];
  return digits !== undefined && BigInt(digits) > 0n && BigInt(digits) < MOST_MILLICORES;
}

const LIMITS: readonly Row[] = below("resources?.limits?", [
  row(
    "memory",
    formed("a size", "512MiB", (text) => parseByteSize(text) !== undefined),
  ),
  row("cpu", formed("a number of millicores", "1500m", isMillicores)),
]);

/** Whether a container is among those it waits for, however far. Linear: each container is left once. */
function isInCycle(config: ConfigFacts): boolean {
  const edges = new Map(
    config
      .all("ContainerConfig")
      .map(({ name, value }) => [name, listOf(fieldOf(value.get("dependsOn"), "containers")).map(textOf)]),
  );
  const [open, left] = [new Set<string>(), new Set<string>()];
  const walk = (start: string): boolean => {
    const stack: { readonly name: string; readonly rest: string[] }[] = [];
    const enter = (name: string): void => {
      open.add(name);
      stack.push({ name, rest: [...(edges.get(name) ?? [])] });
    };
    enter(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next === undefined) {
        open.delete(top.name);
        left.add(top.name);
        stack.pop();
      } else if (open.has(next)) return true;
      else if (edges.has(next) && !left.has(next)) enter(next);
    }
    return false;
  };
  return [...edges.keys()].some((name) => !left.has(name) && walk(name));
}

const DEPENDENCIES: readonly Row[] = [
  row("dependsOn?.paths[]", ABSOLUTE),
  row("dependsOn?.networks[]", oneOf(["addresses", "connectivity", "hostname", "etcfiles"], { evenEmpty: true })),
  row("dependsOn?.containers[]", REQUIRED),
  row(
    "dependsOn?.containers[]",
    conflict("must not be the container itself", "remove it", (value, { document }) => {
      return !isEmpty(value) && textOf(value) === document.name;
    }),
  ),
  row(
    "dependsOn?.containers[]",
    missing("is not configured", "add a ContainerConfig of that name", (value, { config }) => {
      return !containerNames(config).has(textOf(value));
    }),
  ),
  row(
    "dependsOn?.containers",
    conflict("containers wait for each other in a circle", "break the circle", (_, { config, document }) => {
      return config.all("ContainerConfig")[0] === document && isInCycle(config);
    }),
  ),
];

const names = new WeakMap<ConfigFacts, ReadonlySet<string>>();

function containerNames(config: ConfigFacts): ReadonlySet<string> {
  const known = names.get(config) ?? new Set(config.all("ContainerConfig").map(({ name }) => name));
  names.set(config, known);
  return known;
}

const TAG = /^[\w.-]{1,128}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const REPOSITORY = /^[a-z0-9_./-]{2,255}$/;

/** An image reference as google/go-containerregistry reads it. Source: pkg/name, v0.21.7. */
function isImageReference(text: string): boolean {
  const [named = "", digest, ...more] = text.split("@");
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return false;
  const colon = named.lastIndexOf(":");
  const isTagged = colon > named.lastIndexOf("/");
  const tag = isTagged ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) return false;
  const base = isTagged ? named.slice(0, colon) : named;
  const slash = base.indexOf("/");
  const first = slash === -1 ? "" : base.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === "localhost";
  const repository = hasRegistry ? base.slice(slash + 1) : base;
  return (!hasRegistry || isRegistry(first)) && REPOSITORY.test(repository);
}

function isRegistry(text: string): boolean {
  return /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/.test(text);
}

/** Source: config/types/container, v1.14.1. */
export const CONTAINER_RULES: RuleTable = {
  ContainerConfig: [
    row("name", REQUIRED),
    row(
      "name",
      formed("of at most 63 lower case letters, digits and hyphens", "my-container", (text) =>
        /^[a-z0-9-]{1,63}$/.test(text),
      ),
    ),
    row("image", REQUIRED),
    row("image", formed("an image reference", "ghcr.io/example/app:v1", isImageReference)),
    row(
      "environment[]",
      formed("KEY=value", "LOG_LEVEL=info", (text) => text.includes("="), { evenEmpty: true }),
    ),
    ...MOUNTS,
    ...SECURITY,
    row("network?.mode", oneOf(["none", "host"])),
    ...LIMITS,
    ...DEPENDENCIES,
    row("runAs?.uid", NOT_NEGATIVE),
    row("runAs?.gid", NOT_NEGATIVE),
  ],
};
