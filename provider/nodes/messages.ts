/**
 * The messages of Talos's API that are used here, one row per field: number and type. Names are this package's; numbers
 * and types are facts of the public API (siderolabs/talos api/machine/machine.proto and api/common/common.proto,
 * cosi-project/runtime v1alpha1/{resource,state}.proto). Fields that nobody reads are absent: protobuf skips them.
 */

type Scalar = "string" | "bytes" | "bool" | "int32" | "int64" | "uint64";
type Rows = Readonly<Record<string, readonly [number: number, type: string, rule?: "repeated"]>>;

export const MESSAGES = {
  Empty: {},
  Duration: { seconds: [1, "int64"], nanos: [2, "int32"] },
  Timestamp: { seconds: [1, "int64"], nanos: [2, "int32"] },

  Status: { code: [1, "int32"], message: [2, "string"] },
  ReplyMetadata: { hostname: [1, "string"], error: [2, "string"], status: [3, "Status"] },

  ApplyConfigurationRequest: { data: [1, "bytes"], mode: [4, "int32"], dryRun: [5, "bool"] },
  ApplyConfigurationReply: { messages: [1, "ApplyConfigurationAnswer", "repeated"] },
  /** Without the details of the mode: those of a dry run hold the secrets of the config. */
  ApplyConfigurationAnswer: {
    metadata: [1, "ReplyMetadata"],
    warnings: [2, "string", "repeated"],
    mode: [3, "int32"],
  },

  BootstrapRequest: {},
  RebootRequest: { mode: [1, "int32"] },
  ResetRequest: {
    graceful: [1, "bool"],
    reboot: [2, "bool"],
    systemPartitionsToWipe: [3, "ResetPartition", "repeated"],
  },
  ResetPartition: { label: [1, "string"], wipe: [2, "bool"] },
  ServiceRestartRequest: { id: [1, "string"] },
  /** The answer of what only succeeds or fails. */
  PlainReply: { messages: [1, "PlainAnswer", "repeated"] },
  PlainAnswer: { metadata: [1, "ReplyMetadata"] },

  VersionReply: { messages: [1, "VersionAnswer", "repeated"] },
  VersionAnswer: { metadata: [1, "ReplyMetadata"], version: [2, "VersionInfo"], platform: [3, "PlatformInfo"] },
  VersionInfo: { tag: [1, "string"] },
  PlatformInfo: { mode: [2, "string"] },

  ServiceListReply: { messages: [1, "ServiceListAnswer", "repeated"] },
  ServiceListAnswer: { metadata: [1, "ReplyMetadata"], services: [2, "ServiceInfo", "repeated"] },
  ServiceInfo: { id: [1, "string"], state: [2, "string"], events: [3, "ServiceEvents"], health: [4, "ServiceHealth"] },
  ServiceEvents: { events: [1, "ServiceEvent", "repeated"] },
  ServiceEvent: { msg: [1, "string"], state: [2, "string"], ts: [3, "Timestamp"] },
  ServiceHealth: { unknown: [1, "bool"], healthy: [2, "bool"], lastMessage: [3, "string"] },

  EtcdMemberListRequest: { queryLocal: [1, "bool"] },
  EtcdMemberListReply: { messages: [1, "EtcdMemberListAnswer", "repeated"] },
  EtcdMemberListAnswer: { metadata: [1, "ReplyMetadata"], members: [3, "EtcdMember", "repeated"] },
  EtcdMember: {
    id: [2, "uint64"],
    hostname: [3, "string"],
    peerUrls: [4, "string", "repeated"],
    isLearner: [6, "bool"],
  },
  EtcdStatusReply: { messages: [1, "EtcdStatusAnswer", "repeated"] },
  EtcdStatusAnswer: { metadata: [1, "ReplyMetadata"], memberStatus: [2, "EtcdMemberStatus"] },
  EtcdMemberStatus: {
    leader: [4, "uint64"],
    errors: [8, "string", "repeated"],
    isLearner: [9, "bool"],
    memberId: [10, "uint64"],
  },
  EtcdAlarmListReply: { messages: [1, "EtcdAlarmListAnswer", "repeated"] },
  EtcdAlarmListAnswer: { metadata: [1, "ReplyMetadata"], memberAlarms: [2, "EtcdMemberAlarm", "repeated"] },
  EtcdMemberAlarm: { alarm: [2, "int32"] },

  ReadRequest: { path: [1, "string"] },
  /** A part of a stream of bytes. */
  Data: { metadata: [1, "ReplyMetadata"], bytes: [2, "bytes"] },

  ResourceGetRequest: { namespace: [1, "string"], type: [2, "string"], id: [3, "string"] },
  ResourceListRequest: { namespace: [1, "string"], type: [2, "string"] },
  ResourceReply: { resource: [1, "Resource"] },
  Resource: { metadata: [1, "ResourceMetadata"], spec: [2, "ResourceSpec"] },
  ResourceMetadata: {
    id: [3, "string"],
    created: [7, "Timestamp"],
    updated: [8, "Timestamp"],
  },
  ResourceSpec: { yamlSpec: [2, "string"] },
} as const satisfies Readonly<Record<string, Rows>>;

export type MessageName = keyof typeof MESSAGES;

interface ScalarValues {
  readonly string: string;
  readonly bytes: Uint8Array;
  readonly bool: boolean;
  readonly int32: number;
  /** Decimal: a number of JavaScript is too small. */
  readonly int64: string;
  readonly uint64: string;
}

/** A message as JavaScript has it; what the wire lacks has its default, and a message that it lacks is null. */
export type Message<N extends MessageName> = {
  readonly [F in keyof (typeof MESSAGES)[N]]: Field<(typeof MESSAGES)[N][F]>;
};

type Field<R> = R extends readonly [number, infer T, "repeated"]
  ? readonly Value<T, false>[]
  : R extends readonly [number, infer T]
    ? Value<T, true>
    : never;

type Value<T, MayBeAbsent> = T extends Scalar
  ? ScalarValues[T]
  : T extends MessageName
    ? MayBeAbsent extends true
      ? Message<T> | null
      : Message<T>
    : never;
