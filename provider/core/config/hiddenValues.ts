import { isTree } from "../secrets/fields";
import { readPlainDocuments } from "../yaml/plain";
import { REDACTED } from "./secretLeaf";

/**
 * The secrets that a redacted view of a config hides, so that a view of a config made from it hides them too.
 *
 * @throws PkiError ERR_YAML_INVALID
 */
export function hiddenValues(config: string, redacted: string): string[] {
  const hidden: string[] = [];
  const visit = (value: unknown, shown: unknown): void => {
    if (Array.isArray(value)) {
      const others: readonly unknown[] = Array.isArray(shown) ? shown : [];
      for (const [index, item] of value.entries()) visit(item, others[index]);
    } else if (isTree(value)) {
      for (const [key, child] of Object.entries(value)) visit(child, isTree(shown) ? shown[key] : undefined);
    } else if (typeof value === "string" && shown === REDACTED && value !== shown) hidden.push(value);
  };
  visit(readPlainDocuments(config, "machineConfig"), readPlainDocuments(redacted, "redactedConfig"));
  return hidden;
}
