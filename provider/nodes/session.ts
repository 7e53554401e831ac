import { gunzipSync } from "node:zlib";

import type { ErrorCode } from "../core/errorCodes";
import { PkiError } from "../core/errors";
import { needsReboot, nodeError, readFailure } from "../core/nodes/failures";
import { shortNodeAddress } from "../core/nodes/nodeAddress";
import { readPlainYaml } from "../core/yaml/plain";
import type {
  ApplyAnswer,
  EtcdMember,
  EtcdStatus,
  NodeCall,
  NodeResource,
  NodeService,
  NodeSession,
  ResetOptions,
} from "../engine/nodes";
import { Connection } from "./connection";
import type { Message } from "./messages";
import { ALARMS, APPLY_MODES, METHODS } from "./methods";
import { firstFileOfTar } from "./tar";

type Timestamp = Message<"Timestamp"> | null;

/** Who answers so has let the client in. */
const TELLS_NOTHING: readonly ErrorCode[] = ["ERR_NODE_UNSUPPORTED", "ERR_ROLE_MISSING"];

/** The calls of a NodeSession over a connection. */
export class Session implements NodeSession {
  private answer: Promise<Message<"VersionAnswer"> | undefined> | undefined;

  private constructor(
    private readonly call: NodeCall,
    private readonly connection: Connection,
  ) {}

  /** @throws PkiError */
  static async open(call: NodeCall): Promise<Session> {
    return new Session(call, await Connection.open(call));
  }

  get served(): NodeSession["served"] {
    return this.connection.served;
  }

  get verifiedBy(): NodeSession["verifiedBy"] {
    return this.connection.verifiedBy;
  }

  close(): void {
    this.connection.close();
  }

  async version(): Promise<string | undefined> {
    return (await this.versionAnswer())?.version?.tag;
  }

  async isContainer(): Promise<boolean> {
    return (await this.versionAnswer())?.platform?.mode === "container";
  }

  private versionAnswer(): Promise<Message<"VersionAnswer"> | undefined> {
    this.answer ??= this.askVersion();
    return this.answer;
  }

  private async askVersion(): Promise<Message<"VersionAnswer"> | undefined> {
    try {
      const { messages } = await this.connection.unary("version", {});
      return this.only(messages, METHODS.version.purpose);
    } catch (error) {
      if (error instanceof PkiError && TELLS_NOTHING.includes(error.code)) return undefined;
      throw error;
    }
  }

  async machineConfig(kind: "active" | "persistent" = "active"): Promise<string | undefined> {
    // Source: siderolabs/talos pkg/machinery/resources/config/machine_config.go, v1.13.
    const id = kind === "active" ? "v1alpha1" : "persistent";
    const found = await this.resource("config", "MachineConfigs.config.talos.dev", id);
    if (found === undefined) return undefined;
    // The spec is the config as a YAML text in a YAML text.
    const spec = readPlainYaml(found.spec, "");
    return typeof spec === "string" ? spec : found.spec;
  }

  async resource(namespace: string, type: string, id: string): Promise<NodeResource | undefined> {
    try {
      const { resource } = await this.connection.unary("resourceGet", { namespace, type, id });
      return resource === null ? undefined : readResource(resource);
    } catch (error) {
      if (error instanceof PkiError && isNotFound(error)) return undefined;
      throw error;
    }
  }

  async resources(namespace: string, type: string): Promise<readonly NodeResource[]> {
    const replies = await this.connection.stream("resourceList", { namespace, type });
    return replies.flatMap(({ resource }) => (resource === null ? [] : [readResource(resource)]));
  }

  applyConfiguration(config: string, mode: string): Promise<ApplyAnswer> {
    return this.sendConfiguration(config, mode, false);
  }

  async needsReboot(config: string): Promise<boolean> {
    try {
      // In every other mode a dry run, too, ends a `try` of somebody else (siderolabs/talos v1alpha1_server.go, v1.13).
      await this.sendConfiguration(config, "try", true);
      return false;
    } catch (error) {
      if (error instanceof PkiError && error.cause instanceof Error && needsReboot({ text: error.cause.message }))
        return true;
      throw error;
    }
  }

  private async sendConfiguration(config: string, mode: string, dryRun: boolean): Promise<ApplyAnswer> {
    const number = APPLY_MODES.indexOf(mode as (typeof APPLY_MODES)[number]);
    if (number < 0) throw new RangeError(`no mode of applying a config: ${mode}`);
    const request = { data: Buffer.from(config, "utf8"), mode: number, dryRun };
    const { messages } = await this.connection.unary("applyConfiguration", request);
    const answer = this.only(messages, METHODS.applyConfiguration.purpose);
    return {
      mode: APPLY_MODES[answer.mode] ?? String(answer.mode),
      warnings: answer.warnings,
    };
  }

