import { releaseHasFeature } from "../talosVersion";

/**
 * A config patch that has one node installed to a disk of its own; `""` installs to none.
 *
 * @param talosVersion of the config that is patched: `v1.13`
 * @example
 * installDiskPatch("v1.13", "/dev/nvme0n1"); // { machine: { install: { disk: "/dev/nvme0n1" } } }
 */
export function installDiskPatch(talosVersion: string, disk: string): object {
  if (!releaseHasFeature(talosVersion, "kubernetesDocuments"))
    return { machine: { install: { disk: disk === "" ? DELETED : disk } } };
  const document = { apiVersion: "v1alpha1", kind: "UnattendedInstallConfig" };
  if (disk === "") return { ...document, ...DELETED };
  return { ...document, provisioning: { diskSelector: { match: `disk.dev_path == ${JSON.stringify(disk)}` } } };
}

/** An empty text would be merged as none (siderolabs/talos pkg/machinery/config/configpatcher, v1.13). */
const DELETED = { $patch: "delete" };
