import { EXPRESSION } from "./cel/celChecks";
import {
  atLeast,
  conflict,
  duplicate,
  formed,
  misplaced,
  missing,
  NOT_NEGATIVE,
  notAllowed,
  unknown,
  oneOf,
  REQUIRED,
  wrong,
} from "./checks";
import { type ConfigValue, fieldOf, isEmpty, isPresent, isZero, listOf, numberOf, textOf } from "./facts";
import { below, type Place, row, type Row, type RuleTable, within } from "./rule";
import { parseByteSize } from "../byteSize";

const SECONDS = 1_000_000_000n;
const SCRUB = atLeast(10n * SECONDS, "10s");

/** Letters, digits and hyphens; the label of a partition leaves room for so many. */
function volumeName(most: number): readonly Row[] {
  return [
    row(
      "name",
      wrong(`must have 1 to ${most} characters`, "use one like data", (value) => {
        const length = Buffer.byteLength(textOf(value));
        return length < 1 || length > most;
      }),
    ),
    row("name", LETTERS),
  ];
}

const LETTERS = formed("of ASCII letters, digits and hyphens", "data", (text) => /^[A-Za-z0-9-]*$/.test(text));
const LETTERS_AND_UNDERSCORES = formed("of ASCII letters, digits, hyphens and underscores", "data", (text) =>
  /^[\w-]*$/.test(text),
);

/** What is found of an encryption that says something. Source: config/types/block/encryption.go. */
const ENCRYPTION: readonly Row[] = within(
  { when: ({ document }) => saysEncryption(document.value.get("encryption")) },
  [
    row("encryption.provider", oneOf(["luks2"], { evenEmpty: true })),
    row("encryption.keys", REQUIRED),
    row(
      "encryption.keys",
      duplicate("has a slot twice", "give each key a slot of its own", (value) => {
        const slots = listOf(value).map((key) => numberOf(fieldOf(key, "slot")));
        return new Set(slots).size < slots.length;
      }),
    ),
    row(
      "encryption.keys[]",
      missing("says no kind of key", "set one of static, nodeID, kms and tpm", (value) => {
        return !["static", "nodeID", "kms", "tpm"].some((kind) => isPresent(fieldOf(value, kind)));
      }),
    ),
    row(
      "encryption.keys[].tpm?.options?.pcrs[]",
      wrong("must be a PCR from 0 to 23", "use one like 7", (value) => numberOf(value) < 0n || numberOf(value) > 23n),
      { since: 12 },
    ),
  ],
);

function saysEncryption(value: ConfigValue): boolean {
  return !["", "none"].includes(textOf(fieldOf(value, "provider"))) || !isEmpty(fieldOf(value, "keys"));
}

/** The greatest size, if it is one of bytes. */
function absoluteMaximum(provisioning: ConfigValue): string {
  return textOf(fieldOf(fieldOf(provisioning, "maxSize"), "bytes"));
}

function bytesOf(text: string): bigint {
  return parseByteSize(text.replace(/^-/, "")) ?? 0n;
}

/** Talos up to v1.12 compares without the sign, and up to v1.11 takes a percentage for nothing. */
const MINIMUM_ABOVE_MAXIMUM = conflict(
  "is greater than maxSize",
  "lower it, or raise maxSize",
  (value, { parent, config }) => {
    const maximum = absoluteMaximum(parent);
    if (isEmpty(value) || maximum === "" || (config.target.minor >= 13 && maximum.startsWith("-"))) return false;
    return bytesOf(textOf(value)) > bytesOf(maximum);
  },
);

const NEITHER_SIZE = missing("a minimum or maximum size is required", "set minSize or maxSize", (value) => {
  return isEmpty(fieldOf(value, "minSize")) && isEmpty(fieldOf(value, "maxSize"));
});

const NEGATIVE_SIZE = wrong("must not be negative", "use one like 10GiB", (value) => textOf(value).startsWith("-"));

const MATCH = "provisioning.diskSelector.match";

const SIZES: readonly Row[] = [
  row("provisioning.minSize", MINIMUM_ABOVE_MAXIMUM),
  row("provisioning.minSize", NEGATIVE_SIZE),
  // These an older Talos cannot read.
  ...["bytes", "percentage"].map((key) => row(`provisioning.maxSize?.${key}`, NEGATIVE_SIZE, { until: 12 })),
  row("provisioning.maxSize?.percentage", unknown("needs Talos v1.12", "use a size in bytes", isPresent), {
    until: 11,
  }),
];

/** A volume that is a partition of its own. */
const PARTITION: readonly Row[] = [
  row(MATCH, REQUIRED),
  row(MATCH, EXPRESSION.disk),
  ...SIZES,
  row("provisioning", NEITHER_SIZE),
];

