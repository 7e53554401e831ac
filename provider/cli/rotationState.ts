import { ROTATION_STAGES, type RotationPosition } from "../core/lifecycle/rotation";
import { parseSecretsBundle } from "../core/secrets/codec";
import { isTree, valueAt } from "../core/secrets/fields";
import { type Authority, parseAuthority } from "../core/x509/authority";
import { type Certificate, parseCertificate, parseCertificates } from "../core/x509/certificate";
import type { Stack, StackResource } from "./stack";
import { CliError } from "./cliContext";

/** What a stack knows of the rotation of the OS CA. */
export interface KnownRotation {
  /** Name of the TalosSecrets. */
  readonly resource: string;
  readonly position: RotationPosition;
  readonly id?: string;
  readonly issuing: Certificate;
  /** The accepted CA while a rotation is under way. */
  readonly other?: Certificate;
  /** Fingerprints of CAs that have issued before. */
  readonly retired: readonly string[];
  /** What the state says is to be done next. */
  readonly todo?: string;
  /** A rotation of the Kubernetes CA that is under way; apid knows nothing of it. */
  readonly kubernetes?: { readonly id: string; readonly stage: string; readonly todo: string };
  /** CAs with their keys, when the export shows secrets. */
  readonly signers: { readonly issuing?: Authority; readonly other?: Authority };
}

/**
 * Finds the TalosSecrets that is meant: by name, else the one that knows one of these CAs, else the only one.
 *
 * @throws CliError when there is none or more than one
 */
export function readRotation(
  stack: Stack,
  name: string | undefined,
  authorities: readonly Certificate[],
  now: Date,
): KnownRotation {
  const all = stack.resources.filter(
    ({ type, outputs }) => type === "TalosSecrets" && isTree(outputs["rotationStatus"]),
  );
  const byName = name === undefined ? all : all.filter((resource) => resource.name === name);
  const known = byName.filter((resource) =>
    authorities.some(({ fingerprint }) => fingerprintsOf(resource).includes(fingerprint)),
  );
  const [resource, second] = known.length > 0 ? known : byName;
  const names = all.map((each) => JSON.stringify(each.name)).join(", ");
  if (resource === undefined) {
    throw new CliError(
      name === undefined
        ? "the stack holds no TalosSecrets"
        : `the stack holds no TalosSecrets ${JSON.stringify(name)}; it has ${names || "none"}`,
    );
  }
  if (second !== undefined)
    throw new CliError(`the stack holds several TalosSecrets (${names}); use --resource with one of them`);
  return describe(resource, now);
}

function fingerprintsOf({ outputs }: StackResource): string[] {
  const status = valueAt(outputs, ["rotationStatus", "os"]);
  const list = (key: string): unknown[] => {
    const value = valueAt(status, [key]);
    return Array.isArray(value) ? value : [value];
  };
  return [...list("issuing"), ...list("accepted"), ...list("retired")].filter((value) => typeof value === "string");
}

function describe(resource: StackResource, now: Date): KnownRotation {
  const { outputs, secrets, name } = resource;
  const status = (key: string): unknown => valueAt(outputs, ["rotationStatus", "os", key]);
  const pem = valueAt(outputs, ["certificateAuthorities", "os", "certificatePem"]);
  const position = status("stage");
  if (typeof pem !== "string" || (position !== "none" && !ROTATION_STAGES.some((stage) => stage === position))) {
    throw new CliError(`TalosSecrets ${JSON.stringify(name)}: its outputs are not of this version; run pulumi refresh`);
  }
  const accepted = valueAt(outputs, ["acceptedCAs", "os"]);
  const [other] =
    Array.isArray(accepted) && accepted.length > 0 ? parseCertificates(accepted.join(""), "acceptedCAs.os") : [];
  const kubernetes = readKubernetes(resource);
  const [id, todo, retired] = [status("id"), status("todo"), status("retired")];
  return {
    resource: name,
    position: position as RotationPosition,
    issuing: parseCertificate(pem, "certificateAuthorities.os"),
    retired: Array.isArray(retired) ? (retired as string[]) : [],
    ...(typeof id === "string" ? { id } : {}),
    ...(typeof todo === "string" ? { todo } : {}),
    ...(other === undefined ? {} : { other }),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    signers: readSigners(secrets, now),
  };
}

function readKubernetes({ outputs }: StackResource): KnownRotation["kubernetes"] {
  const status = valueAt(outputs, ["rotationStatus", "kubernetes"]);
  const [id, stage, todo] = ["id", "stage", "todo"].map((key) => valueAt(status, [key]));
  if (typeof id !== "string" || typeof todo !== "string") return undefined;
  return stage === "accept" || stage === "swap" ? { id, stage, todo } : undefined;
}

function readSigners(secrets: StackResource["secrets"], now: Date): KnownRotation["signers"] {
  const { secretsYaml } = secrets;
  const other = valueAt(secrets, ["rotationSecrets", "os"]) as
    { certificatePem?: string; privateKeyPem?: string } | undefined;
  const issuing =
    typeof secretsYaml === "string" ? parseSecretsBundle(secretsYaml, { now }).bundle.certs.os : undefined;
  return {
    ...(issuing === undefined
      ? {}
      : { issuing: parseAuthority(issuing, { crt: "certs.os.crt", key: "certs.os.key" }) }),
    ...(other?.certificatePem === undefined || other.privateKeyPem === undefined
      ? {}
      : {
          other: parseAuthority(
            { crt: other.certificatePem, key: other.privateKeyPem },
            { crt: "rotationSecrets.os.certificatePem", key: "rotationSecrets.os.privateKeyPem" },
          ),
        }),
  };
}
