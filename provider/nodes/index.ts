import { setTimeout } from "node:timers/promises";

import type { Nodes } from "../engine/nodes";
import { shakeHands } from "./handshake";
import { request } from "./https";
import { Session } from "./session";

/** Talks to nodes over the network. */
export const nodes: Nodes = {
  connect: (call) => Session.open(call),
  shakeHands,
  request,
  uptime: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
  },
};
