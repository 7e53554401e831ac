import { addHours, formatHours } from "../../core/duration";
import { formatTime, wholeSeconds } from "../../core/environment";
import { collectProblems, type Problem } from "../../core/errors";
import { assertClock, type IssuedState, planRenewal, type RenewalPlan } from "../../core/lifecycle/renewal";
import { tryLeaf } from "../../core/inspect/tryAuthority";
import { lifetimeWarnings } from "../../core/secrets/validate";
import type { KeyAlgorithm } from "../../core/x509/algorithms";
import { cutWarning, defaultLeafAlgorithm, leafLifetime } from "../../core/x509/leaf";
import { nameValueProblems } from "../../core/x509/name";
import type { CertificateProfile, ProfileName } from "../../core/x509/profiles";
import { info, type Plan, type Report } from "../../engine/definition";
import type { Context } from "../../engine/ports";
import type { Values } from "../../engine/values";
import { isKnown, knownOr, type Unknown } from "../../engine/unknown";
import { keepSigner, type Signer, type SignerInputs, type SignerName, signerOf } from "./signer";

/** What sets one kind of certificate apart in its plan. */
export interface Kind {
  readonly profileName: Exclude<ProfileName, "authority">;
  readonly profile: CertificateProfile;
  readonly signer: SignerName;
  /** CN of the subject where the program configures none. */
  readonly commonName: string;
}

/** Inputs of every issued certificate, decoded. */
export interface IssuanceInputs extends SignerInputs {
  readonly commonName: string | Unknown | undefined;
  readonly algorithm: KeyAlgorithm | Unknown | undefined;
  readonly validityPeriodHours: number | Unknown;
  readonly earlyRenewalHours: number | Unknown | undefined;
  readonly rotationTriggers: Values | Unknown | undefined;
  readonly issuedAt: Date | Unknown | undefined;
}

/** What is stored of a certificate: of check's side the inputs, of update's the outputs, which repeat some of them. */
export interface PreviousCertificate<I extends IssuanceInputs> {
  readonly inputs?: I;
  readonly outputs?: {
    readonly issuerFingerprint?: string | undefined;
    readonly notBefore?: string | undefined;
    readonly notAfter?: string | undefined;
  };
}

/** What a plan for a certificate is made of. */
export interface CertificateRequest<I extends IssuanceInputs> {
  readonly inputs: I;
  readonly previous: PreviousCertificate<I> | undefined;
  /** What is in the certificate beside what every kind has in it, by the names of the inputs. */
  readonly contents: (inputs: I) => Values;
  /** What only this kind has found out. */
  readonly problems: readonly Problem[];
  readonly reports: readonly Report[];
  readonly keep?: Values;
}

/** What is to be done with the certificate. */
export interface Issuance {
  /** A new certificate; otherwise the stored one stays, in new surroundings. */
  readonly reissues: boolean;
  readonly signer: Signer;
  readonly earlyRenewalHours: number | undefined;
  readonly options: {
    readonly certificateAuthority: Signer["authority"];
    readonly issuedAt: Date;
    /** A Go duration. */
    readonly validityPeriodHours: string;
    /** Absent where the program configures none. */
    readonly commonName?: string;
    readonly algorithm?: KeyAlgorithm;
  };
}

/**
 * Plans a certificate: whether it is issued, and why. The one decider of check, create and update.
 */
export async function planCertificate<I extends IssuanceInputs>(
  kind: Kind,
  request: CertificateRequest<I>,
  context: Context,
): Promise<Plan<Issuance>> {
  const { inputs, previous } = request;
  const problems = [...commonNameProblems(inputs.commonName), ...request.problems, ...windowProblems(inputs)];
  const signer = collectProblems(problems, () => signerOf(inputs, kind.signer));
  const now = wholeSeconds(context.environment.now());
  const renewal = collectProblems(problems, () => planIssuedAt(kind, request, signer, now));
  if (renewal === undefined) return { problems, reports: request.reports };
  const reissues = previous === undefined || renewal.reasons.length > 0;
  const issuedAt = knownOr(inputs.issuedAt) ?? renewal.issuedAt;
  // The CAs of a TalosSecrets were tried when they came into it.
  if (reissues && signer?.input === "certificateAuthority") {
    const path = "certificateAuthority.certificatePem";
    problems.push(...(await tryLeaf(kind.profileName, signer.authority, path, context.environment)));
  }
  const lifetime =
    signer && collectProblems(problems, () => lifetimeReports(kind, inputs, { signer, reissues, issuedAt, now }));
  return {
    problems,
    reports: [
      ...request.reports,
      ...renewal.reasons.map((reason) => info(`will be reissued: ${reason}`)),
      ...renewal.warnings.map(info),
      ...(lifetime ?? []),
    ],
    keep: {
      ...request.keep,
      ...(signer === undefined ? {} : keepSigner(signer, kind.signer)),
      ...(isKnown(inputs.issuedAt) ? { issuedAt: formatTime(issuedAt) } : {}),
    },
    ...(signer === undefined || problems.length > 0
      ? {}
      : { decision: issuanceOf(inputs, signer, reissues, issuedAt) }),
  };
}

function issuanceOf(inputs: IssuanceInputs, signer: Signer, reissues: boolean, issuedAt: Date): Issuance {
  const algorithm = knownOr(inputs.algorithm);
  const commonName = knownOr(inputs.commonName);
  return {
    reissues,
    signer,
    earlyRenewalHours: knownOr(inputs.earlyRenewalHours),
    options: {
      certificateAuthority: signer.authority,
      issuedAt,
      validityPeriodHours: formatHours(knownOr(inputs.validityPeriodHours, 0)),
      ...(commonName === undefined ? {} : { commonName }),
      ...(algorithm === undefined ? {} : { algorithm }),
    },
  };
}

