import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

import { CHANNEL_OPTIONS, grpc } from "./pulumiModules";

/** Where a plugin's reports go: the engine shows what it is sent, and hides what a plugin prints. */
export interface PluginLog {
  /** Reports a line about the resource `urn`, as an info line of the update. */
  say(urn: string, line: string): void;
  /** Waits until everything that was reported has arrived. */
  flush(): Promise<void>;
}

/**
 * The log of an engine. Without an address (Pulumi's tools may give none) every line is dropped.
 *
 * @example
 * new EngineLog("127.0.0.1:41234").say(urn, "will be reissued");
 */
export class EngineLog implements PluginLog {
  private engine: EngineClient | undefined;
  private readonly pending = new Set<Promise<void>>();

  constructor(address: string) {
    this.connect(address);
  }

  /** Reports to another engine from now on. */
  connect(address: string): void {
    this.engine?.close();
    this.engine =
      address === "" ? undefined : new EngineClient(address, grpc.credentials.createInsecure(), CHANNEL_OPTIONS);
  }

  say(urn: string, line: string): void {
    const { engine } = this;
    if (engine === undefined) return;
    const request = new LogRequest().setSeverity(LogSeverity.INFO).setUrn(urn).setMessage(line);
    const sent = new Promise<void>((resolve) => {
      // What cannot be reported must not stop the work.
      engine.log(request, () => {
        resolve();
      });
    });
    this.pending.add(sent);
    void sent.then(() => this.pending.delete(sent));
  }

  async flush(): Promise<void> {
    await Promise.all(this.pending);
  }
}
