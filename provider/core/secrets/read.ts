import { PkiError, type Problem } from "../errors";
import { decodeBase64, decodeUtf8, encodeBase64 } from "../x509/pem";
import {
  BUNDLE_FIELDS,
  BUNDLE_FORMS,
  type BundleField,
  type BundleForm,
  isTree,
  setAt,
  type Tree,
  valueAt,
} from "./fields";
import type { SecretsBundle } from "./types";

/** Some or all of a bundle: what a file or a value holds, nothing made up. */
export type PartialSecretsBundle = {
  readonly [Section in keyof SecretsBundle]?: SecretsBundle[Section] extends object
    ? { readonly [Name in keyof SecretsBundle[Section]]?: Partial<SecretsBundle[Section][Name]> }
    : SecretsBundle[Section];
};

export interface ReadBundle {
  readonly bundle: PartialSecretsBundle;
  readonly form: BundleForm;
  /** Values that are wrong in themselves: no text, no base64. */
  readonly problems: readonly Problem[];
  /** Paths, in the file's own spelling, that no field has. */
  readonly unknownPaths: readonly (readonly string[])[];
}

/** Keys beside the bundle that `TalosSecrets.secrets` has; they are known. */
const COMPANIONS = new Set(["talosVersion", "acceptedCAs", "acceptedServiceAccountKeys"]);

/**
 * Reads a bundle from a plain tree, in whichever of the written forms it is. Only known paths are walked, so aliases
 * under unknown keys cost nothing.
 *
 * @param plainPem take PEM text too where a file holds base64 of it
 */
export function readBundleTree(tree: Tree, path: string, plainPem = false): ReadBundle {
  const form = formOf(tree);
  const bundle: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const field of BUNDLE_FIELDS) {
    const value = valueAt(tree, field[form]);
    // As in Go, where an empty string is the same as none: talosctl leaves an empty encryption secret out.
    if (value === undefined || value === "") continue;
    const at = joinPath(path, field.talosctl);
    const read = readValue(value, field, at, plainPem);
    if (read instanceof PkiError) problems.push(...read.problems);
    else setAt(bundle, field.bundle, read);
  }
  return { bundle: bundle, form, problems, unknownPaths: unknownPaths(tree, form) };
}

/** The form that explains most values; talosctl's own when none does. */
export function formOf(tree: Tree): BundleForm {
  const matches = (form: BundleForm): number =>
    BUNDLE_FIELDS.filter((field) => valueAt(tree, field[form]) !== undefined).length;
  return BUNDLE_FORMS.reduce((best, form) => (matches(form) > matches(best) ? form : best), "talosctl");
}

/** Talos ignores what is around a PEM block; here it could not be written back. */
export const NO_TEXT =
  "holds octets that are not UTF-8; must be the base64 of a PEM file with nothing around the block";

function readValue(value: unknown, field: BundleField, path: string, plainPem: boolean): string | PkiError {
  if (typeof value !== "string") {
    return new PkiError("ERR_INPUT_INVALID", `is ${describeKind(value)}; must be a string`, { path });
  }
  if (field.kind === "text") return value;
  if (plainPem && value.startsWith("-----BEGIN ")) return value;
  // Talos passes a redacted key through as it is; the validator names it.
  if (/^\*+$/.test(value)) return value;
  const decoded = decodeBase64(value.replace(/\s+/g, ""));
  if (decoded === undefined) {
    return new PkiError("ERR_PEM_INVALID", "is not base64; must be the base64 of a PEM file", { path });
  }
  return decodeUtf8(decoded) ?? new PkiError("ERR_PEM_INVALID", NO_TEXT, { path });
}

function describeKind(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `a ${typeof value}`;
}

export function joinPath(path: string, steps: readonly string[]): string {
  return [...(path === "" ? [] : [path]), ...steps].join(".");
}

function unknownPaths(tree: Tree, form: BundleForm): string[][] {
  const known = BUNDLE_FIELDS.map((field) => field[form]);
  const visit = (node: Tree, at: readonly string[]): string[][] =>
    Object.keys(node).flatMap((key) => {
      const path = [...at, key];
      if (at.length === 0 && COMPANIONS.has(key)) return [];
      const reached = known.filter((steps) => path.every((step, index) => steps[index] === step));
      if (reached.length === 0) return [path];
      const child = node[key];
      return reached.some((steps) => steps.length > path.length) && isTree(child) ? visit(child, path) : [];
    });
  return visit(tree, []);
}

/** The tree of a bundle in one of the written forms; PEM in base64 by default; what is missing is left out. */
export function bundleTree(
  bundle: PartialSecretsBundle,
  form: BundleForm,
  pem: (text: string) => string = encodeBase64,
): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const field of BUNDLE_FIELDS) {
    const value = valueAt(bundle, field.bundle);
    if (typeof value === "string") setAt(tree, field[form], field.kind === "pem" ? pem(value) : value);
  }
  return tree;
}
