import type { MachineType } from "../../../provider/core/config/machineSecrets";
import { MachineConfig } from "../../../provider/resources/machineConfig";
import type { CAName, StagedName } from "../../../provider/core/secrets/inventory";
import type { Values } from "../../../provider/engine/values";
import { makeSecrets } from "./cluster";
import { Managed, type TestHost, testHost } from "./engine";

/** Stages in the order of the tests: to the end, and once back. */
export type RehearsedStage = "before" | "accept" | "swap" | "finish" | "abort";
export const FORTH = ["before", "accept", "swap", "finish"] as const satisfies RehearsedStage[];
export const BACK = ["before", "accept", "abort"] as const satisfies RehearsedStage[];

const MACHINE: Values = {
  clusterName: "prod",
  clusterEndpoint: "https://10.0.0.1:6443",
  kubernetesVersion: "1.36.0",
  installImage: "example.org/installer:1",
};

const WITH_LISTS: readonly StagedName[] = ["os", "kubernetes"];

/** A stack whose CAs rotate side by side, those of Kubernetes and the OS unless told: the secrets, and a config of each role. */
export class RotatingConfigs {
  private constructor(
    readonly secrets: Managed,
    private readonly configs: Readonly<Record<MachineType, Managed>>,
    /** Further arguments of both configs. */
    public machine: Values,
    private readonly names: readonly StagedName[],
  ) {}

  static async create(
    talosVersion: string,
    machine: Values = {},
    names: readonly StagedName[] = WITH_LISTS,
  ): Promise<RotatingConfigs> {
    const host: TestHost = testHost();
    const secrets = await makeSecrets(host, { talosVersion });
    const configs = { controlplane: new Managed(MachineConfig, host), worker: new Managed(MachineConfig, host) };
    const stack = new RotatingConfigs(secrets, configs, { ...MACHINE, ...machine }, names);
    await stack.up(talosVersion, "before");
    return stack;
  }

  /** Configs of secrets that are there already; `value`: their output, as a state has it. */
  static async adopt(
    host: TestHost,
    secrets: Managed,
    value: unknown = secrets.outputs["secrets"],
  ): Promise<RotatingConfigs> {
    const configs = { controlplane: new Managed(MachineConfig, host), worker: new Managed(MachineConfig, host) };
    const stack = new RotatingConfigs(secrets, configs, MACHINE, []);
    for (const [machineType, config] of Object.entries(configs)) {
      await config.up({ ...MACHINE, machineType, secrets: value });
    }
    return stack;
  }

  /** The kept inputs of a config. */
  inputs(type: MachineType): Values {
    return this.configs[type].inputs;
  }

  /** What an update would do to a config. */
  preview(machineType: MachineType, secrets: unknown): ReturnType<Managed["preview"]> {
    return this.configs[machineType].preview({ ...this.machine, machineType, secrets });
  }

  /** One `pulumi up`. */
  async up(talosVersion: string, stage: RehearsedStage): Promise<void> {
    const request = (name: StagedName): Values => ({
      id: "2026-11",
      stage,
      ...(name === "etcd" ? { allowDowntime: true } : {}),
    });
    const requests = Object.fromEntries(this.names.map((name) => [name, request(name)]));
    const rotation = stage === "before" ? {} : { rotation: requests };
    await this.secrets.up({ talosVersion, serviceAccount: { algorithm: "ecdsa-p256" }, ...rotation });
    for (const [machineType, config] of Object.entries(this.configs)) {
      await config.up({ ...this.machine, machineType, secrets: this.secrets.outputs["secrets"] });
    }
  }

  machineConfig(type: MachineType): string {
    return String(this.configs[type].outputs["machineConfig"]);
  }

  /** PEM of the CA that issues, and of those accepted beside it. */
  authorities(name: CAName): { readonly issuing: string; readonly accepted: readonly string[] } {
    const { certificateAuthorities, acceptedCAs } = this.secrets.outputs as {
      certificateAuthorities: Record<string, { certificatePem: string }>;
      acceptedCAs: Record<string, string[]>;
    };
    return { issuing: certificateAuthorities[name]?.certificatePem ?? "", accepted: acceptedCAs[name] ?? [] };
  }
}
