import { addHours, formatHours, type Hours, parseHours } from "../core/duration";
import { formatTime, parseTime, wholeSeconds } from "../core/environment";
import { collectProblems, describeProblem, PkiError, type Problem } from "../core/errors";
import { assertClock, canonical, type IssuedState, planRenewal, type RenewalPlan } from "../core/lifecycle/renewal";
import { authorityCertificates } from "../core/secrets/authority";
import type { PartialSecretsBundle } from "../core/secrets/read";
import { lifetimeWarnings } from "../core/secrets/validate";
import type { KeyAlgorithm } from "../core/x509/algorithms";
import { type Certificate, parseCertificate } from "../core/x509/certificate";
import { readAuthority } from "../core/x509/clientCertificate";
import { nameValueProblems } from "../core/x509/name";
import { cutWarning, defaultLeafAlgorithm, leafLifetime } from "../core/x509/leaf";
import { CERTIFICATE_OUTPUTS, certificateOutputs, lifetimeOutputs } from "./certificateOutputs";
import { type CheckVerdict, COMPARE, type Host, type ResourceDefinition, type Values } from "./definition";
import { checkProperties, type Properties, wellFormed } from "./schema";
import { commonInputs, type LeafMaterial, type LeafSpec, type Signer } from "./leafSpec";
import { keepSecrets, readSecretsInput, readSigner } from "./secretsInput";
import { holdsUnknown } from "./wire";

/** The definition of a resource that holds a certificate issued by one of the cluster's authorities. */
export function leafDefinition(spec: LeafSpec): ResourceDefinition {
  const inputs = commonInputs(spec);
  const leaf = new Leaf(spec, inputs);
  return {
    name: spec.name,
    description: spec.description,
    inputs,
    outputs: { ...spec.outputs, ...CERTIFICATE_OUTPUTS },
    check: (olds, news, host) => leaf.check(olds, news, host),
    diff: () => Promise.resolve(COMPARE),
    create: async (news, host) => {
      const outputs = await leaf.issue(news, host);
      return { id: parseCertificate(leaf.certificateOf(outputs), "").serialNumber, outputs };
    },
    read: (outputs, host) => Promise.resolve(leaf.read(outputs, host)),
    update: async (olds, news, host) => ({
      outputs: leaf.mustIssue(olds, news) ? await leaf.issue(news, host) : leaf.keep(olds, news, host),
    }),
  };
}

/** @returns ERR_INPUT_INVALID for a known text that cannot be a value of the subject */
export const nameProblems = (value: unknown, path: string): Problem[] =>
  typeof value === "string" && !holdsUnknown(value) ? nameValueProblems(value, path) : [];

const hoursOf = (value: unknown): number | undefined =>
  value === undefined ? undefined : parseHours(value as Hours, "");

class Leaf {
  constructor(
    private readonly spec: LeafSpec,
    private readonly inputs: Properties,
  ) {}

  async check(olds: Values, news: Values, host: Host): Promise<CheckVerdict> {
    const problems = checkProperties(news, this.inputs);
    const known = wellFormed(news, this.inputs, problems);
    const notices = this.spec.notices?.(known) ?? [];
    problems.push(
      ...nameProblems(known["commonName"], "commonName"),
      ...(await this.spec.checkInputs(known, host)),
      ...this.windowProblems(known),
    );
    const inputs: Record<string, unknown> = { ...known, ...this.spec.normalize?.(known) };
    const signer = this.checkSigner(known, inputs, problems);
    const now = wholeSeconds(host.environment.now());
    collectProblems(problems, () => {
      const plan = this.plan(olds, inputs, signer, now);
      // Any spelling of a moment is the same moment.
      if (!holdsUnknown(known["issuedAt"])) {
        const { issuedAt } = known;
        inputs["issuedAt"] = formatTime(issuedAt === undefined ? plan.issuedAt : readIssuedAt(issuedAt));
      }
      const issues = Object.keys(olds).length === 0 || plan.reasons.length > 0;
      notices.push(...plan.reasons.map((reason) => `will be issued anew: ${reason}`), ...plan.warnings);
      if (signer !== undefined) notices.push(...this.lifetimeNotices(inputs, signer, issues, now));
    });
    return { inputs, problems, notices };
  }

  /** Reads the signer and puts the part of `secrets` that is needed into the inputs. */
  private checkSigner(news: Values, inputs: Record<string, unknown>, problems: Problem[]): Signer | undefined {
    const { secrets, certificateAuthority } = news;
    if (this.spec.takesAuthority && (secrets === undefined) === (certificateAuthority === undefined)) {
      const both = secrets !== undefined;
      problems.push({
        code: both ? "ERR_INPUT_INVALID" : "ERR_INPUT_MISSING",
        path: "secrets",
        message: both
          ? "is given beside certificateAuthority; expected one of the two"
          : "is required; expected secrets or certificateAuthority",
      });
      return undefined;
    }
    const given = secrets ?? certificateAuthority;
    if (given === undefined || holdsUnknown(given)) return undefined;
    const signer = collectProblems(problems, () => this.readSigner(news));
    if (signer !== undefined && secrets !== undefined) {
      const pair = { crt: signer.authority.certificate.pem, key: signer.authority.key.pem };
      const parts = { certs: { [this.spec.signer]: pair } } as PartialSecretsBundle;
      const acceptedCAs = { os: signer.accepted, kubernetes: signer.accepted };
      inputs["secrets"] = keepSecrets({ bundle: parts, acceptedCAs }, parts, [
        this.spec.signer === "os" ? "os" : "kubernetes",
      ]);
    }
    return signer;
  }

