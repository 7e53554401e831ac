import { type Hours, hoursProblems, parseHours } from "../duration";
import { type Environment, wholeSeconds } from "../environment";
import { PkiError, type Problem } from "../errors";
import type { KeyAlgorithm } from "./algorithms";
import { type CertificateRequest, parseCertificateRequest } from "./certificateRequest";
import { type AuthorityInput, readAuthority } from "./clientCertificate";
import { algorithmProblems, defaultLeafAlgorithm, issueLeaf, issueLeafFor, type IssuedCertificate } from "./leaf";
import { nameValueProblems } from "./name";
import { PROFILES } from "./profiles";
import { subjectAltNameProblems } from "./subjectAltNames";

/** The docs page's name of a node certificate; a real node writes its own FQDN. */
export const TALOS_NODE_COMMON_NAME = "talos-node";

/** What a certificate without alternative names is rejected with. */
export const NAMELESS: Problem = {
  code: "ERR_INPUT_MISSING",
  path: "ipAddresses",
  message: "no name at all is given; add an entry in ipAddresses or dnsNames (clients look at nothing else)",
};

/** The same of a request that brings none. */
export const NAMELESS_REQUEST: Problem = {
  ...NAMELESS,
  message:
    "no name at all is given, nor does the request hold one; add an entry in ipAddresses or dnsNames (clients look at nothing else)",
};

/** What a server certificate with a new key is issued with. One of `dnsNames` and `ipAddresses` holds a name. */
export interface ServerCertificateOptions {
  /** The OS CA: PEM pair, or parsed. */
  readonly certificateAuthority: AuthorityInput;
  /** Default `talos-node`. */
  readonly commonName?: string;
  /** Host names; a wildcard may be the first label. */
  readonly dnsNames?: readonly string[];
  /** In any spelling; written as Go writes them, each once. */
  readonly ipAddresses?: readonly string[];
  /** Default: the kind of the CA's key. */
  readonly algorithm?: KeyAlgorithm;
  /** Hours, default 24, as trustd issues. */
  readonly validityPeriodHours?: Hours;
  /** notBefore; default: now. */
  readonly issuedAt?: Date;
}

/**
 * Issues a server certificate with a new key, as a Talos node's own.
 *
 * @throws PkiError ERR_SAN_INVALID, ERR_INPUT_MISSING (no name at all), ERR_INPUT_INVALID (the common name),
 *   ERR_DURATION_INVALID, ERR_AUTHORITY_EXPIRED
 * @example
 * const { certificate, key } = await issueServerCertificate({ certificateAuthority, ipAddresses: ["10.0.0.2"] }, environment);
 */
export async function issueServerCertificate(
  options: ServerCertificateOptions,
  environment: Environment,
): Promise<IssuedCertificate> {
  const { dnsNames = [], ipAddresses = [], commonName = TALOS_NODE_COMMON_NAME } = options;
  const validityPeriodHours = options.validityPeriodHours ?? PROFILES.talosServer.validityPeriodHours;
  const problems = [
    ...nameValueProblems(commonName, "commonName"),
    ...subjectAltNameProblems({ dnsNames, ipAddresses }),
    ...hoursProblems(validityPeriodHours, "validityPeriodHours"),
    ...(options.algorithm === undefined ? [] : algorithmProblems(options.algorithm, "algorithm")),
  ];
  if (dnsNames.length + ipAddresses.length === 0) problems.push(NAMELESS);
  if (problems.length > 0) throw PkiError.of(problems);
  const authority = readAuthority(options.certificateAuthority, "certificateAuthority");
  return issueLeaf(
    authority,
    {
      profile: PROFILES.talosServer,
      subject: { commonName },
      subjectAltNames: { dnsNames, ipAddresses },
      algorithm: options.algorithm ?? defaultLeafAlgorithm(authority.certificate),
      issuedAt: wholeSeconds(options.issuedAt ?? environment.now()),
      validityPeriodHours: parseHours(validityPeriodHours, "validityPeriodHours"),
    },
    environment,
  );
}

/** What a request is signed with. */
export interface SignRequestOptions {
  /** The OS CA: PEM pair, or parsed. */
  readonly certificateAuthority: AuthorityInput;
  /** PEM of the request, or parsed. */
  readonly csr: string | CertificateRequest;
  /** Default: the request's own CN. */
  readonly commonName?: string;
  /** Added to the request's own names. */
  readonly dnsNames?: readonly string[];
  /** Added to the request's own addresses; each is written once. */
  readonly ipAddresses?: readonly string[];
  /** Hours, or a Go duration; default 24, as trustd issues. */
  readonly validityPeriodHours?: Hours;
  /** notBefore; default: now. */
  readonly issuedAt?: Date;
}

/**
 * Signs a request into a server certificate, as trustd does: keeps CN and alternative names, strips O (a role must
 * never ride in on a request), forces digitalSignature and serverAuth. Unlike trustd it rejects one without any name,
 * which no client would take.
 *
 * Source: siderolabs/talos internal/app/trustd/internal/reg/reg.go, v1.13.
 *
 * @throws PkiError ERR_CSR_INVALID, ERR_INPUT_MISSING (no name at all), ERR_INPUT_INVALID (the common name),
 *   ERR_DURATION_INVALID, ERR_SAN_INVALID, ERR_AUTHORITY_EXPIRED
 * @example
 * const { certificate } = await signCertificateRequest({ certificateAuthority, csr: csrPem }, environment);
 */
export async function signCertificateRequest(
  options: SignRequestOptions,
  environment: Environment,
): Promise<Omit<IssuedCertificate, "key">> {
  const validityPeriodHours = options.validityPeriodHours ?? PROFILES.talosServer.validityPeriodHours;
  const problems = [
    ...nameValueProblems(options.commonName ?? "", "commonName"),
    ...hoursProblems(validityPeriodHours, "validityPeriodHours"),
  ];
  if (problems.length > 0) throw PkiError.of(problems);
  const csr =
    typeof options.csr === "string" ? await parseCertificateRequest(options.csr, "csr", environment) : options.csr;
  const authority = readAuthority(options.certificateAuthority, "certificateAuthority");
  const commonName = options.commonName ?? csr.commonName;
  const unfit = nameValueProblems(commonName ?? "", "csr");
  if (unfit.length > 0) throw PkiError.of(unfit);
  const subjectAltNames = {
    dnsNames: [...csr.dnsNames, ...(options.dnsNames ?? [])],
    ipAddresses: [...csr.ipAddresses, ...(options.ipAddresses ?? [])],
  };
  if (subjectAltNames.dnsNames.length + subjectAltNames.ipAddresses.length === 0) throw PkiError.of([NAMELESS_REQUEST]);
  return issueLeafFor(
    authority,
    {
      profile: PROFILES.talosServer,
      subject: commonName === undefined ? {} : { commonName },
      subjectAltNames,
      issuedAt: wholeSeconds(options.issuedAt ?? environment.now()),
      validityPeriodHours: parseHours(validityPeriodHours, "validityPeriodHours"),
    },
    csr.publicKeyDer,
    environment,
  );
}
