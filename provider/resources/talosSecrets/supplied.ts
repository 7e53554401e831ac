import { collectProblems, type Problem, type Warning } from "../../core/errors";
import { type DecodedBundle, decodeBundle } from "../../core/secrets/decodedBundle";
import { DecodedCA, DecodedPem } from "../../core/secrets/decodedPem";
import { CA_NAMES, type CAName, INVENTORY, TEXT_NAMES, type TextName } from "../../core/secrets/inventory";
import { TEXT_FORMS } from "../../core/secrets/tokens";
import { keyWarnings, lifetimeWarnings } from "../../core/secrets/validate";
import type { TalosVersion } from "../../core/talosVersion";
import type { DecodeContext } from "../../engine/decode";
import { isKnown, knownOr, type Unknown } from "../../engine/unknown";
import { caInput, type PairInput, type SecretsInputs } from "./inputs";
import { judgeKey, type KeyOwner } from "./keyRules";
import { lifetimeProblems } from "./lifetimes";

/** Values and CAs that the program supplies instead of having them made; what is unknown is left out. */
export interface SuppliedSecrets {
  readonly bundle: DecodedBundle;
  /** CAs of which a preview knows only that they are supplied. */
  readonly unknown: readonly CAName[];
  readonly warnings: readonly Warning[];
}

/** When and for which version values are supplied. */
interface Occasion {
  readonly version: TalosVersion | undefined;
  /** At creation: rejects a CA that has expired or is not valid yet, and warns; `undefined` for what was supplied before. */
  readonly now: Date | undefined;
}

/** Reads every value that is supplied instead of being made. */
export function readSupplied(
  inputs: SecretsInputs,
  { version, now }: Occasion,
  context: DecodeContext,
  problems: Problem[],
): SuppliedSecrets {
  let bundle = decodeBundle({});
  for (const name of TEXT_NAMES) {
    const text = suppliedText(inputs, name);
    if (text === undefined || !isKnown(text)) continue;
    const { form, input } = INVENTORY[name];
    const { matches, expected } = TEXT_FORMS[form];
    if (matches(text)) bundle = bundle.with(name, text);
    else problems.push({ code: "ERR_INPUT_INVALID", path: input, message: `has the wrong form; must be ${expected}` });
  }
  problems.push(...encryptionProblems(inputs));
  const warnings: Warning[] = [];
  const judge = (owner: KeyOwner, algorithm: string | undefined, path: string): void => {
    const verdict = judgeKey(owner, algorithm, version, path);
    problems.push(...verdict.problems);
    if (now !== undefined) warnings.push(...verdict.warnings);
  };
  const unknown: CAName[] = [];
  for (const name of CA_NAMES) {
    const input = caInput(inputs, name);
    if (!isKnown(input)) {
      unknown.push(name);
      continue;
    }
    const path = INVENTORY[name].input;
    judge(name, knownOr(input?.algorithm), `${path}.algorithm`);
    if (!isKnown(input?.certificatePem) || !isKnown(input?.privateKeyPem)) unknown.push(name);
    const ca = readPair(input, path, context, problems);
    if (ca === undefined) continue;
    const { certificate, privateKey } = ca;
    judge(name, privateKey?.algorithm, `${path}.privateKeyPem`);
    if (now !== undefined && certificate !== undefined) {
      const rejected = lifetimeProblems(certificate, now, `${path}.certificatePem`);
      problems.push(...rejected);
      if (rejected.length === 0) warnings.push(...lifetimeWarnings(certificate, now, `${path}.certificatePem`));
    }
    if (privateKey !== undefined) warnings.push(...keyWarnings(privateKey, `${path}.privateKeyPem`));
    bundle = bundle.with(name, ca);
  }
  const serviceAccount = isKnown(inputs.serviceAccount) ? inputs.serviceAccount : undefined;
  judge("serviceAccount", knownOr(serviceAccount?.algorithm), "serviceAccount.algorithm");
  const pem = knownOr(serviceAccount?.privateKeyPem);
  const { input: keyPath } = INVENTORY.serviceAccount;
  const key = pem === undefined ? undefined : collectProblems(problems, () => context.pems.privateKey(pem, keyPath));
  if (key !== undefined) {
    judge("serviceAccount", key.algorithm, keyPath);
    warnings.push(...keyWarnings(key, keyPath));
    bundle = bundle.with("serviceAccount", DecodedPem.of(key.pem, keyPath, key));
  }
  return { bundle, unknown, warnings };
}

/** A text of the bundle by the input that supplies it. */
function suppliedText(inputs: SecretsInputs, name: TextName): string | Unknown | undefined {
  const { cluster } = inputs;
  switch (name) {
    case "clusterId":
      return isKnown(cluster) ? cluster?.id : cluster;
    case "clusterSecret":
      return isKnown(cluster) ? cluster?.secret : cluster;
    default:
      return inputs[name];
  }
}

function encryptionProblems({ secretboxEncryptionSecret, aescbcEncryptionSecret }: SecretsInputs): Problem[] {
  if (secretboxEncryptionSecret === undefined || aescbcEncryptionSecret === undefined) return [];
  return [
    {
      code: "ERR_INPUT_INVALID",
      path: "aescbcEncryptionSecret",
      message: "is configured beside secretboxEncryptionSecret; must be the one that the cluster uses",
    },
  ];
}

/** A CA from a pair of certificate and key; both or neither. */
export function readPair(
  input: PairInput | undefined,
  path: string,
  { pems }: DecodeContext,
  problems: Problem[],
): DecodedCA | undefined {
  const { certificatePem: crt, privateKeyPem: key } = input ?? {};
  if (crt === undefined && key === undefined) return undefined;
  if (crt === undefined || key === undefined) {
    const [name, other] = key === undefined ? ["privateKeyPem", "certificatePem"] : ["certificatePem", "privateKeyPem"];
    problems.push({
      code: "ERR_INPUT_MISSING",
      path: `${path}.${name}`,
      message: `is required beside ${other}; a CA without its key can sign nothing and cannot be rotated`,
    });
    return undefined;
  }
  if (!isKnown(crt) || !isKnown(key)) return undefined;
  const paths = { crt: `${path}.certificatePem`, key: `${path}.privateKeyPem` };
  return collectProblems(problems, () => {
    const ca = pems.ca({ crt, key }, paths);
    // Not as configured: Talos finds no PEM in a text that is indented or begins with a byte order mark.
    const [, ...trusted] = pems.caCertificates(crt, paths.crt);
    return DecodedCA.of(ca, trusted, paths);
  });
}