  private readSigner(values: Values): Signer {
    if (values["certificateAuthority"] !== undefined) {
      const given = values["certificateAuthority"] as { certificatePem: string; privateKeyPem: string };
      return { authority: readAuthority(given, "certificateAuthority"), accepted: companions(given.certificatePem) };
    }
    const secrets = readSecretsInput(values["secrets"], "secrets");
    const accepted = secrets.acceptedCAs[this.spec.signer === "os" ? "os" : "kubernetes"];
    return {
      authority: readSigner(secrets, this.spec.signer, "secrets"),
      accepted: [...new Set([...companions(secrets.bundle.certs?.[this.spec.signer]?.crt), ...accepted])],
    };
  }

  private windowProblems(news: Values): Problem[] {
    const { validityPeriodHours, earlyRenewalHours } = news;
    if (holdsUnknown([validityPeriodHours, earlyRenewalHours]) || earlyRenewalHours === undefined) return [];
    const lifetime = this.hours(news);
    return hoursOf(earlyRenewalHours)! < lifetime
      ? []
      : [
          {
            code: "ERR_DURATION_INVALID",
            path: "earlyRenewalHours",
            message: `is not less than the lifetime of ${lifetime} hours; expected fewer hours than validityPeriodHours`,
          },
        ];
  }

  private hours(values: Values): number {
    return hoursOf(values["validityPeriodHours"]) ?? this.spec.profile.validityPeriodHours;
  }

  /**
   * The inputs that are part of the certificate, defaults filled in, what is unknown left out.
   *
   * @param issuer whose kind of key is the default
   */
  private parts(values: Values, issuer?: Certificate): Record<string, unknown> {
    const { validityPeriodHours } = values;
    const given = holdsUnknown(validityPeriodHours) ? values : { ...values, validityPeriodHours: this.hours(values) };
    const defaults: Record<string, unknown> = {
      ...this.spec.parts,
      commonName: this.spec.defaultCommonName,
      algorithm: issuer === undefined ? undefined : defaultLeafAlgorithm(issuer),
      validityPeriodHours: this.spec.profile.validityPeriodHours,
      rotationTriggers: undefined,
    };
    const entries = Object.entries(defaults).map(([name, value]) => [name, given[name] ?? value] as const);
    return Object.fromEntries(entries.filter(([, value]) => !holdsUnknown(value)));
  }

  private plan(olds: Values, news: Values, signer: Signer | undefined, now: Date): RenewalPlan {
    const { issuedAt } = news;
    const pinned = issuedAt !== undefined && !holdsUnknown(issuedAt);
    if (pinned) assertClock(now, readIssuedAt(issuedAt), "issuedAt");
    if (signer !== undefined) assertClock(now, signer.authority.certificate.notBefore, this.signerInput(news));
    const issued = this.issuedState(olds, signer);
    if (issued === undefined) return { issuedAt: now, reasons: [], warnings: [] };
    const earlyRenewalHours = holdsUnknown(news["earlyRenewalHours"]) ? undefined : hoursOf(news["earlyRenewalHours"]);
    const issuer = signer?.authority.certificate;
    return planRenewal(
      issued,
      {
        // By the kind of the old issuer: another one is a reason of its own.
        parts: {
          ...this.parts(news, issued.issuerCertificate),
          ...(pinned ? { issuedAt: formatTime(readIssuedAt(issuedAt)) } : {}),
        },
        ...(earlyRenewalHours === undefined ? {} : { earlyRenewalHours }),
        ...(issuer === undefined ? {} : { issuer }),
        frozen: issuedAt !== undefined,
      },
      now,
    );
  }

  /** What the inputs of the last update say of the certificate; `undefined` on creation and replacement. */
  private issuedState(
    olds: Values,
    signer: Signer | undefined,
  ): (IssuedState & { readonly issuerCertificate: Certificate }) | undefined {
    if (typeof olds["issuedAt"] !== "string" || holdsUnknown(olds)) return undefined;
    // What was imported has no signer until the program gives one; an update compares it with the certificate's issuer.
    const imported = olds["secrets"] === undefined && olds["certificateAuthority"] === undefined;
    const issuer = (imported ? signer : this.readSigner(olds))?.authority.certificate;
    if (issuer === undefined) return undefined;
    const issuedAt = readIssuedAt(olds["issuedAt"]);
    const end = addHours(issuedAt, this.hours(olds));
    return {
      issuedAt,
      notBefore: new Date(issuedAt.getTime() - this.spec.profile.backdateSeconds * 1000),
      notAfter: end.getTime() > issuer.notAfter.getTime() ? issuer.notAfter : end,
      issuer: issuer.fingerprint,
      issuerCertificate: issuer,
      parts: { ...this.parts(olds, issuer), issuedAt: formatTime(issuedAt) },
    };
  }

