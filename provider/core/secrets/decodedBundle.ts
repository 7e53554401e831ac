/**
 * A secrets bundle whose certificates and keys are parsed at most once, when they are first asked for.
 *
 * Every reader of this folder returns a DecodedBundle, and everything that comes after takes one instead of PEM:
 *
 * - in: `decodeBundle` (a structured bundle), `decodeSecretsYaml`, `decodeControlPlaneConfig`, `decodeKubernetesPki`,
 *   `generateDecodedBundle`; a CA alone: `decodeCA` (from PEM), `DecodedCA.of` (just issued)
 * - check: `validateDecodedBundle(decoded, now)` for the whole, `machineProblems(decoded, machineType)` for one machine
 * - use: `decoded.bundle` (values as stored, for writers), `decoded.authority("os")` (signs; throws if it cannot),
 *   `decoded.ca("os").certificates`, `.certificate`, `.privateKey`, `.problems`, `decoded.key("serviceAccount")`
 * - derive, sharing what is parsed: `decoded.with("os", ca)`, `decoded.filledFrom(supplied)`,
 *   `decoded.forMachine("worker")`; one secret is replaced by
 *   `generateDecodedBundle({ supplied: decoded.without("aggregator"), … })`
 *
 * Each certificate and key keeps the path that it was read from: its problems and warnings name that path wherever they
 * are found.
 */
import { PkiError } from "../errors";
import type { Authority } from "../x509/authority";
import { DecodedCA, decodeCA, type DecodedKey, decodeKey, DecodedPem, type PemReaders } from "./decodedPem";
import { BUNDLE_FIELDS, type BundleField, SECRET_FIELDS, setAt, valueAt } from "./fields";
import {
  type CAName,
  ENCRYPTION_NAMES,
  INVENTORY,
  isCAName,
  isEncryption,
  type KeyName,
  type SecretName,
  type TextName,
} from "./inventory";
import { joinPath, type PartialSecretsBundle } from "./read";
import type { MachineType, SecretsBundle } from "./types";

/** The path to report for a place in a bundle, which is given as steps of talosctl's YAML. */
export type PathOf = (talosctl: readonly string[]) => string;

/** Paths of talosctl's YAML behind a prefix. */
export const talosctlPaths =
  (prefix: string): PathOf =>
  (talosctl) =>
    joinPath(prefix, talosctl);

/** A secret as a bundle holds it. */
export type DecodedSecret<Name extends SecretName> = Name extends CAName
  ? DecodedCA
  : Name extends KeyName
    ? DecodedKey
    : string;

type Entry = DecodedCA | DecodedKey | string;

/** A bundle, whole or in part, with its certificates and keys. */
export class DecodedBundle {
  constructor(
    private readonly entries: ReadonlyMap<SecretName, Entry>,
    /** The path to report for what is missing. */
    readonly pathOf: PathOf,
  ) {}

  /** The values as stored. */
  get bundle(): PartialSecretsBundle {
    const bundle: Record<string, unknown> = {};
    for (const field of BUNDLE_FIELDS) {
      const value = this.value(field);
      if (value !== undefined) setAt(bundle, field.bundle, value);
    }
    return bundle;
  }

  /** The values of a bundle that was generated, or validated without a problem: none is missing. */
  get wholeBundle(): SecretsBundle {
    return this.bundle as SecretsBundle;
  }

  /** A value as stored. */
  value({ secret, half }: Pick<BundleField, "secret" | "half">): string | undefined {
    const entry = this.entries.get(secret);
    if (entry instanceof DecodedCA) return entry.pem[half ?? "key"];
    return entry instanceof DecodedPem ? entry.pem : entry;
  }

  /** A CA; one without halves if the bundle has none. */
  ca(name: CAName): DecodedCA {
    return caOf(this.entries.get(name));
  }

  /** A private key that belongs to no certificate. */
  key(name: KeyName): DecodedKey | undefined {
    const entry = this.entries.get(name);
    return entry instanceof DecodedPem ? entry : undefined;
  }

