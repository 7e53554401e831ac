import { createRequire } from "node:module";

import type * as Grpc from "@grpc/grpc-js";
import type * as AnyMessages from "google-protobuf/google/protobuf/any_pb";
import type * as EmptyMessages from "google-protobuf/google/protobuf/empty_pb";
import type * as StructMessages from "google-protobuf/google/protobuf/struct_pb";

// @pulumi/pulumi's messages take no other copy of these than its own, and this package does not depend on them itself.
export const requireOfPulumi = createRequire(require.resolve("@pulumi/pulumi/package.json"));

export const grpc = requireOfPulumi("@grpc/grpc-js") as typeof Grpc;
export const { Any } = requireOfPulumi("google-protobuf/google/protobuf/any_pb") as typeof AnyMessages;
export const { Empty } = requireOfPulumi("google-protobuf/google/protobuf/empty_pb") as typeof EmptyMessages;
export const { Struct } = requireOfPulumi("google-protobuf/google/protobuf/struct_pb") as typeof StructMessages;

/** As Pulumi's own servers and clients: states are large, and a busy process lets a request wait. */
export const CHANNEL_OPTIONS = {
  "grpc.max_receive_message_length": 400 * 1024 * 1024,
  "grpc.server_max_unrequested_time_in_server": 30 * 60,
};
