import { collectProblems, type Problem } from "../../core/errors";
import { AUTHORITY_NAMES, BUNDLE_KEYS } from "../../core/secrets/authority";
import { setAt } from "../../core/secrets/fields";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import type { AuthorityName } from "../../core/secrets/types";
import { isSecret, TOKEN_FORM } from "../../core/secrets/tokens";
import { lifetimeWarnings } from "../../core/secrets/validate";
import { hasFeature, type TalosVersion } from "../../core/talosVersion";
import { joinPem } from "../../core/x509/pem";
import { parsePrivateKey } from "../../core/x509/privateKey";
import type { Values } from "../definition";
import { holdsUnknown, UNKNOWN } from "../wire";
import { type GivenAuthority, type PairInput, readPair } from "./authorityInput";
import { lifetimeProblems } from "./lifetimes";

interface ValueRow {
  /** Path of the input. */
  readonly input: readonly string[];
  /** Path in SecretsBundle. */
  readonly bundle: readonly string[];
  readonly form: "token" | "secret" | "text";
}

/** Plain values that may be given instead of being made. */
export const VALUE_INPUTS: readonly ValueRow[] = [
  { input: ["cluster", "id"], bundle: ["cluster", "id"], form: "text" },
  { input: ["cluster", "secret"], bundle: ["cluster", "secret"], form: "secret" },
  { input: ["bootstrapToken"], bundle: ["secrets", "bootstrapToken"], form: "token" },
  { input: ["trustdToken"], bundle: ["trustdInfo", "token"], form: "token" },
  { input: ["secretboxEncryptionSecret"], bundle: ["secrets", "secretboxEncryptionSecret"], form: "secret" },
  { input: ["aescbcEncryptionSecret"], bundle: ["secrets", "aescbcEncryptionSecret"], form: "secret" },
];

const FORMS = {
  token: {
    test: (text: string) => TOKEN_FORM.test(text),
    expected: "6 characters, a dot and 16 characters, each of 0-9 and a-z",
  },
  secret: { test: isSecret, expected: "the standard base64 of 32 bytes" },
  text: { test: (text: string) => text !== "", expected: "a text that is not empty" },
} as const;

/** Values and authorities given as inputs; what a preview does not know is left out. */
export interface GivenSecrets {
  readonly bundle: PartialSecretsBundle;
  readonly authorities: { readonly [Name in AuthorityName]?: GivenAuthority };
  /** Authorities of which a preview knows only that they are given. */
  readonly unknown: readonly AuthorityName[];
  /** Of the authorities: near their end and the like. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads every value that is given instead of being made.
 *
 * @param now refuses an authority that has expired or is not valid yet; `undefined` leaves lifetimes alone
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
    const form = FORMS[row.form];
    if (form.test(value)) setAt(bundle, row.bundle, value);
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
  const warnings: Problem[] = [];
  const authorities: Record<string, GivenAuthority> = {};
  const unknown: AuthorityName[] = [];
  for (const name of AUTHORITY_NAMES) {
    const input = at(inputs, ["certificateAuthorities", name]) as PairInput | undefined;
    const path = `certificateAuthorities.${name}`;
    problems.push(...algorithmLimits(name, input?.algorithm, version, `${path}.algorithm`));
    const parts = [inputs["certificateAuthorities"], input, input?.certificatePem, input?.privateKeyPem];
    if (parts.includes(UNKNOWN)) unknown.push(name);
    const authority = readPair(input, path, problems);
    if (authority === undefined) continue;
    authorities[name] = authority;
    problems.push(...algorithmLimits(name, authority.key.algorithm, version, `${path}.privateKeyPem`));
    if (now !== undefined) {
      const refused = lifetimeProblems(authority.certificate, now, `${path}.certificatePem`);
      problems.push(...refused);
      if (refused.length === 0)
        warnings.push(...lifetimeWarnings(authority.certificate, now, `${path}.certificatePem`));
    }
    setAt(bundle, ["certs", BUNDLE_KEYS[name]], {
      crt: joinPem(input?.certificatePem ?? ""),
      key: joinPem(input?.privateKeyPem ?? ""),
    });
  }
  const key = at(inputs, ["serviceAccount", "privateKeyPem"]);
  if (typeof key === "string" && !holdsUnknown(key)) {
    const parsed = collectProblems(problems, () => parsePrivateKey(key, "serviceAccount.privateKeyPem"));
    if (parsed !== undefined) setAt(bundle, ["certs", "k8sServiceAccount", "key"], parsed.pem);
  }
  return { bundle, authorities, unknown, warnings };
}

function at(inputs: Values, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Values | undefined)?.[key], inputs);
}

/** Workers up to v1.10 ask trustd for Ed25519 certificates only, whatever the authority. */
export function algorithmLimits(
  name: string,
  algorithm: string | undefined,
  version: TalosVersion | undefined,
  path: string,
): Problem[] {
  if (name !== "os" || algorithm === undefined || holdsUnknown(algorithm) || algorithm === "ed25519") return [];
  if (version === undefined || hasFeature(version, "anyOsAuthorityAlgorithm")) return [];
  return [
    {
      code: "ERR_KEY_UNSUPPORTED",
      path,
      message: `is ${algorithm}, but workers of Talos ${version.contract} ask for Ed25519 certificates only; expected ed25519`,
    },
  ];
}
