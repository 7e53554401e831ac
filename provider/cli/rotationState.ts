import { authorityTitle } from "../core/lifecycle/authorities";
import { ROTATION_STAGES, type RotationPosition } from "../core/lifecycle/rotation";
import type { OrderRequest } from "../core/lifecycle/rotationOrder";
import { type NodeAddress, readNodeAddress } from "../core/nodes/nodeAddress";
import { decodeSecretsYaml } from "../core/secrets/codec";
import type { DecodedBundle } from "../core/secrets/decodedBundle";
import { isTree, valueAt } from "../core/secrets/fields";
import { type CAName, STAGED, type StagedName } from "../core/secrets/inventory";
import { MACHINE_TYPES, type MachineType } from "../core/secrets/types";
import { type Authority, parseAuthority } from "../core/x509/authority";
import { type Certificate, fingerprintOf, parseCertificate, parseCertificates } from "../core/x509/certificate";
import type { RotationKey, RotationKeys } from "../resources/live/rotation/question";
import type { Stack, StackResource } from "./stack";
import { CliError } from "./cliContext";

/** What rotates, as a heading has it: `OS CA`, `service account key`. */
export const titleOf = (name: StagedName): string => authorityTitle(name).replace(/^the /, "");

/** What the program asks for, as the stack has it from the last update. */
export interface RequestedRotation {
  readonly id: string;
  /** `auto` where the stages are chosen; absent where an id alone replaces at once. */
  readonly stage?: string;
}

/** What a stack knows of the rotation of one authority. */
export interface KnownRotation {
  readonly authority: StagedName;
  readonly position: RotationPosition;
  readonly id?: string;
  /** What the state says is to be done next. */
  readonly todo?: string;
  /** Absent where the stack tells nothing of them. */
  readonly keys?: RotationKeys;
  readonly requested?: RequestedRotation;
}

/** A node as the inputs of a TalosSecrets list it. */
export interface KnownNode {
  readonly node: NodeAddress;
  readonly endpoint?: NodeAddress;
  readonly machineType?: MachineType;
}

/** What a stack knows of the rotations of one cluster. */
export interface KnownRotations {
  /** Name of the TalosSecrets. */
  readonly resource: string;
  /** One for each authority, in the order of the inventory. */
  readonly rotations: readonly KnownRotation[];
  /** The rotation of all that the program asks for. */
  readonly all?: OrderRequest;
  /** The nodes that the gate asks. */
  readonly nodes: readonly KnownNode[];
  /** How long old service account tokens may be in use, as the program has it. */
  readonly tokenGracePeriod?: string;
}

const secretsOf = (stack: Stack): readonly StackResource[] =>
  stack.resources.filter(({ type, outputs }) => type === "TalosSecrets" && isTree(outputs["rotationStatus"]));

/** The rotations of every TalosSecrets of a stack. @throws CliError for outputs of another version */
export function readAllRotations(stack: Stack, now: Date): readonly KnownRotations[] {
  return secretsOf(stack).map((resource) => describe(resource, now));
}

/**
 * Finds the TalosSecrets that is meant: by name, else the one that knows one of these CAs, else the only one.
 *
 * @throws CliError when there is none or more than one
 */
export function readRotations(
  stack: Stack,
  name: string | undefined,
  authorities: readonly Certificate[],
  now: Date,
): KnownRotations {
  const all = secretsOf(stack);
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
  return ["issuing", "accepted", "retired"].flatMap((key) => textsAt(valueAt(status, [key])));
}

/** A text, or a list of texts. */
const textsAt = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((item) => typeof item === "string");

const textAt = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function describe(resource: StackResource, now: Date): KnownRotations {
  const { secretsYaml } = resource.secrets;
  const bundle = typeof secretsYaml === "string" ? decodeSecretsYaml(secretsYaml, { now }).decoded : undefined;
  const period = ["all", "serviceAccount"]
    .map((name) => textAt(valueAt(resource.inputs, ["rotation", name, "tokenGracePeriod"])))
    .find((text) => text !== undefined);
  const all = requestAt(resource, "all");
  return {
    resource: resource.name,
    ...(all?.stage === "auto" || all?.stage === "abort" ? { all: { id: all.id, stage: all.stage } } : {}),
    rotations: STAGED.map((authority) => readRotation(authority, resource, bundle)),
    nodes: readNodes(resource.inputs["nodes"]),
    ...(period === undefined ? {} : { tokenGracePeriod: period }),
  };
}