const WHOLE_DISK: readonly Row[] = [
  row(MATCH, REQUIRED),
  row(MATCH, EXPRESSION.disk),
  ...["minSize", "maxSize", "grow"].map((key) =>
    row(`provisioning.${key}`, { ...notAllowed("for a whole disk"), breaks: ({ value }) => isPresent(value) }),
  ),
];

const FILESYSTEM: readonly Row[] = [
  row("filesystem.type", oneOf(["none", "xfs", "ext4"]), { until: 13 }),
  row("filesystem.type", oneOf(["none", "xfs", "ext4", "btrfs"]), { since: 14 }),
  ...within({ when: ({ parent }) => !["", "none", "xfs"].includes(textOf(fieldOf(parent, "type"))) }, [
    row(
      "filesystem.projectQuotaSupport",
      { ...notAllowed("for another file system than xfs"), breaks: ({ value }) => value === true },
      { since: 11 },
    ),
    row("filesystem.xfs?", misplaced("is not allowed for another file system than xfs", "remove it", isPresent), {
      since: 14,
    }),
  ]),
];

const UPKEEP: readonly Row[] = within({ since: 14 }, [
  row("trim?.interval", NOT_NEGATIVE),
  row("scrub?.interval", SCRUB),
]);

const typeOf = ({ document }: Place): string => textOf(document.value.get("volumeType")) || "partition";
const isType =
  (...types: readonly string[]) =>
  (place: Place): boolean =>
    types.includes(typeOf(place));

const unless = (path: string, kept: (value: ConfigValue) => boolean): Row =>
  row(path, { ...misplaced("is not allowed for a directory", "remove it", (value) => !kept(value)) });

const DIRECTORY: readonly Row[] = [
  unless("provisioning", isZero),
  unless("encryption", (value) => !saysEncryption(value)),
  unless("filesystem", (value) => isNoFilesystem(value)),
];

function isNoFilesystem(value: ConfigValue): boolean {
  return (
    ["", "none"].includes(textOf(fieldOf(value, "type"))) &&
    !isPresent(fieldOf(value, "projectQuotaSupport")) &&
    !isPresent(fieldOf(value, "xfs"))
  );
}

const USER_VOLUME: readonly Row[] = [
  ...volumeName(34),
  row("volumeType", oneOf(["partition", "disk", "directory"]), { since: 12 }),
  ...within({ when: isType("directory"), since: 12 }, [
    ...DIRECTORY,
    row(
      "mount",
      { ...misplaced("is not allowed for a directory", "remove it", (value) => !isZero(value)) },
      { since: 13, until: 13 },
    ),
    row(
      "mount.disableAccessTime",
      { ...misplaced("is not allowed for a directory", "remove it", isPresent) },
      { since: 14 },
    ),
  ]),
  ...within({ when: isType("partition") }, PARTITION),
  ...within({ when: isType("disk") }, WHOLE_DISK),
  ...within({ when: isType("disk", "partition") }, [...FILESYSTEM, ...ENCRYPTION]),
  ...UPKEEP,
];

const isNamed =
  (...names: readonly string[]) =>
  ({ document }: Place): boolean =>
    names.includes(document.name);

const SYSTEM_VOLUMES: readonly (readonly [since: number, until: number | undefined, names: readonly string[]])[] = [
  [8, 8, ["EPHEMERAL"]],
  [9, 10, ["EPHEMERAL", "IMAGECACHE"]],
  [11, 13, ["STATE", "EPHEMERAL", "IMAGECACHE"]],
  [14, undefined, ["STATE", "EPHEMERAL", "IMAGECACHE", "ETCD", "CRI", "KUBELET", "LOG"]],
];

const MOUNT = misplaced("is not allowed for this volume", "remove it", (value) => !isZero(value));

function isKnownVolume({ document, config }: Place): boolean {
  const { minor } = config.target;
  return SYSTEM_VOLUMES.some(
    ([since, until = minor, names]) => minor >= since && minor <= until && names.includes(document.name),
  );
}

const SYSTEM_VOLUME: readonly Row[] = [
  ...SYSTEM_VOLUMES.map(([since, until, names]) =>
    row("name", oneOf(names, { evenEmpty: true }), { since, ...(until !== undefined && { until }) }),
  ),
  ...within({ when: isKnownVolume }, [
    row(MATCH, EXPRESSION.disk),
    ...SIZES,
    ...within({ since: 11 }, ENCRYPTION),
    ...UPKEEP,
    row(
      "provisioning",
      misplaced("is not allowed for STATE", "remove it", (value) => !isZero(value)),
      {
        since: 11,
        when: isNamed("STATE"),
      },
    ),
    row(
      "encryption.keys[].lockToState",
      misplaced("is not allowed for STATE", "remove it", (value) => value === true),
      {
        since: 11,
        when: isNamed("STATE"),
      },
    ),
    row("mount", MOUNT, { since: 14, when: isNamed("STATE", "IMAGECACHE") }),
    row(
      "filesystem",
      misplaced("is not allowed for IMAGECACHE", "remove it", (value) => isPresent(fieldOf(value, "xfs"))),
      {
        since: 14,
        when: isNamed("IMAGECACHE"),
      },
    ),
    row(
      "mount",
      misplaced(
        "is only allowed with a partition of its own",
        "set provisioning, or remove it",
        (value) => !isZero(value),
      ),
      {
        since: 14,
        when: (place) =>
          isNamed("ETCD", "CRI", "KUBELET", "LOG")(place) && isZero(place.document.value.get("provisioning")),
      },
    ),
  ]),
];

