import { AUTHORITY_NAMES } from "../core/secrets/authority";
import { isUnderWay, type RotationState } from "../core/lifecycle/rotation";
import { type CAName, IMMEDIATE, isCAName, ONLY_IMMEDIATE, STAGED, type StagedName } from "../core/secrets/inventory";
import { type Certificate, parseCertificates } from "../core/x509/certificate";
import { formatTime } from "../core/environment";
import type { AuditStep } from "../engine/auditStep";
import type { Rows } from "../engine/rows";
import type { Values } from "../engine/values";
import { ADOPT_INPUTS, INPUTS } from "../resources/talosSecrets/inputs";
import { readStagedStatus } from "../resources/talosSecrets/state";

/** One thing that happened to a key or a certificate. All of it is public. */
export interface AuditEvent {
  /** `create`, `adopt`, `import`, `issue`, `trust`, `rotate`, or a stage of a rotation: `rotate:accept` … */
  readonly operation: string;
  /** What it happened to, where a resource holds several: `os`, `kubernetes`, `bootstrapToken` … */
  readonly part?: string;
  readonly subject?: string;
  readonly roles?: readonly string[];
  readonly serial?: string;
  /** SHA-256 of the certificates concerned, lower-case hex; the one that is described first. */
  readonly fingerprints: readonly string[];
  /** Fingerprint of the issuing CA where it is known, else its subject. */
  readonly issuer?: string;
  /** RFC 3339 UTC. */
  readonly notAfter?: string;
}

type Auditor = (step: AuditStep) => AuditEvent[];

/** Which resources leave traces, and how. MachineConfig issues nothing. */
const AUDITORS: Readonly<Record<string, Auditor>> = {
  TalosSecrets: auditSecrets,
  ClientConfiguration: auditLeaf,
  NodeCertificate: auditLeaf,
  Kubeconfig: auditLeaf,
  AcceptedCA: auditTrust,
};

/**
 * Every issuance, adoption and step of a rotation in an operation on one resource.
 *
 * @param definition name of the definition
 * @example
 * auditEvents("ClientConfiguration", { kind: "create", inputs, olds: {}, outputs });
 */
export function auditEvents(definition: string, step: AuditStep): AuditEvent[] {
  return AUDITORS[definition]?.(step) ?? [];
}

const firstOf = (pem: unknown): Certificate => parseCertificates(String(pem), "")[0];

function describe(certificate: Certificate, issuer?: string): Omit<AuditEvent, "operation"> {
  return {
    subject: certificate.subject,
    ...(certificate.organizations.length === 0 ? {} : { roles: certificate.organizations }),
    serial: certificate.serialNumber,
    fingerprints: [certificate.fingerprint],
    issuer: issuer ?? certificate.issuer,
    notAfter: formatTime(certificate.notAfter),
  };
}

function auditLeaf({ kind, olds, outputs }: AuditStep): AuditEvent[] {
  if (olds["fingerprint"] === outputs["fingerprint"]) return [];
  const certificate = firstOf(outputs["clientCertificatePem"] ?? outputs["certificatePem"]);
  const operation = kind === "import" ? "import" : "issue";
  return [{ operation, ...describe(certificate, String(outputs["issuerFingerprint"])) }];
}

function auditTrust({ kind, olds, outputs }: AuditStep): AuditEvent[] {
  const known = new Set(parts(olds["certificates"]).map(({ fingerprint }) => fingerprint));
  return parts(outputs["certificates"])
    .filter(({ fingerprint }) => !known.has(fingerprint))
    .map(({ certificatePem }) => ({
      operation: kind === "import" ? "import" : "trust",
      ...describeAuthority(firstOf(certificatePem)),
    }));
}

const parts = (list: unknown): readonly Values[] => (Array.isArray(list) ? (list as Values[]) : []);

function auditSecrets(step: AuditStep): AuditEvent[] {
  return step.kind === "update" ? auditRotations(step) : auditAuthorities(step);
}

function authorityOf(outputs: Values, name: string): Certificate {
  const authorities = outputs["certificateAuthorities"] as Readonly<Record<string, Values | undefined>>;
  return firstOf(authorities[name]?.["certificatePem"]);
}

const describeAuthority = (certificate: Certificate): Omit<AuditEvent, "operation"> =>
  describe(certificate, certificate.subjectDer === certificate.issuerDer ? certificate.fingerprint : undefined);

function auditAuthorities({ kind, inputs, outputs }: AuditStep): AuditEvent[] {
  const adopts = ADOPT_INPUTS.some((name) => kept(inputs, name) !== undefined);
  const given = (kept(inputs, "certificateAuthorities") ?? {}) as Readonly<Record<string, Values | undefined>>;
  return AUTHORITY_NAMES.map((name) => {
    const adopted = adopts || given[name]?.["certificatePem"] !== undefined;
    const operation = kind === "import" ? "import" : adopted ? "adopt" : "create";
    return { operation, part: name, ...describeAuthority(authorityOf(outputs, name)) };
  });
}

/** An input as the state keeps it. */
const kept = (inputs: Values, name: keyof typeof INPUTS): unknown => inputs[(INPUTS as Rows)[name]?.keptAs ?? name];

function auditRotations({ olds, outputs }: AuditStep): AuditEvent[] {
  const staged = STAGED.flatMap((name): AuditEvent[] => {
    const [before, after] = [readStagedStatus(olds, name), readStagedStatus(outputs, name)];
    if (before.position === after.position && before.id === after.id) return [];
    const operation = isReplaced(name, before, after) ? "rotate" : `rotate:${after.position}`;
    const { issuing: signing, accepted: others } = after;
    // A key has nothing to describe but its fingerprint.
    if (!isCAName(name)) {
      const known = signing === undefined ? [] : [signing];
      // As for a CA, the new one comes first.
      const fingerprints = after.position === "accept" ? [...others, ...known] : [...known, ...others];
      return [{ operation, part: name, fingerprints }];
    }
    return [{ operation, part: name, ...describeRotated(outputs, name, after) }];
  });
  const immediate = ONLY_IMMEDIATE.filter((name) => idOf(olds, name) !== idOf(outputs, name)).map(
    (name): AuditEvent => ({ operation: "rotate", part: name, fingerprints: [] }),
  );
  return [...staged, ...immediate];
}

/** What has no stages to go through, or was not asked to. */
function isReplaced(name: StagedName, before: RotationState, after: RotationState): boolean {
  return IMMEDIATE.some((other) => other === name) && !isUnderWay(before.position) && after.position === "finish";
}

function describeRotated(outputs: Values, name: CAName, { position }: RotationState): Omit<AuditEvent, "operation"> {
  const issuing = authorityOf(outputs, name);
  const accepted = acceptedBy(outputs, name);
  // At `accept` the CA that matters is the one that is new.
  const subject = position === "accept" ? (accepted[0] ?? issuing) : issuing;
  const others = [issuing, ...accepted].filter((other) => other !== subject).map(({ fingerprint }) => fingerprint);
  const facts = describeAuthority(subject);
  return { ...facts, fingerprints: [...facts.fingerprints, ...others] };
}

function acceptedBy(outputs: Values, name: string): Certificate[] {
  const accepted = (outputs["acceptedCAs"] as Readonly<Record<string, readonly string[] | undefined>> | undefined)?.[
    name
  ];
  return (accepted ?? []).map(firstOf);
}

function idOf(outputs: Values, name: string): unknown {
  return (outputs["rotationStatus"] as Readonly<Record<string, Values | undefined>> | undefined)?.[name]?.["id"];
}
