import { isTree, type Tree, valueAt } from "../fields";
import { writePlainYaml } from "../../yaml/plain";
import { type Container, type Content, contentsOf } from "./content";

const RESOURCE_TYPE = "MachineConfigs.config.talos.dev";

/**
 * What `talosctl get machineconfig -o yaml|json` prints: resources of Talos, whose `spec` is the config as a text.
 * Source: siderolabs/talos pkg/machinery/resources/config/machine_config.go, v1.13.
 */
export function readMachineConfigResource(documents: readonly unknown[]): Container | undefined {
  const resources = documents.filter(isTree).filter((tree) => valueAt(tree, ["metadata", "type"]) === RESOURCE_TYPE);
  if (resources.length === 0) return undefined;
  return {
    form: "machine config of talosctl get",
    contents: resources.flatMap(resourceContents),
    tree: resources,
  };
}

function resourceContents(resource: Tree): Content[] {
  const { node, spec } = resource;
  const id = valueAt(resource, ["metadata", "id"]);
  const address = [node, id].filter((part) => typeof part === "string").join("/");
  return contentsOf(isTree(spec) ? writePlainYaml(spec) : spec, address);
}