  /** The input that gives the authority. */
  private signerInput(values: Values): "certificateAuthority" | "secrets" {
    return this.spec.takesAuthority && values["secrets"] === undefined ? "certificateAuthority" : "secrets";
  }

  private lifetimeNotices(inputs: Values, signer: Signer, issues: boolean, now: Date): string[] {
    const issuer = signer.authority.certificate;
    const { issuedAt, validityPeriodHours } = inputs;
    if (issues && !holdsUnknown([issuedAt, validityPeriodHours])) {
      const hours = this.hours(inputs);
      const lifetime = leafLifetime(readIssuedAt(issuedAt), hours, this.spec.profile, issuer, this.signerInput(inputs));
      if (lifetime.notAfter.getTime() <= now.getTime()) {
        return [
          `issuedAt: lies so far back that the certificate will have expired already, at ${formatTime(lifetime.notAfter)}; release it`,
        ];
      }
      if (lifetime.cutToAuthority) return [describeProblem(cutWarning(lifetime))];
    }
    return lifetimeWarnings(issuer, now, this.signerInput(inputs)).map(describeProblem);
  }

  async issue(inputs: Values, host: Host): Promise<Values> {
    const signer = this.readSigner(inputs);
    const { commonName, algorithm } = inputs;
    const options = {
      certificateAuthority: signer.authority,
      issuedAt: readIssuedAt(inputs["issuedAt"]),
      validityPeriodHours: formatHours(this.hours(inputs)),
      ...(typeof commonName === "string" ? { commonName } : {}),
      ...(algorithm === undefined ? {} : { algorithm: algorithm as KeyAlgorithm }),
    };
    const material = await this.spec.issue(inputs, options, host);
    return this.outputs(inputs, material, signer, host);
  }

  /** Whether an update asks for another certificate. */
  mustIssue(olds: Values, news: Values): boolean {
    const issuer = this.readSigner(news).authority.certificate;
    const [before, after] = [
      [this.parts(olds, issuer), olds["issuedAt"], olds["issuerFingerprint"]],
      [this.parts(news, issuer), news["issuedAt"], issuer.fingerprint],
    ];
    return canonical(before) !== canonical(after);
  }

  /** The old certificate in new surroundings: other endpoints, names, accepted authorities, renewal window. */
  keep(olds: Values, news: Values, host: Host): Values {
    const key = olds[this.keyOutput()];
    const material = {
      certificatePem: this.certificateOf(olds),
      privateKeyPem: typeof key === "string" ? key : undefined,
    };
    return this.outputs(news, material, this.readSigner(news), host);
  }

  private outputs(inputs: Values, material: LeafMaterial, signer: Signer, host: Host): Values {
    const certificate = parseCertificate(material.certificatePem, "");
    const kept = Object.fromEntries(
      Object.entries(inputs).filter(
        ([name]) => name in this.parts(inputs) || name === "earlyRenewalHours" || name === "issuedAt",
      ),
    );
    return {
      ...kept,
      [this.certificateOutput()]: material.certificatePem,
      ...(material.privateKeyPem === undefined ? {} : { [this.keyOutput()]: material.privateKeyPem }),
      caCertificatesPem: [signer.authority.certificate.pem, ...signer.accepted].join(""),
      ...certificateOutputs(
        certificate,
        signer.authority.certificate,
        hoursOf(inputs["earlyRenewalHours"]),
        host.environment.now(),
      ),
      ...this.spec.render(inputs, material, signer),
    };
  }

  read(outputs: Values, host: Host): Values {
    const certificate = parseCertificate(this.certificateOf(outputs), "");
    return {
      ...outputs,
      ...lifetimeOutputs(certificate, hoursOf(outputs["earlyRenewalHours"]), host.environment.now()),
    };
  }

  certificateOf(outputs: Values): string {
    return String(outputs[this.certificateOutput()]);
  }

  private certificateOutput(): string {
    return "clientCertificatePem" in this.spec.outputs ? "clientCertificatePem" : "certificatePem";
  }

  private keyOutput(): string {
    return "clientKeyPem" in this.spec.outputs ? "clientKeyPem" : "privateKeyPem";
  }
}

/** Nodes trust every certificate that an authority of one's own comes with, behind the one that signs, too. */
function companions(pem = ""): string[] {
  return authorityCertificates(pem)
    .slice(1)
    .map((certificate) => certificate.pem);
}

/** @throws PkiError ERR_INPUT_INVALID unless RFC 3339 */
function readIssuedAt(value: unknown): Date {
  const time = typeof value === "string" ? parseTime(value) : undefined;
  if (time === undefined) {
    throw new PkiError("ERR_INPUT_INVALID", "is no time; expected RFC 3339 such as 2026-01-01T00:00:00Z", {
      path: "issuedAt",
    });
  }
  return wholeSeconds(time);
}