const storageName = (most: number): readonly Row[] => [
  row(
    "name",
    wrong(`must have 1 to ${most} characters`, "use one like data", (value) => {
      const length = Buffer.byteLength(textOf(value));
      return length < 1 || length > most;
    }),
  ),
  row("name", LETTERS_AND_UNDERSCORES),
];

const layoutOf = ({ document }: Place): string => textOf(document.value.get("type"));

const LOGICAL_VOLUME: readonly Row[] = [
  ...storageName(63),
  row("mirrors", misplaced("is only allowed for raid1 and raid10", "remove it", isPresent), {
    when: (place) => !["raid1", "raid10"].includes(layoutOf(place)),
  }),
  row(
    "mirrors",
    wrong("must be at least 1", "raise it", (value) => isPresent(value) && numberOf(value) < 1n),
    {
      when: (place) => ["raid1", "raid10"].includes(layoutOf(place)),
    },
  ),
  row("stripes", misplaced("is only allowed for raid0 and raid10", "remove it", isPresent), {
    when: (place) => !["raid0", "raid10"].includes(layoutOf(place)),
  }),
  row(
    "stripes",
    wrong("must be at least 2", "raise it", (value) => isPresent(value) && numberOf(value) < 2n),
    {
      when: (place) => ["raid0", "raid10"].includes(layoutOf(place)),
    },
  ),
  row("provisioning.volumeGroup", REQUIRED),
  row("provisioning.maxSize", REQUIRED),
  row(
    "provisioning.maxSize",
    wrong("must not be negative", "use one like 10GiB", (value) => {
      return ["bytes", "percentage"].some((key) => textOf(fieldOf(value, key)).startsWith("-"));
    }),
  ),
  row(
    "provisioning.minSize",
    conflict("is greater than maxSize", "lower it, or raise maxSize", (value, { parent }) => {
      const relative = isPresent(fieldOf(fieldOf(parent, "maxSize"), "percentage"));
      return !isEmpty(value) && !relative && bytesOf(textOf(value)) > bytesOf(absoluteMaximum(parent));
    }),
  ),
];

const MEMBERS: readonly Row[] = below("provisioning.volumeSelector", [
  row("match", REQUIRED),
  row("match", EXPRESSION.member),
]);

/** Source: config/types/block and config/types/storage, v1.8.0 to v1.14.1. */
export const VOLUME_RULES: RuleTable = {
  ExistingVolumeConfig: [
    row("name", REQUIRED),
    row("name", LETTERS),
    row("discovery.volumeSelector.match", REQUIRED),
    row("discovery.volumeSelector.match", EXPRESSION.volume),
    ...UPKEEP,
  ],
  ExternalVolumeConfig: [
    ...volumeName(34),
    row("filesystemType", oneOf(["virtiofs"], { evenEmpty: true })),
    ...within({ when: ({ document }) => document.value.get("filesystemType") === "virtiofs" }, [
      row(
        "mount.virtiofs",
        missing("is required for virtiofs", "set mount.virtiofs.tag", (value) => !isPresent(value)),
      ),
      row("mount.virtiofs?.tag", REQUIRED),
    ]),
  ],
  FilesystemScrubConfig: [row("interval", SCRUB)],
  FilesystemTrimConfig: [row("interval", NOT_NEGATIVE)],
  LVMLogicalVolumeConfig: LOGICAL_VOLUME,
  LVMVolumeGroupConfig: [...storageName(63), ...MEMBERS],
  RAIDArrayConfig: [...storageName(32), ...MEMBERS],
  RawVolumeConfig: [...volumeName(34), ...PARTITION, ...ENCRYPTION],
  SwapVolumeConfig: [...volumeName(34), ...PARTITION, ...ENCRYPTION],
  UserVolumeConfig: USER_VOLUME,
  VolumeConfig: SYSTEM_VOLUME,
  ZswapConfig: [
    row(
      "maxPoolPercent",
      wrong(
        "must be from 0 to 100",
        "use a number in that range",
        (value) => isPresent(value) && (numberOf(value) < 0n || numberOf(value) > 100n),
      ),
    ),
  ],
};
