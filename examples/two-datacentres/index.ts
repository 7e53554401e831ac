// Two data centres with a Talos cluster each. The nodes of each also let in clients of the other.
import * as pulumi from "@pulumi/pulumi";
import { AcceptedCA, ClientConfiguration, MachineConfig, TalosSecrets } from "pulumi-talos-pki";
import { createTalosconfig, formatTalosconfig } from "pulumi-talos-pki/core";

// A try-out may be destroyed. Leave `protect` out for a real cluster.
const tryOut = { protect: false };
const east = new TalosSecrets("east", { talosVersion: "v1.13" }, tryOut);
const west = new TalosSecrets("west", { talosVersion: "v1.13" }, tryOut);

/** `trust.os` is certificates only: the issuing CA, and while a rotation lasts the other one as well. */
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

/** East's admin at west: west's nodes accept east's client certificate, and the admin trusts west's nodes. */
export const eastAdminAtWest = pulumi
  .all([eastAdmin.clientCertificatePem, eastAdmin.clientKeyPem, west.trust.os])
  .apply(([clientCertificatePem, clientKeyPem, trust]) =>
    formatTalosconfig(
      createTalosconfig({
        contextName: "east@west",
        endpoints: ["10.1.0.2"],
        caCertificatesPem: [trust],
        clientCertificatePem,
        clientKeyPem,
      }),
    ),
  );

export const accepted = { byEast: westCA.fingerprint, byWest: eastCA.fingerprint };