/** When the certificate is, or stays, issued, and why. @throws PkiError ERR_CLOCK */
function planIssuedAt<I extends IssuanceInputs>(
  kind: Kind,
  request: CertificateRequest<I>,
  signer: Signer | undefined,
  now: Date,
): RenewalPlan {
  const { inputs, previous } = request;
  const pinned = knownOr(inputs.issuedAt);
  if (pinned !== undefined) assertClock(now, pinned, "issuedAt");
  if (signer !== undefined) assertClock(now, signer.authority.certificate.notBefore, signer.input);
  const stored = previous === undefined ? undefined : storedCertificate(kind, request, previous, signer);
  if (stored === undefined) return { issuedAt: now, reasons: [], warnings: [] };
  const earlyRenewalHours = knownOr(inputs.earlyRenewalHours);
  const issuer = signer?.authority.certificate;
  return planRenewal(
    stored.issued,
    {
      parts: {
        ...knownParts({ ...request.contents(inputs), ...commonParts(kind, inputs, stored.reference) }),
        ...(pinned === undefined ? {} : { issuedAt: formatTime(pinned) }),
      },
      ...(earlyRenewalHours === undefined ? {} : { earlyRenewalHours }),
      ...(issuer === undefined ? {} : { issuer }),
      frozen: inputs.issuedAt !== undefined,
    },
    now,
  );
}

interface StoredCertificate {
  readonly issued: IssuedState;
  /** The CA whose kind of key is the default, for what is stored and what is asked for alike. */
  readonly reference: Signer;
}

/** What is stored of the certificate; `undefined` where that says too little. */
function storedCertificate<I extends IssuanceInputs>(
  kind: Kind,
  request: CertificateRequest<I>,
  { inputs, outputs }: PreviousCertificate<I>,
  signer: Signer | undefined,
): StoredCertificate | undefined {
  const issuedAt = inputs === undefined ? undefined : knownOr(inputs.issuedAt);
  if (inputs === undefined || issuedAt === undefined) return undefined;
  // What was imported has no signer until the program supplies one; an update compares it with the certificate's issuer.
  const isUnsigned =
    outputs !== undefined || (inputs.secrets === undefined && inputs.certificateAuthority === undefined);
  const reference = isUnsigned ? signer : signerOf(inputs, kind.signer);
  if (reference === undefined) return undefined;
  const issuer = reference.authority.certificate;
  const { notBefore, notAfter, issuerFingerprint = issuer.fingerprint } = outputs ?? {};
  const end = addHours(issuedAt, knownOr(inputs.validityPeriodHours, 0));
  const cutEnd = end.getTime() > issuer.notAfter.getTime() ? issuer.notAfter : end;
  return {
    reference,
    issued: {
      issuedAt,
      notBefore:
        notBefore === undefined
          ? new Date(issuedAt.getTime() - kind.profile.backdateSeconds * 1000)
          : new Date(notBefore),
      notAfter: notAfter === undefined ? cutEnd : new Date(notAfter),
      issuer: issuerFingerprint,
      parts: {
        ...knownParts({ ...request.contents(inputs), ...commonParts(kind, inputs, reference) }),
        issuedAt: formatTime(issuedAt),
      },
    },
  };
}

/** The inputs of every kind that are part of a certificate, defaults filled in. */
function commonParts(kind: Kind, inputs: IssuanceInputs, reference: Signer): Values {
  const { commonName, algorithm, validityPeriodHours, rotationTriggers } = inputs;
  return {
    commonName: commonName ?? kind.commonName,
    algorithm: algorithm ?? defaultLeafAlgorithm(reference.authority.certificate),
    validityPeriodHours,
    rotationTriggers,
  };
}

const knownParts = (parts: Values): Values =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => isKnown(value)));

function commonNameProblems(commonName: string | Unknown | undefined): Problem[] {
  return commonName !== undefined && isKnown(commonName) ? nameValueProblems(commonName, "commonName") : [];
}

function windowProblems({ validityPeriodHours, earlyRenewalHours }: IssuanceInputs): Problem[] {
  if (earlyRenewalHours === undefined || !isKnown(earlyRenewalHours) || !isKnown(validityPeriodHours)) return [];
  if (earlyRenewalHours < validityPeriodHours) return [];
  return [
    {
      code: "ERR_DURATION_INVALID",
      path: "earlyRenewalHours",
      message: `is not less than the lifetime of ${validityPeriodHours} hours; must be fewer hours than validityPeriodHours`,
    },
  ];
}

interface Lifetime {
  readonly signer: Signer;
  readonly reissues: boolean;
  readonly issuedAt: Date;
  readonly now: Date;
}

/** A certificate that ends with its CA or has ended already, and a CA near its end. */
function lifetimeReports(
  { profile }: Kind,
  { issuedAt: asked, validityPeriodHours }: IssuanceInputs,
  { signer, reissues, issuedAt, now }: Lifetime,
): Report[] {
  const issuer = signer.authority.certificate;
  if (reissues && isKnown(asked) && isKnown(validityPeriodHours)) {
    const lifetime = leafLifetime(issuedAt, validityPeriodHours, profile, issuer, signer.input);
    if (lifetime.notAfter.getTime() <= now.getTime()) {
      return [
        info(
          `issuedAt: lies so far back that the certificate will have expired already, at ${formatTime(lifetime.notAfter)}; release it`,
        ),
      ];
    }
    if (lifetime.cutToAuthority) return [cutWarning(lifetime)];
  }
  return lifetimeWarnings(issuer, now, signer.input);
}
