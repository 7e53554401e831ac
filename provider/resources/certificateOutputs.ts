import { formatTime } from "../core/environment";
import { renewalTime } from "../core/lifecycle/renewal";
import type { Certificate } from "../core/x509/certificate";
import type { Values } from "./definition";
import { BOOLEAN, type Properties, STRING } from "./schema";

/** Outputs that every resource with a certificate of its own has. */
export const CERTIFICATE_OUTPUTS: Properties = {
  caCertificatesPem: {
    type: STRING,
    description: "PEM of every authority to trust: the issuing one first, then those accepted while a rotation lasts.",
  },
  serialNumber: { type: STRING, description: "Serial number, lower-case hex." },
  fingerprint: { type: STRING, description: "SHA-256 of the certificate's DER, lower-case hex." },
  issuerFingerprint: { type: STRING, description: "Fingerprint of the authority that issued the certificate." },
  notBefore: { type: STRING, description: "Start of validity, RFC 3339 UTC." },
  notAfter: { type: STRING, description: "End of validity, RFC 3339 UTC." },
  renewalTime: { type: STRING, description: "From when on an update renews the certificate, RFC 3339 UTC." },
  readyForRenewal: {
    type: BOOLEAN,
    description: "Whether the certificate has come into its renewal window; `pulumi refresh` brings it up to date.",
  },
};

/** Public facts of a certificate, as outputs. */
export function certificateOutputs(
  certificate: Certificate,
  issuer: Certificate,
  earlyRenewalHours: number | undefined,
  now: Date,
): Values {
  return {
    serialNumber: certificate.serialNumber,
    fingerprint: certificate.fingerprint,
    issuerFingerprint: issuer.fingerprint,
    ...lifetimeOutputs(certificate, earlyRenewalHours, now),
  };
}

/** The outputs that depend on time. */
export function lifetimeOutputs(
  validity: { readonly notBefore: Date; readonly notAfter: Date },
  earlyRenewalHours: number | undefined,
  now: Date,
): Values {
  const due = renewalTime(validity, earlyRenewalHours);
  return {
    notBefore: formatTime(validity.notBefore),
    notAfter: formatTime(validity.notAfter),
    renewalTime: formatTime(due),
    readyForRenewal: now.getTime() >= due.getTime(),
  };
}
