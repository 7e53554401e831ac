import { isTree, type Tree } from "../fields";
import { type Container, kindOf } from "./content";
import { memberContents, outputContents } from "./terraformState";

/** What Pulumi writes in the place of a secret. */
const PULUMI_SECRET = "[secret]";

/**
 * What `pulumi stack output --json` and `terraform output -json` print: a map by the user's own names. Terraform's
 * attributes of one resource (`machine_secrets` beside `client_configuration`) have the same shape.
 */
export function readOutputs([root, ...others]: readonly unknown[]): Container | undefined {
  if (!isTree(root) || others.length > 0 || kindOf(root) !== undefined) return undefined;
  if (isTerraform(root)) return found("Terraform outputs", outputContents(root, ""), root);
  const hides = Object.values(root).includes(PULUMI_SECRET);
  const contents = Object.entries(root).flatMap(([name, value]) => memberContents(value, name));
  if (hides) return { ...container("Pulumi stack outputs", contents, root), showCommand: SHOW_COMMAND };
  return found("outputs", contents, root);
}

const SHOW_COMMAND = "pulumi stack output --json --show-secrets";

function isTerraform(root: Tree): boolean {
  const outputs = Object.values(root);
  return outputs.length > 0 && outputs.every((output) => isTree(output) && "value" in output && "sensitive" in output);
}

const container = (form: string, contents: Container["contents"], tree: Tree): Container => ({ form, contents, tree });

/** Any map may be somebody's outputs: it is one only if something is in it. */
const found = (form: string, contents: Container["contents"], tree: Tree): Container | undefined =>
  contents.length === 0 ? undefined : container(form, contents, tree);
