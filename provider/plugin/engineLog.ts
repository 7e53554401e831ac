import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { getEngine, resetOptions } from "@pulumi/pulumi/runtime/settings";

/** Where a plugin's words go: the engine shows what it is told, and hides what a plugin prints. */
export interface PluginLog {
  /** Says a line about the resource `urn`, as an info line of the update. */
  say(urn: string, line: string): void;
  /** Waits until everything that was said has arrived. */
  flush(): Promise<void>;
}

/**
 * The log of the engine at `address`; without one (Pulumi's tools may give none) every line is dropped.
 *
 * @example
 * engineLog("127.0.0.1:41234").say(urn, "will be issued anew");
 */
export function engineLog(address: string): PluginLog {
  resetOptions("", "", -1, address, "", false, "");
  const engine = getEngine();
  const pending = new Set<Promise<void>>();
  return {
    say(urn, line) {
      if (engine === undefined) return;
      const request = new LogRequest().setSeverity(LogSeverity.INFO).setUrn(urn).setMessage(line);
      const told = new Promise<void>((resolve) => {
        // What cannot be told must not stop the work.
        engine.log(request, () => {
          resolve();
        });
      });
      pending.add(told);
      void told.then(() => pending.delete(told));
    },
    async flush() {
      await Promise.all(pending);
    },
  };
}
