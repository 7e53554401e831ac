import { type CelEnvironment, isCelExpression } from "./cel";
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  objectOf,
  optionalOf,
  STRING,
  UINT,
} from "./celTypes";
import { wrong } from "../checks";
import { textOf } from "../facts";
import type { Check } from "../rule";

const typed = (type: CelType, names: string): Record<string, CelType> =>
  Object.fromEntries(names.split(" ").map((name) => [name, type]));

type Fields = Readonly<Record<string, CelType>>;

/** Source: pkg/machinery/api/resource/definitions/block, DiskSpec, v1.8.0 to v1.14.1. */
const diskFields = (minor: number): Fields => ({
  ...typed(UINT, "size io_size sector_size"),
  ...typed(BOOL, "readonly rotational cdrom"),
  ...typed(STRING, "model serial modalias wwid bus_path sub_system transport dev_path pretty_size"),
  ...(minor >= 9 && { secondary_disks: listOf(STRING) }),
  ...(minor >= 10 && { uuid: STRING, symlinks: listOf(STRING) }),
  ...(minor >= 14 && { firmware_version: STRING }),
});

/** The same, DiscoveredVolumeSpec. */
const volumeFields = (minor: number): Fields => ({
  ...typed(UINT, "size sector_size io_size block_size filesystem_block_size probed_size partition_index"),
  ...typed(
    STRING,
    "name uuid label partition_uuid partition_type partition_label type device_path parent dev_path parent_dev_path pretty_size",
  ),
  ...(minor >= 12 && { offset: UINT }),
});

/** Source: pkg/machinery/api/resource/definitions/network, LinkStatusSpec, v1.12.0 to v1.14.1. */
const linkFields = (minor: number): Fields => ({
  ...typed(UINT, "index link_index flags mtu master_index"),
  ...typed(INT, "type operational_state speed_megabits port duplex"),
  ...typed(BYTES, "hardware_addr broadcast_addr permanent_addr"),
  ...typed(
    STRING,
    "queue_disc kind slave_kind bus_path pciid driver driver_version firmware_version product_id vendor_id product vendor alias",
  ),
  link_state: BOOL,
  alt_names: listOf(STRING),
  vlan: objectOf("VLANSpec"),
  bridge_master: objectOf("BridgeMasterSpec"),
  bond_master: objectOf("BondMasterSpec"),
  wireguard: objectOf("WireguardSpec"),
  ...(minor >= 13 && { vrf_master: objectOf("VRFMasterSpec") }),
  ...(minor >= 14 && { veth: objectOf("VethSpec") }),
});

const PARTS_OF_LINKS: Readonly<Record<string, Fields>> = {
  VLANSpec: { vid: UINT, protocol: INT },
  BridgeMasterSpec: { stp: objectOf("STPSpec"), vlan: objectOf("BridgeVLANSpec") },
  STPSpec: { enabled: BOOL },
  BridgeVLANSpec: { filtering_enabled: BOOL },
  VRFMasterSpec: { table: INT },
  WireguardSpec: { private_key: STRING, public_key: STRING, listen_port: INT, firewall_mark: INT },
};

const SIZES = typed(UINT, "KiB MiB GiB TiB PiB EiB kB MB GB TB PB EB");
const CLASSES = typed(INT, "Besteffort Burstable Guaranteed Podruntime System");
const GLOB = { glob: { parameters: [STRING, STRING], result: BOOL } };

const pressure = (prefix: string): string =>
  ["some", "full"]
    .flatMap((kind) => ["avg10", "avg60", "avg300", "total"].map((span) => `${prefix}memory_${kind}_${span}`))
    .join(" ");
const ANY_CLASS = mapOf(DYN, DOUBLE);
const BY_CLASS_OF_SERVICE = typed(
  mapOf(INT, DOUBLE),
  [
    pressure("qos_"),
    pressure("d_qos_"),
    ...["", "d_"].flatMap((delta) => ["current", "peak", "max"].map((what) => `${delta}qos_memory_${what}`)),
  ].join(" "),
);

/** Source: pkg/machinery/cel/celenv, v1.8.0 to v1.14.1. */
const ENVIRONMENTS: Readonly<Record<string, (minor: number) => Partial<CelEnvironment>>> = {
  disk: (minor) => ({
    variables: { disk: objectOf("disk"), system_disk: BOOL, ...SIZES },
    objects: { disk: diskFields(minor) },
    functions: GLOB,
  }),
  volume: (minor) => ({
    variables: { volume: objectOf("volume"), disk: objectOf("disk"), ...SIZES },
    objects: { volume: volumeFields(minor), disk: diskFields(minor) },
  }),
  member: (minor) => ({
    variables: { volume: objectOf("volume"), disk: objectOf("disk"), volume_id: STRING, system_disk: BOOL, ...SIZES },
    objects: { volume: volumeFields(minor), disk: diskFields(minor) },
    functions: GLOB,
  }),
  link: (minor) => ({
    variables: { link: objectOf("link") },
    objects: { link: linkFields(minor), ...PARTS_OF_LINKS },
    functions: { ...GLOB, mac: { parameters: [BYTES], result: STRING } },
  }),
  oomTrigger: (minor) => ({
    variables: {
      ...typed(DOUBLE, `${pressure("")} ${pressure("d_")}`),
      ...(minor >= 13 && BY_CLASS_OF_SERVICE),
      time_since_trigger: DURATION,
      ...SIZES,
      ...CLASSES,
    },
    functions: minor >= 13 ? { multiply_qos_vectors: { parameters: [ANY_CLASS, ANY_CLASS], result: DOUBLE } } : {},
    optionals: true,
  }),
  oomScore: () => ({
    variables: {
      ...typed(optionalOf(UINT), "memory_max memory_current memory_peak"),
      path: STRING,
      class: INT,
      ...SIZES,
      ...CLASSES,
    },
    optionals: true,
  }),
};

const made = new Map<string, CelEnvironment>();

function environmentOf(name: string, minor: number): CelEnvironment {
  const key = `${name} ${minor}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const environment = { variables: {}, objects: {}, functions: {}, optionals: false, ...ENVIRONMENTS[name]!(minor) };
  made.set(key, environment);
  return environment;
}

function expression(name: string, result: CelType, what: string, example: string): Check {
  return wrong(`must be a CEL expression ${what}`, `use one like ${example}`, (value, { config }) => {
    const text = textOf(value);
    return text !== "" && !isCelExpression(text, environmentOf(name, config.target.minor), result);
  });
}

/** What Talos asks of expressions, by what they choose. */
export const EXPRESSION = {
  disk: expression("disk", BOOL, "that chooses disks", "disk.size > 100u * GB"),
  volume: expression("volume", BOOL, "that chooses volumes", 'volume.partition_label == "data"'),
  member: expression("member", BOOL, "that chooses volumes", 'volume.partition_label == "data"'),
  link: expression("link", BOOL, "that chooses links", 'link.driver == "virtio_net"'),
  oomTrigger: expression("oomTrigger", BOOL, "that is true or false", "memory_full_avg10 > 12.0"),
  oomScore: expression("oomScore", DOUBLE, "of a double", "double(class)"),
} as const;
