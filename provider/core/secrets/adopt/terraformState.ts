import { isTree, type Tree, valueAt } from "../fields";
import { type Container, type Content, contentsOf } from "./content";

/** Resources of siderolabs/talos; others may repeat what these hold. */
const TALOS_RESOURCE = /^talos_/;

/**
 * A state of Terraform or OpenTofu (format version 4), and what `show -json` prints (format version 1). Sources:
 * Terraform 1.11 measured; siderolabs/terraform-provider-talos pkg/talos/talos_machine_secrets_resource.go, v0.1 to
 * v0.12.0-alpha.5 (up to v0.1 `machine_secrets` was the YAML of a bundle).
 */
export function readTerraformState([root]: readonly unknown[]): Container | undefined {
  if (!isTree(root)) return undefined;
  const isState = root["version"] === 4 && Array.isArray(root["resources"]) && typeof root["lineage"] === "string";
  const shown = valueAt(root, ["values", "root_module"]);
  if (!isState && (typeof root["format_version"] !== "string" || !isTree(shown))) return undefined;
  const contents = isState ? stateContents(root["resources"]) : moduleContents(shown);
  const outputs = isState ? root["outputs"] : valueAt(root, ["values", "outputs"]);
  return { form: "Terraform state", contents: [...contents, ...outputContents(outputs, "output.")], tree: root };
}

/** What `terraform output -json` prints, and the outputs of a state: every value with its type. */
export function outputContents(outputs: unknown, prefix: string): Content[] {
  if (!isTree(outputs)) return [];
  return Object.entries(outputs).flatMap(([name, output]) =>
    memberContents(valueAt(output, ["value"]), `${prefix}${name}`),
  );
}

/** A value, and what is right below it: people give out whole resources and maps of texts. */
export function memberContents(value: unknown, address: string): Content[] {
  const whole = contentsOf(value, address);
  if (whole.length > 0 || !isTree(value)) return whole;
  return Object.entries(value).flatMap(([key, child]) => contentsOf(child, `${address}.${key}`));
}

function stateContents(resources: unknown): Content[] {
  return items(resources)
    .filter(({ type }) => typeof type === "string" && TALOS_RESOURCE.test(type))
    .flatMap((resource) =>
      items(resource["instances"]).flatMap((instance) =>
        attributeContents(instance["attributes"], stateAddress(resource, instance["index_key"])),
      ),
    );
}

/** As `terraform state list` writes it. */
function stateAddress(resource: Tree, key: unknown): string {
  const { module, mode, type, name } = resource;
  const index = typeof key === "number" || typeof key === "string" ? `[${JSON.stringify(key)}]` : "";
  const parts = [module, mode === "data" ? "data" : undefined, type, name].filter((part) => typeof part === "string");
  return `${parts.join(".")}${index}`;
}

const MAX_MODULES = 100_000;

function moduleContents(root: unknown): Content[] {
  const contents: Content[] = [];
  const waiting = [root];
  for (let count = 0; waiting.length > 0 && count < MAX_MODULES; count++) {
    const module = waiting.pop();
    if (!isTree(module)) continue;
    for (const { type, address, values } of items(module["resources"])) {
      if (typeof type === "string" && TALOS_RESOURCE.test(type)) {
        contents.push(...attributeContents(values, typeof address === "string" ? address : type));
      }
    }
    waiting.push(...items(module["child_modules"]));
  }
  return contents;
}

function attributeContents(attributes: unknown, address: string): Content[] {
  return Object.values(isTree(attributes) ? attributes : {}).flatMap((value) => contentsOf(value, address));
}

function items(value: unknown): Tree[] {
  return Array.isArray(value) ? value.filter(isTree) : [];
}
