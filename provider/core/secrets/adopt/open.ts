import { normaliseText } from "../../text";
import { readPlainDocuments } from "../../yaml/plain";
import type { Container } from "./content";
import { assertPlaintext } from "./encrypted";
import { readKubernetesSecrets } from "./kubernetesSecrets";
import { readMachineConfigResource } from "./machineConfigResource";
import { readOutputs } from "./outputs";
import { readPulumiExport } from "./pulumiExport";
import { readTerraformState } from "./terraformState";

/** A reader of one form; `undefined` for documents of another. */
type FormReader = (documents: readonly unknown[]) => Container | undefined;

/** Every form of another tool that is recognised, the first that matches. */
const FORMS: readonly FormReader[] = [
  readTerraformState,
  readPulumiExport,
  readKubernetesSecrets,
  readMachineConfigResource,
  readOutputs,
];

/** The forms that come as YAML have one of these lines; what has none need not be read twice. */
const MAY_BE_YAML_CONTAINER =
  /^[ -]*["']?(?:kind["']?: *["']?(?:Secret|SecretList|List)|type["']?: *["']?MachineConfigs\.config\.talos\.dev)\b/m;

/**
 * Opens a file of another tool, whichever it is.
 *
 * @returns `undefined` for a file that is itself something of a cluster, and for what is neither
 * @throws PkiError ERR_BUNDLE_ENCRYPTED, ERR_YAML_INVALID
 */
export function openContainer(text: string, path: string): Container | undefined {
  const plain = normaliseText(text);
  assertPlaintext(plain, path);
  const json = /^\s*[{[]/.test(plain) ? parseJsonStream(plain) : undefined;
  if (json === undefined && !MAY_BE_YAML_CONTAINER.test(plain)) return undefined;
  const documents = json ?? readPlainDocuments(plain, path);
  for (const read of FORMS) {
    const container = read(documents);
    if (container !== undefined) return container;
  }
  return undefined;
}

/** JSON, or several objects one after the other as talosctl writes them; `undefined` for anything else. */
function parseJsonStream(text: string): unknown[] | undefined {
  const parse = (part: string): unknown => JSON.parse(part);
  try {
    return [parse(text)];
  } catch {
    // Several objects are no JSON together.
  }
  try {
    return text.split(/(?<=^\}\r?\n)(?=\{)/m).map(parse);
  } catch {
    return undefined;
  }
}