  /** A token or another text. */
  text(name: TextName): string | undefined {
    const entry = this.entries.get(name);
    return typeof entry === "string" ? entry : undefined;
  }

  /**
   * A CA that signs.
   *
   * @throws PkiError ERR_INPUT_MISSING when the bundle lacks a half of it, those of parseAuthority
   */
  authority(name: CAName): Authority {
    const authority = this.ca(name).authority();
    if (authority !== undefined) return authority;
    const { title, talosctl } = INVENTORY[name];
    throw new PkiError(
      "ERR_INPUT_MISSING",
      `holds no ${title} CA with its private key; must be the bundle of a cluster`,
      { path: this.pathOf(talosctl.split(".")) },
    );
  }

  /** The same with one secret replaced. */
  with<Name extends SecretName>(name: Name, secret: DecodedSecret<Name>): DecodedBundle {
    return new DecodedBundle(new Map<SecretName, Entry>([...this.entries, [name, secret]]), this.pathOf);
  }

  /** The same without one secret. */
  without(name: SecretName): DecodedBundle {
    return new DecodedBundle(new Map([...this.entries].filter(([other]) => other !== name)), this.pathOf);
  }

  /** The same with the values of another bundle where it has none. A cluster has one key that encrypts Secrets in etcd. */
  filledFrom(other: DecodedBundle): DecodedBundle {
    const entries = new Map(this.entries);
    const isEncrypted = ENCRYPTION_NAMES.some((name) => this.entries.get(name));
    for (const [name, theirs] of other.entries) {
      const mine = entries.get(name);
      if (mine instanceof DecodedCA && theirs instanceof DecodedCA) entries.set(name, mine.filledFrom(theirs));
      else if (!(mine instanceof DecodedPem ? mine.pem : mine) && !(isEncrypted && isEncryption(name)))
        entries.set(name, theirs);
    }
    return new DecodedBundle(entries, this.pathOf);
  }

  /** What a machine of this type needs, as far as it is there: for a worker no private key. */
  forMachine(machineType: MachineType): DecodedBundle {
    if (machineType === "controlplane") return this;
    const entries = new Map<SecretName, Entry>();
    for (const [name, entry] of this.entries) {
      const { worker } = INVENTORY[name];
      if (worker === "all") entries.set(name, entry);
      else if (worker === "certificate" && entry instanceof DecodedCA) entries.set(name, entry.withoutKey());
    }
    return new DecodedBundle(entries, this.pathOf);
  }
}

const caOf = (entry: Entry | undefined): DecodedCA => (entry instanceof DecodedCA ? entry : DecodedCA.none);

/** A structured bundle, whole or in part; what is wrong with its PEM shows when it is asked for. */
export function decodeBundle(
  bundle: PartialSecretsBundle,
  pathOf: PathOf = talosctlPaths(""),
  readers?: PemReaders,
): DecodedBundle {
  return decodeValues(
    (field) => {
      const value = valueAt(bundle, field.bundle);
      return typeof value === "string" ? { value, path: pathOf(field.talosctl) } : undefined;
    },
    pathOf,
    readers,
  );
}

/** A bundle of the values that `read` finds, each with the path that it has there. */
export function decodeValues(
  read: (field: BundleField) => { readonly value: string; readonly path: string } | undefined,
  pathOf: PathOf,
  readers?: PemReaders,
): DecodedBundle {
  const entries = new Map<SecretName, Entry>();
  for (const field of SECRET_FIELDS) {
    const found = read(field);
    if (found === undefined) continue;
    const { secret, half } = field;
    const { value, path } = found;
    if (half === undefined) entries.set(secret, value);
    else if (isCAName(secret)) {
      const { pem, paths } = caOf(entries.get(secret));
      entries.set(secret, decodeCA({ ...pem, [half]: value }, { ...paths, [half]: path }, readers));
    } else entries.set(secret, decodeKey(value, path, readers));
  }
  return new DecodedBundle(entries, pathOf);
}