function readNodes(nodes: unknown): KnownNode[] {
  return (Array.isArray(nodes) ? nodes : []).flatMap((item: unknown): KnownNode[] => {
    const address = (key: string): NodeAddress | undefined => {
      const text = textAt(valueAt(item, [key]));
      return text === undefined ? undefined : readNodeAddress(text);
    };
    const [node, endpoint] = [address("address"), address("endpoint")];
    const machineType = MACHINE_TYPES.find((type) => type === valueAt(item, ["machineType"]));
    if (node === undefined) return [];
    return [
      {
        node,
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(machineType === undefined ? {} : { machineType }),
      },
    ];
  });
}

function readRotation(
  authority: StagedName,
  resource: StackResource,
  bundle: DecodedBundle | undefined,
): KnownRotation {
  const { outputs } = resource;
  const status = (key: string): unknown => valueAt(outputs, ["rotationStatus", authority, key]);
  const stage = status("stage");
  const position = ["none" as const, ...ROTATION_STAGES].find((known) => known === stage);
  if (position === undefined && authority === "os") {
    throw new CliError(
      `TalosSecrets ${JSON.stringify(resource.name)}: its outputs are not of this version; run pulumi refresh`,
    );
  }
  const [id, todo] = [textAt(status("id")), textAt(status("todo"))];
  const keys = authority === "serviceAccount" ? readKeys(resource, bundle) : readCAs(authority, resource, bundle);
  const requested = requestAt(resource, "all") ?? requestAt(resource, authority);
  return {
    authority,
    // Outputs of an older version know no stages of some authorities.
    position: position ?? "none",
    ...(id === undefined ? {} : { id }),
    ...(todo === undefined ? {} : { todo }),
    ...(keys === undefined ? {} : { keys }),
    ...(requested === undefined ? {} : { requested }),
  };
}

function requestAt({ inputs }: StackResource, name: StagedName | "all"): RequestedRotation | undefined {
  const request = valueAt(inputs, ["rotation", name]);
  const [id, stage] = [textAt(valueAt(request, ["id"])), textAt(valueAt(request, ["stage"]))];
  return id === undefined ? undefined : { id, ...(stage === undefined ? {} : { stage }) };
}

const retiredOf = ({ outputs }: StackResource, authority: StagedName): string[] =>
  textsAt(valueAt(outputs, ["rotationStatus", authority, "retired"]));

function readCAs(name: CAName, resource: StackResource, bundle: DecodedBundle | undefined): RotationKeys | undefined {
  const { outputs, secrets } = resource;
  const pem = textAt(valueAt(outputs, ["certificateAuthorities", name, "certificatePem"]));
  if (pem === undefined) return undefined;
  const [accepted] = textsAt(valueAt(outputs, ["acceptedCAs", name])).flatMap((text) =>
    parseCertificates(text, `acceptedCAs.${name}`),
  );
  const other = otherSigner(name, valueAt(secrets, ["rotationSecrets", name]));
  return {
    issuing: keyOf(parseCertificate(pem, `certificateAuthorities.${name}`), bundle?.authority(name)),
    ...(accepted === undefined ? {} : { other: keyOf(accepted, other) }),
    retired: retiredOf(resource, name),
  };
}

const keyOf = (certificate: Certificate, signer: Authority | undefined): RotationKey => ({
  fingerprint: certificate.fingerprint,
  certificate,
  ...(signer === undefined ? {} : { signer }),
});

function otherSigner(name: CAName, pair: unknown): Authority | undefined {
  const [crt, key] = [textAt(valueAt(pair, ["certificatePem"])), textAt(valueAt(pair, ["privateKeyPem"]))];
  if (crt === undefined || key === undefined) return undefined;
  const path = `rotationSecrets.${name}`;
  return parseAuthority({ crt, key }, { crt: `${path}.certificatePem`, key: `${path}.privateKeyPem` });
}

/** Service account keys are known by their fingerprints. */
function readKeys(resource: StackResource, bundle: DecodedBundle | undefined): RotationKeys | undefined {
  const status = valueAt(resource.outputs, ["rotationStatus", "serviceAccount"]);
  const key = bundle?.key("serviceAccount")?.value;
  const issuing = textAt(valueAt(status, ["issuing"])) ?? (key && fingerprintOf(key.publicKeyDer));
  const [other] = textsAt(valueAt(status, ["accepted"]));
  if (issuing === undefined) return undefined;
  return {
    issuing: { fingerprint: issuing },
    ...(other === undefined ? {} : { other: { fingerprint: other } }),
    retired: retiredOf(resource, "serviceAccount"),
  };
}
