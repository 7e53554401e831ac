import { webcrypto } from "node:crypto";

import { generateMachineConfig } from "../../../provider/core/config/machineConfig";
import type { MachineConfigOptions } from "../../../provider/core/config/machineConfigOptions";
import { createTalosconfig, formatTalosconfig } from "../../../provider/core/config/talosconfig";
import type { TalosconfigOptions } from "../../../provider/core/config/talosconfig";
import { createEnvironment } from "../../../provider/core/environment";
import type { Environment } from "../../../provider/core/environment";
import { formatSecretsBundle } from "../../../provider/core/secrets/codec";
import { generateSecretsBundle } from "../../../provider/core/secrets/generate";
import type { CertificateAndKey, SecretsBundle } from "../../../provider/core/secrets/types";
import { issueClientCertificate } from "../../../provider/core/x509";
import type { ClientCertificateOptions } from "../../../provider/core/x509";

import { Folder } from "./files";
import type { Pair } from "./forge";
import type { Origin } from "./verdict";

/** The real clock and real randomness: real Talos looks at the lifetimes. */
export const now: Environment = createEnvironment(webcrypto, () => new Date());

/** The same with a clock that is off by `hours`. */
export const hoursFromNow = (hours: number): Environment =>
  createEnvironment(webcrypto, () => new Date(Date.now() + hours * 3_600_000));

/** The version contracts that the judge's Talos knows. */
export const contracts = ["v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11", "v1.12", "v1.13"] as const;

export const clusterName = "interop";
export const clusterEndpoint = "https://127.0.0.1:6443";

export type ConfigOptions = Partial<Omit<MachineConfigOptions, "machineType">>;

export type ClientOptions = Omit<ClientCertificateOptions, "certificateAuthority">;

const serviceAccountKeys = new Map<string, string>();

/** A cluster whose PKI the core has made, as files. */
export class Cluster {
  readonly folder = new Folder();
  readonly secretsYaml: string;

  private constructor(
    readonly bundle: SecretsBundle,
    readonly talosVersion: string,
  ) {
    this.secretsYaml = this.folder.write("secrets.yaml", formatSecretsBundle(bundle));
  }

  /** Everything is new, but for the service account key: it costs a second, and no node looks at it. */
  static async make(talosVersion = "v1.13"): Promise<Cluster> {
    const key = serviceAccountKeys.get(talosVersion);
    if (key === undefined) return Cluster.makeAfresh(talosVersion);
    const given = { certs: { k8sServiceAccount: { key } } };
    return new Cluster(await generateSecretsBundle({ talosVersion, given }, now), talosVersion);
  }

  /** Everything is new. */
  static async makeAfresh(talosVersion = "v1.13"): Promise<Cluster> {
    const bundle = await generateSecretsBundle({ talosVersion }, now);
    serviceAccountKeys.set(talosVersion, bundle.certs.k8sServiceAccount.key);
    return new Cluster(bundle, talosVersion);
  }

  /** The file of a machine config, named after its type unless told otherwise. */
  config(machineType: Origin["type"], options: ConfigOptions = {}, name = `${machineType}.yaml`): string {
    const { machineConfig } = generateMachineConfig({
      secrets: this.bundle,
      clusterName,
      clusterEndpoint,
      machineType,
      talosVersion: this.talosVersion,
      kubernetesVersion: "1.31.1",
      installImage: "ghcr.io/siderolabs/installer:v1.13.0",
      ...options,
    });
    return this.folder.write(name, machineConfig);
  }

  /** What Talos shall generate to compare `config` with. */
  origin(type: Origin["type"], more: Partial<Origin> = {}): Origin {
    return {
      bundle: this.secretsYaml,
      cluster: clusterName,
      endpoint: clusterEndpoint,
      type,
      talosVersion: this.talosVersion,
      kubernetesVersion: "1.31.1",
      installDisk: "/dev/sda",
      installImage: "ghcr.io/siderolabs/installer:v1.13.0",
      ...more,
    };
  }

  /** The file of a talosconfig of the core, with a client certificate from it: by default an os:admin's. */
  async client(name: string, options: ClientOptions = {}, environment = now): Promise<string> {
    return this.talosconfig(name, await issueClient(this.bundle.certs.os, options, environment));
  }

  /** The file of a talosconfig of the core for any client certificate. */
  talosconfig(name: string, client: Pair, options: Partial<TalosconfigOptions> = {}): string {
    const talosconfig = createTalosconfig({
      contextName: clusterName,
      caCertificatesPem: this.bundle.certs.os.crt,
      clientCertificatePem: client.crt,
      clientKeyPem: client.key,
      ...options,
    });
    return this.folder.write(name, formatTalosconfig(talosconfig));
  }
}

/** A client certificate from the core, as PEM. */
export async function issueClient(
  issuer: CertificateAndKey,
  options: ClientOptions = {},
  environment = now,
): Promise<Pair> {
  const certificateAuthority = { certificatePem: issuer.crt, privateKeyPem: issuer.key };
  const { certificate, key } = await issueClientCertificate({ ...options, certificateAuthority }, environment);
  return { crt: certificate.pem, key: key.pem };
}
