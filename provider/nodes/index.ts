import { setMaxListeners } from "node:events";
import { setTimeout } from "node:timers/promises";

import type { Nodes } from "../engine/nodes";
import { shakeHands } from "./handshake";
import { request } from "./https";
import { Session } from "./session";

/** Talks to nodes over the network. */
export const nodes: Nodes = {
  connect: (call) => {
    // A process has one signal for all of its calls, and each listens: past ten Node would warn of a leak.
    setMaxListeners(0, call.signal);
    return Session.open(call);
  },
  shakeHands,
  request,
  uptime: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
  },
};