  async bootstrap(): Promise<void> {
    await this.plain("bootstrap", {});
  }

  async reboot(): Promise<void> {
    await this.plain("reboot", {});
  }

  async reset({ graceful, reboot, partitions }: ResetOptions): Promise<void> {
    const systemPartitionsToWipe = partitions.map((label) => ({ label, wipe: true }));
    await this.plain("reset", { graceful, reboot, systemPartitionsToWipe });
  }

  async restartService(id: string): Promise<void> {
    await this.plain("serviceRestart", { id });
  }

  async services(): Promise<readonly NodeService[]> {
    const { messages } = await this.connection.unary("serviceList", {});
    return this.only(messages, METHODS.serviceList.purpose).services.map(({ id, state, health, events }) => ({
      id,
      state,
      ...(health === null || health.unknown ? {} : { healthy: health.healthy }),
      message: health?.lastMessage ?? "",
      events: (events?.events ?? []).map((event) => ({ state: event.state, message: event.msg, at: timeOf(event.ts) })),
    }));
  }

  async etcdMembers(): Promise<readonly EtcdMember[]> {
    const { messages } = await this.connection.unary("etcdMemberList", {});
    return this.only(messages, METHODS.etcdMemberList.purpose).members.map(({ id, hostname, peerUrls, isLearner }) => ({
      id: hexadecimal(id),
      hostname,
      peerUrls,
      isLearner,
    }));
  }

  async etcdLeave(): Promise<void> {
    await this.plain("etcdLeave", {});
  }

  async etcdStatus(): Promise<EtcdStatus> {
    const { messages } = await this.connection.unary("etcdStatus", {});
    const found = this.only(messages, METHODS.etcdStatus.purpose).memberStatus;
    return {
      memberId: hexadecimal(found?.memberId ?? "0"),
      leader: hexadecimal(found?.leader ?? "0"),
      errors: found?.errors ?? [],
      isLearner: found?.isLearner ?? false,
    };
  }

  async etcdAlarms(): Promise<readonly string[]> {
    const { messages } = await this.connection.unary("etcdAlarmList", {});
    const alarms = messages.flatMap(({ memberAlarms }) => memberAlarms);
    return alarms.map(({ alarm }) => ALARMS[alarm] ?? String(alarm)).filter((alarm) => alarm !== "NONE");
  }

  async kubeconfig(): Promise<string> {
    const parts = await this.connection.stream("kubeconfig", {});
    return firstFileOfTar(gunzipSync(this.whole(parts, METHODS.kubeconfig.purpose)));
  }

  async readFile(path: string): Promise<string> {
    return this.whole(await this.connection.stream("read", { path }), METHODS.read.purpose).toString("utf8");
  }

  /** @throws PkiError for a stream that ended in an error */
  private whole(parts: readonly Message<"Data">[], purpose: string): Buffer {
    const failed = parts.find(({ metadata }) => (metadata?.error ?? "") !== "");
    if (failed !== undefined) this.only([failed], purpose);
    return Buffer.concat(parts.map(({ bytes }) => bytes));
  }

  private async plain(
    name: "bootstrap" | "etcdLeave" | "reboot" | "reset" | "serviceRestart",
    request: Partial<Message<"ResetRequest"> & Message<"ServiceRestartRequest">>,
  ): Promise<void> {
    const { messages } = await this.connection.unary(name, request);
    this.only(messages, METHODS[name].purpose);
  }

  /** The one answer of one node. @throws PkiError for a node that could not be reached through the endpoint */
  private only<M extends { readonly metadata: Message<"ReplyMetadata"> | null }>(
    messages: readonly M[],
    purpose: string,
  ): M {
    const [answer] = messages;
    const { error = "", status } = answer?.metadata ?? {};
    if (answer !== undefined && error === "") return answer;
    const facts = { status: status?.code ?? 14, text: error === "" ? "it answered nothing" : error };
    throw nodeError(shortNodeAddress(this.call.node), purpose, readFailure(facts), new Error(facts.text));
  }
}

const NOT_FOUND = 5;

/** What is not there is no failure. */
function isNotFound({ cause }: PkiError): boolean {
  return cause instanceof Error && "code" in cause && cause.code === NOT_FOUND;
}

function readResource({ metadata, spec }: Message<"Resource">): NodeResource {
  return {
    id: metadata?.id ?? "",
    created: timeOf(metadata?.created ?? null),
    updated: timeOf(metadata?.updated ?? null),
    spec: spec?.yamlSpec ?? "",
  };
}

function timeOf(time: Timestamp): Date {
  return new Date(Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6));
}

const hexadecimal = (id: string): string => BigInt(id).toString(16).padStart(16, "0");
