import { formatTime } from "../core/environment";
import { collectProblems, describeProblem, type Problem } from "../core/errors";
import { lifeStage, lifetimeWarnings } from "../core/secrets/validate";
import { authorityProblems } from "../core/x509/authority";
import { type Certificate, parseCertificates } from "../core/x509/certificate";
import { decodeBase64, encodeBase64 } from "../core/x509/pem";
import { COMPARE, type Host, type ResourceDefinition, type Values } from "./definition";
import { BOOLEAN, checkProperties, type Properties, STRING } from "./schema";
import { holdsUnknown } from "./wire";

const INPUTS: Properties = {
  certificatePem: {
    type: STRING,
    description:
      "The authority to trust: PEM, base64 of PEM, or a bundle of several certificates. Never a private key.",
    required: true,
  },
};

const CERTIFICATE: Properties = {
  certificatePem: { type: STRING, description: "The certificate, PEM." },
  crt: { type: STRING, description: "Base64 of the PEM, as in `machine.acceptedCAs`." },
  fingerprint: { type: STRING, description: "SHA-256 of the certificate's DER, lower-case hex." },
  subject: { type: STRING, description: "Subject of the certificate." },
  notBefore: { type: STRING, description: "Start of validity, RFC 3339 UTC." },
  notAfter: { type: STRING, description: "End of validity, RFC 3339 UTC." },
  expiresSoon: { type: BOOLEAN, description: "Whether the authority ends within a year." },
};

/** A further authority that nodes trust: certificate only. */
export const AcceptedCA: ResourceDefinition = {
  name: "AcceptedCA",
  description: "A further certificate authority that the nodes of a cluster trust: its certificate, never its key.",
  inputs: INPUTS,
  outputs: {
    ...CERTIFICATE,
    certificates: {
      type: { kind: "list", item: { kind: "object", name: "AcceptedCertificate", properties: CERTIFICATE } },
      description: "All certificates of the input; the other outputs are of the first.",
    },
  },

  check(olds, news, host) {
    const problems: Problem[] = checkProperties(news, INPUTS);
    const notices: string[] = [];
    const given = news["certificatePem"];
    if (problems.length === 0 && typeof given === "string" && !holdsUnknown(given)) {
      const certificates = collectProblems(problems, () => parseInput(given)) ?? [];
      const isNew = olds["certificatePem"] !== given;
      certificates.forEach((certificate, index) => {
        const path = index === 0 ? "certificatePem" : `certificatePem[${index}]`;
        problems.push(...authorityProblems(certificate, path));
        const late = certificate.notAfter.getTime() <= host.environment.now().getTime();
        if (late && isNew) {
          problems.push({
            code: "ERR_AUTHORITY_EXPIRED",
            path,
            message: `expired at ${formatTime(certificate.notAfter)}; expected an authority that is still valid`,
          });
        } else {
          notices.push(...lifetimeWarnings(certificate, host.environment.now(), path).map(describeProblem));
        }
      });
    }
    return Promise.resolve({ inputs: news, problems, notices });
  },
  diff: () => Promise.resolve(COMPARE),
  create(inputs, host) {
    const outputs = outputsOf(inputs, host);
    return Promise.resolve({ id: String(outputs["fingerprint"]), outputs });
  },
  read: (outputs, host) => {
    const pem = (outputs["certificates"] as Values[]).map((item) => item["certificatePem"]).join("");
    return Promise.resolve(outputsOf({ certificatePem: pem }, host));
  },
  update: (_olds, news, host) => Promise.resolve({ outputs: outputsOf(news, host) }),
};

/** PEM, or base64 of PEM. @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN */
function parseInput(text: string): Certificate[] {
  const decoded = text.includes("-----BEGIN") ? undefined : decodeBase64(text.replace(/\s+/g, ""));
  return parseCertificates(decoded === undefined ? text : Buffer.from(decoded).toString("utf8"), "certificatePem");
}

function outputsOf(inputs: Values, host: Host): Values {
  const certificates = parseInput(String(inputs["certificatePem"])).map((certificate) => describe(certificate, host));
  return { ...certificates[0], certificates };
}

function describe(certificate: Certificate, host: Host): Values {
  const stage = lifeStage(certificate, host.environment.now());
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
