// Tokens from @pulumi/random. A new keeper makes a new token, and the rotation with the same id takes it.
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { MachineConfig, TalosSecrets } from "pulumi-talos-pki";

const config = new pulumi.Config();
const bootstrapTokenId = config.get("bootstrapTokenId") ?? "1";
const trustdTokenId = config.get("trustdTokenId") ?? "1";

/** 6 characters, a dot and 16 characters, as Talos and Kubernetes want them. */
function token(name: string, id: string): pulumi.Output<string> {
  const part = (suffix: string, length: number): random.RandomPassword =>
    new random.RandomPassword(`${name}-${suffix}`, { length, special: false, upper: false, keepers: { id } });
  return pulumi.interpolate`${part("id", 6).result}.${part("secret", 16).result}`;
}

const secrets = new TalosSecrets(
  "demo",
  {
    talosVersion: "v1.13",
    bootstrapToken: token("bootstrap", bootstrapTokenId),
    trustdToken: token("trustd", trustdTokenId),
    rotation: { bootstrapToken: { id: bootstrapTokenId }, trustdToken: { id: trustdTokenId } },
  },
  // A try-out may be destroyed. Leave `protect` out for a real cluster.
  { protect: false },
);
const worker = new MachineConfig("worker", {
  secrets,
  clusterName: "demo",
  clusterEndpoint: "https://10.0.0.10:6443",
  machineType: "worker",
});

export const workerConfig = worker.machineConfig;
export const rotationStatus = secrets.rotationStatus;
export const fingerprint = secrets.fingerprint;
