import { collectProblems, type Diagnostic, type Problem } from "../../core/errors";
import { AUTHORITY_NAMES, BUNDLE_KEYS } from "../../core/secrets/authority";
import { setAt } from "../../core/secrets/fields";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import type { AuthorityName } from "../../core/secrets/types";
import { INVENTORY, TEXT_NAMES, type TextRow } from "../../core/secrets/inventory";
import { TEXT_FORMS } from "../../core/secrets/tokens";
import { keyWarnings, lifetimeWarnings } from "../../core/secrets/validate";
import type { TalosVersion } from "../../core/talosVersion";
import { parsePrivateKey } from "../../core/x509/privateKey";
import type { Values } from "../definition";
import { holdsUnknown, UNKNOWN } from "../wire";
import { type GivenAuthority, type PairInput, readPair } from "./authorityInput";
import { keyLimits, type KeyOwner } from "./keyLimits";
import { lifetimeProblems } from "./lifetimes";

interface ValueRow {
  /** Path of the input. */
  readonly input: readonly string[];
  /** Path in SecretsBundle. */
  readonly bundle: readonly string[];
  readonly form: TextRow["form"];
}

/** Plain values that may be given instead of being made. */
export const VALUE_INPUTS: readonly ValueRow[] = TEXT_NAMES.map((name) => {
  const { input, bundle, form } = INVENTORY[name];
  return { input: input.split("."), bundle: bundle.split("."), form };
});

/** Values and authorities given as inputs; what a preview does not know is left out. */
export interface GivenSecrets {
  readonly bundle: PartialSecretsBundle;
  readonly authorities: { readonly [Name in AuthorityName]?: GivenAuthority };
  /** Authorities of which a preview knows only that they are given. */
  readonly unknown: readonly AuthorityName[];
  /** What is given and may not serve: near its end, of a kind that not everything reads. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Reads every value that is given instead of being made.
 *
 * @param now refuses an authority that has expired or is not valid yet, and warns; `undefined` for what was given before
 */
export function readGiven(
  inputs: Values,
  version: TalosVersion | undefined,
  now: Date | undefined,
  problems: Problem[],
): GivenSecrets {
  const bundle: Record<string, unknown> = {};
  for (const row of VALUE_INPUTS) {
    const value = at(inputs, row.input);
    if (typeof value !== "string" || holdsUnknown(value)) continue;
    const form = TEXT_FORMS[row.form];
    if (form.matches(value)) setAt(bundle, row.bundle, value);
    else
      problems.push({
        code: "ERR_INPUT_INVALID",
        path: row.input.join("."),
        message: `has the wrong form; expected ${form.expected}`,
      });
  }
  if (inputs["secretboxEncryptionSecret"] !== undefined && inputs["aescbcEncryptionSecret"] !== undefined) {
    problems.push({
      code: "ERR_INPUT_INVALID",
      path: "aescbcEncryptionSecret",
      message: "is given beside secretboxEncryptionSecret; expected the one that the cluster uses",
    });
  }
  const warnings: Diagnostic[] = [];
  const authorities: Record<string, GivenAuthority> = {};
  const unknown: AuthorityName[] = [];
  const limit = (owner: KeyOwner, algorithm: string | undefined, path: string): void => {
    const limits = keyLimits(owner, algorithm, version, path);
    problems.push(...limits.problems);
    if (now !== undefined) warnings.push(...limits.warnings);
  };
  for (const name of AUTHORITY_NAMES) {
    const input = at(inputs, ["certificateAuthorities", name]) as PairInput | undefined;
    const path = `certificateAuthorities.${name}`;
    limit(name, input?.algorithm, `${path}.algorithm`);
    const parts = [inputs["certificateAuthorities"], input, input?.certificatePem, input?.privateKeyPem];
    if (parts.includes(UNKNOWN)) unknown.push(name);
    const authority = readPair(input, path, problems);
    if (authority === undefined) continue;
    authorities[name] = authority;
    limit(name, authority.key.algorithm, `${path}.privateKeyPem`);
    if (now !== undefined) {
      const refused = lifetimeProblems(authority.certificate, now, `${path}.certificatePem`);
      problems.push(...refused);
      if (refused.length === 0)
        warnings.push(...lifetimeWarnings(authority.certificate, now, `${path}.certificatePem`));
    }
    warnings.push(...keyWarnings(authority.key, `${path}.privateKeyPem`));
    // Not as it was given: Talos finds no PEM in a text that is indented or begins with a byte order mark.
    setAt(bundle, ["certs", BUNDLE_KEYS[name]], authority.pem);
  }
  const { algorithm, privateKeyPem: key } = (at(inputs, ["serviceAccount"]) ?? {}) as PairInput;
  limit("serviceAccount", algorithm, "serviceAccount.algorithm");
  if (typeof key === "string" && !holdsUnknown(key)) {
    const parsed = collectProblems(problems, () => parsePrivateKey(key, "serviceAccount.privateKeyPem"));
    limit("serviceAccount", parsed?.algorithm, "serviceAccount.privateKeyPem");
    if (parsed !== undefined) {
      setAt(bundle, ["certs", "k8sServiceAccount", "key"], parsed.pem);
      warnings.push(...keyWarnings(parsed, "serviceAccount.privateKeyPem"));
    }
  }
  return { bundle, authorities, unknown, warnings };
}

function at(inputs: Values, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Values | undefined)?.[key], inputs);
}
