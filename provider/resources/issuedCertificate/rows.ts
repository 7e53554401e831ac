import { formatTime } from "../../core/environment";
import { renewalTime } from "../../core/lifecycle/renewal";
import type { Certificate } from "../../core/x509/certificate";
import { ANY, flag, hours, mapOf, row, text, time } from "../../engine/rows";
import type { Context } from "../../engine/ports";
import { knownOr, type Unknown } from "../../engine/unknown";
import { KEY_ALGORITHM } from "../enumerations";
import type { Kind } from "./plan";
import type { Signer } from "./signer";

/** Inputs of every issued certificate, beside its signer and its names. */
export const issuanceInputs = ({ commonName, profile: { validityPeriodHours } }: Kind) => ({
  commonName: text("CN of the subject.").withDocumentedDefault(commonName),
  algorithm: row(KEY_ALGORITHM, "Kind of the private key. Default: as Talos chooses, the kind of the CA's."),
  validityPeriodHours: hours("Lifetime in hours, or a Go duration; cut to the CA's end, with a warning.").withDefault(
    validityPeriodHours,
  ),
  earlyRenewalHours: hours(
    "How long before its end the certificate is renewed. Default: the lesser of 720 hours and a third of the lifetime.",
  ),
  rotationTriggers: row(mapOf(ANY), "Any values; a change of one reissues the certificate."),
  issuedAt: time(
    "Time of issuance, RFC 3339 UTC. Set by the provider: kept while the certificate is fresh, set anew when it is due. Name it in `ignoreChanges` to pin it, in `replaceOnChanges` to have the certificate replaced.",
  ),
});

/** Inputs that the stored outputs of every issued certificate repeat. */
export const REMEMBERED = [
  "commonName",
  "algorithm",
  "validityPeriodHours",
  "rotationTriggers",
  "earlyRenewalHours",
  "issuedAt",
] as const;

/** Outputs of every issued certificate. */
export const ISSUED_OUTPUTS = {
  caCertificatesPem: text(
    "PEM of every CA to trust: the issuing one first, then those accepted while a rotation lasts.",
  ),
  serialNumber: text("Serial number, lower-case hex."),
  fingerprint: text("SHA-256 of the certificate's DER, lower-case hex."),
  issuerFingerprint: text("Fingerprint of the CA that issued the certificate."),
  notBefore: text("Start of validity, RFC 3339 UTC."),
  notAfter: text("End of validity, RFC 3339 UTC."),
  renewalTime: text("From when on an update renews the certificate, RFC 3339 UTC."),
  readyForRenewal: flag(
    "Whether the certificate has come into its renewal window; `pulumi refresh` brings it up to date.",
  ),
};

/** Those outputs of a certificate. */
export function issuedOutputs(
  certificate: Certificate,
  signer: Signer,
  earlyRenewalHours: number | undefined,
  now: Date,
) {
  return {
    caCertificatesPem: [signer.authority.certificate.pem, ...signer.accepted].join(""),
    serialNumber: certificate.serialNumber,
    fingerprint: certificate.fingerprint,
    issuerFingerprint: signer.authority.certificate.fingerprint,
    ...lifetimeOutputs(certificate, earlyRenewalHours, now),
  };
}

/** The outputs that depend on time. */
export function lifetimeOutputs(
  validity: { readonly notBefore: Date; readonly notAfter: Date },
  earlyRenewalHours: number | undefined,
  now: Date,
) {
  const due = renewalTime(validity, earlyRenewalHours);
  return {
    notBefore: formatTime(validity.notBefore),
    notAfter: formatTime(validity.notAfter),
    renewalTime: formatTime(due),
    readyForRenewal: now.getTime() >= due.getTime(),
  };
}

/** Outputs that time has changed: those of a stored certificate, by its window. */
export function readCertificate(
  certificatePem: string | undefined,
  earlyRenewalHours: number | Unknown | undefined,
  { environment, pems }: Context,
) {
  if (certificatePem === undefined) return { outputs: {} };
  const certificate = pems.certificate(certificatePem, "certificatePem");
  return { outputs: lifetimeOutputs(certificate, knownOr(earlyRenewalHours), environment.now()) };
}
