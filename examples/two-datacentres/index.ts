// Two data centres with a Talos cluster each. The nodes of each also let in clients of the other.
import * as pulumi from "@pulumi/pulumi";
import { AcceptedCA, ClientConfiguration, MachineConfig, TalosSecrets } from "pulumi-talos-pki";

// A try-out may be destroyed. Leave `protect` out for a real cluster.
const tryOut = { protect: false };
const east = new TalosSecrets("east", { talosVersion: "v1.13" }, tryOut);
const west = new TalosSecrets("west", { talosVersion: "v1.13" }, tryOut);

/** `trust.os` is certificates only: the issuing authority, and while a rotation lasts the other one as well. */
const eastCA = new AcceptedCA("east", { certificatePem: east.trust.os });
const westCA = new AcceptedCA("west", { certificatePem: west.trust.os });

function configsOf(clusterName: string, secrets: TalosSecrets, acceptedCAs: AcceptedCA[]) {
  const cluster = { secrets, clusterName, clusterEndpoint: `https://${clusterName}.example.com:6443`, acceptedCAs };
  return {
    controlPlane: new MachineConfig(`${clusterName}-controlplane`, { ...cluster, machineType: "controlplane" })
      .machineConfig,
    worker: new MachineConfig(`${clusterName}-worker`, { ...cluster, machineType: "worker" }).machineConfig,
  };
}

export const eastConfigs = configsOf("east", east, [westCA]);
export const westConfigs = configsOf("west", west, [eastCA]);

const eastAdmin = new ClientConfiguration("east-admin", {
  secrets: east,
  clusterName: "east",
  endpoints: ["10.0.0.2"],
});
export const eastTalosconfig = eastAdmin.talosconfig;

/**
 * East's admin at west: the client certificate is east's, which west's nodes accept, and the servers' certificates
 * are west's. JSON is YAML, so talosctl reads it.
 */
export const eastAdminAtWest = pulumi.secret(
  pulumi.all([eastAdmin.clientConfiguration, west.trust.os]).apply(([{ clientCertificate, clientKey }, trust]) =>
    JSON.stringify(
      {
        context: "east@west",
        contexts: {
          "east@west": {
            endpoints: ["10.1.0.2"],
            ca: Buffer.from(trust).toString("base64"),
            crt: clientCertificate,
            key: clientKey,
          },
        },
      },
      undefined,
      2,
    ),
  ),
);

export const accepted = { byEast: westCA.fingerprint, byWest: eastCA.fingerprint };
