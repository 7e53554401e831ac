import { formatTime } from "../core/environment";
import type { Problem } from "../core/errors";
import { tryAcceptedAuthority } from "../core/inspect/tryAuthority";
import { lifeStage, lifetimeWarnings } from "../core/secrets/validate";
import { authorityProblems } from "../core/x509/authority";
import type { Certificate } from "../core/x509/certificate";
import { decodeBase64, encodeBase64 } from "../core/x509/pem";
import type { DecodeContext } from "../engine/decode";
import { defineResource, type Report } from "../engine/definition";
import { customOf, factsOf, flag, listOf, row, STRING, text } from "../engine/rows";
import { isKnown } from "../engine/unknown";

const CERTIFICATE = {
  certificatePem: text("The certificate, PEM."),
  crt: text("Base64 of the PEM, as in `machine.acceptedCAs`."),
  fingerprint: text("SHA-256 of the certificate's DER, lower-case hex."),
  subject: text("Subject of the certificate."),
  notBefore: text("Start of validity, RFC 3339 UTC."),
  notAfter: text("End of validity, RFC 3339 UTC."),
  expiresSoon: flag("Whether the CA ends within a year."),
};

/** A further CA that nodes trust: certificate only. */
export const AcceptedCA = defineResource({
  name: "AcceptedCA",
  description: "A further certificate authority that the nodes of a cluster trust: its certificate, never its key.",
  inputs: {
    certificatePem: row(
      customOf(STRING, (value, path, context) => readCertificates(String(value), path, context)),
      "The CA to trust: PEM, base64 of PEM, or a bundle of several certificates. Never a private key.",
    ).asRequired(),
  },
  outputs: {
    ...CERTIFICATE,
    certificates: row(
      listOf(factsOf("AcceptedCertificate", CERTIFICATE, "One certificate of an AcceptedCA.")),
      "All certificates of the input; the other outputs are of the first.",
    ),
  },
  decidesFrom: "inputs",

  plan({ inputs: { certificatePem: certificates }, isAsStored }, { environment }) {
    if (!isKnown(certificates)) return { problems: [], reports: [] };
    const now = environment.now();
    const isNew = !isAsStored("certificatePem");
    const problems: Problem[] = [];
    const reports: Report[] = [];
    certificates.forEach((certificate, index) => {
      const path = index === 0 ? "certificatePem" : `certificatePem[${index}]`;
      // What is stored is in use: a stricter package must not reject it now.
      const trial = isNew
        ? tryAcceptedAuthority(certificate, path)
        : { problems: authorityProblems(certificate, path), warnings: [] };
      problems.push(...trial.problems);
      reports.push(...trial.warnings);
      if (isNew && certificate.notAfter.getTime() <= now.getTime()) {
        problems.push({
          code: "ERR_AUTHORITY_EXPIRED",
          path,
          message: `expired at ${formatTime(certificate.notAfter)}; must be a CA that is still valid`,
        });
      } else reports.push(...lifetimeWarnings(certificate, now, path));
    });
    return { problems, reports, decision: undefined };
  },
  apply({ inputs: { certificatePem } }, { environment }) {
    const outputs = describeAll(certificatePem, environment.now());
    return { id: outputs.fingerprint, outputs };
  },
  read({ outputs: { certificates = [] } }, { environment, pems }) {
    const pem = certificates.map(({ certificatePem }) => certificatePem).join("");
    return { outputs: describeAll(pems.certificates(pem, "certificates"), environment.now()) };
  },
});

/** PEM, or base64 of PEM. @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN */
export function readCertificates(value: string, path: string, { pems }: DecodeContext): Certificates {
  const decoded = value.includes("-----BEGIN") ? undefined : decodeBase64(value.replace(/\s+/g, ""));
  return pems.certificates(decoded === undefined ? value : Buffer.from(decoded).toString("utf8"), path);
}

type Certificates = readonly [Certificate, ...Certificate[]];

function describeAll([first, ...others]: Certificates, now: Date): Description & { certificates: Description[] } {
  const description = describe(first, now);
  return { ...description, certificates: [description, ...others.map((other) => describe(other, now))] };
}

type Description = ReturnType<typeof describe>;

function describe(certificate: Certificate, now: Date) {
  const stage = lifeStage(certificate, now);
  return {
    certificatePem: certificate.pem,
    crt: encodeBase64(certificate.pem),
    fingerprint: certificate.fingerprint,
    subject: certificate.subject,
    notBefore: formatTime(certificate.notBefore),
    notAfter: formatTime(certificate.notAfter),
    expiresSoon: stage === "ending" || stage === "over",
  };
}
