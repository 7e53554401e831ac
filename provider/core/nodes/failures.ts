import type { ErrorCode } from "../errorCodes";
import { PkiError } from "../errors";

/** What is known of the certificate that a node has served. All of it is public. */
export interface ServedCertificate {
  /** SHA-256 of the public key (SPKI), base64, as talosctl prints it. */
  readonly keyFingerprint: string;
  readonly commonName: string | undefined;
}

/** What a failed call looked like, before anybody has given it a meaning. */
export interface FailureFacts {
  /** Code of TLS, OpenSSL or the operating system: `ECONNREFUSED`, `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`, … */
  readonly network?: string;
  /** Status of gRPC, where a call got that far. */
  readonly status?: number;
  /** What was said beside it. */
  readonly text: string;
  /** What the node served, where its certificate is the reason. */
  readonly served?: ServedCertificate;
}

/** A failed call with its meaning. */
export interface NodeFailure {
  readonly code: ErrorCode;
  /** What happened, in words: TLS's or gRPC's reason. */
  readonly reason: string;
  readonly remedy: string;
}

/** Common name of Talos's maintenance service (siderolabs/talos pkg/machinery/constants, v1.6 to v1.14). */
const MAINTENANCE_COMMON_NAME = "maintenance-service.talos.dev";

interface FailureRow {
  readonly status?: number;
  /** Matches `network`. */
  readonly network?: RegExp;
  /** Matches `text`. */
  readonly text?: RegExp;
  readonly code: ErrorCode;
  /** Absent where the text itself says it best. */
  readonly reason?: string;
  readonly remedy: string;
}

const LOOK_AT_NODE = "look whether the machine is on and its address is right";
const OTHER_CA = "give it a config of this cluster, or the address of the right machine";
const COMPARE_CLOCKS = "compare the clocks of the node and of this machine";
const CHECK_PORT = "see that the port is that of the Talos API, 50000";
const CHECK_NAME = "see that the name resolves here";
const CHECK_CLIENT = "see that the node has the machine config of this stage, and that its clock is right";

/** Talos's words up to v1.13 for a config that it takes in no mode without a reboot. */
const NEEDS_REBOOT = /can't be applied in immediate mode/;

/** Whether a failure says that the node must reboot to take a config. */
export const needsReboot = ({ text }: FailureFacts): boolean => NEEDS_REBOOT.test(text);

/**
 * What each failure means; the first row that fits counts. Statuses are gRPC's numbers. Measured with apid of Talos
 * v1.13.0 and Node 20.
 */
const ROWS: readonly FailureRow[] = [
  // The node's certificate, as OpenSSL judges it on our side.
  {
    network: /^SELF_SIGNED|^DEPTH_ZERO_SELF_SIGNED/,
    code: "ERR_NODE_UNTRUSTED",
    reason: "its certificate is self-signed",
    remedy: OTHER_CA,
  },
  {
    network: /^UNABLE_TO_(?:VERIFY|GET_ISSUER)|^CERT_SIGNATURE_FAILURE|^INVALID_(?:CA|PURPOSE)|^CERT_UNTRUSTED/,
    code: "ERR_NODE_UNTRUSTED",
    reason: "its certificate is not from a CA of the cluster",
    remedy: OTHER_CA,
  },
  {
    network: /^CERT_HAS_EXPIRED/,
    code: "ERR_NODE_UNTRUSTED",
    reason: "its certificate has expired",
    remedy: COMPARE_CLOCKS,
  },
  {
    network: /^CERT_NOT_YET_VALID/,
    code: "ERR_NODE_UNTRUSTED",
    reason: "its certificate is not valid yet",
    remedy: COMPARE_CLOCKS,
  },
  {
    network: /^ERR_TLS_CERT_ALTNAME_INVALID/,
    code: "ERR_NODE_UNTRUSTED",
    reason: "its certificate is for other names and addresses",
    remedy: "use an address that the node knows, or add this one to certSANs",
  },
  {
    network: /^PIN_MISMATCH/,
    code: "ERR_NODE_FINGERPRINT",
    reason: "it serves another key than the pinned one",
    remedy: "compare the fingerprint with the node's console, and configure that one",
  },
  {
    network: /^UNREADABLE_CERTIFICATE/,
    code: "ERR_NODE_UNTRUSTED",
    reason: "it serves a certificate that cannot be read",
    remedy: OTHER_CA,
  },
  // Our certificate, as the node judges it: TLS alerts (RFC 8446, section 6).
  {
    network: /ALERT_UNKNOWN_CA/,
    code: "ERR_CLIENT_REJECTED",
    reason: "it does not trust the client's CA",
    remedy: CHECK_CLIENT,
  },
  {
    network: /ALERT_(?:BAD_)?CERTIFICATE_EXPIRED/,
    code: "ERR_CLIENT_REJECTED",
    reason: "to it the client's certificate has expired or is not valid yet",
    remedy: COMPARE_CLOCKS,
  },
  {
    network: /ALERT_CERTIFICATE_REQUIRED/,
    code: "ERR_CLIENT_REJECTED",
    reason: "it asks for a client certificate",
    remedy: "the node has a config; use its cluster's secrets",
  },
  {
    network:
      /ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_REVOKED|ACCESS_DENIED|DECRYPT_ERROR|HANDSHAKE_FAILURE)/,
    code: "ERR_CLIENT_REJECTED",
    reason: "it rejects the client's certificate",
    remedy: CHECK_CLIENT,
  },
  // No TLS, no host, nobody there.
  {
    network: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|RECORD_LAYER|EPROTO/,
    code: "ERR_NODE_UNREACHABLE",
    reason: "what answers there does not speak TLS",
    remedy: CHECK_PORT,
  },
  {
    network: /NO_H2/,
    code: "ERR_NODE_UNREACHABLE",
    reason: "what answers there does not speak HTTP/2",
    remedy: CHECK_PORT,
  },
  { network: /^ECONNREFUSED/, code: "ERR_NODE_UNREACHABLE", reason: "nobody listens there", remedy: LOOK_AT_NODE },
  {
    network: /^(?:ENOTFOUND|EAI_)/,
    code: "ERR_NODE_UNREACHABLE",
    reason: "the name is not known",
    remedy: CHECK_NAME,
  },
  {
    network: /^(?:EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EACCES)/,
    code: "ERR_NODE_UNREACHABLE",
    reason: "there is no way to it",
    remedy: LOOK_AT_NODE,
  },
  {
    network: /^(?:ECONNRESET|EPIPE|ECONNABORTED|CLOSED)/,
    code: "ERR_NODE_UNREACHABLE",
    reason: "the connection was closed",
    remedy: LOOK_AT_NODE,
  },
  { network: /^(?:ETIMEDOUT|TIMEOUT)/, code: "ERR_NODE_TIMEOUT", reason: "no answer in time", remedy: LOOK_AT_NODE },
  // What apid and machined answer.
  {
    // What follows is a diff, which may quote secrets of the config before (siderolabs/talos v1alpha1_runtime.go, v1.13).
    text: NEEDS_REBOOT,
    code: "ERR_CONFIG_REJECTED",
    reason: "the change needs a reboot",
    remedy: 'use applyMode "auto", or "staged" and reboot the node later',
  },
  {
    // What a control plane says that forwards calls.
    status: 14,
    text: /authentication handshake failed.*x509: /s,
    code: "ERR_NODE_UNTRUSTED",
    reason: "to the control plane that forwards the call its certificate is not from a CA of the cluster",
    remedy: OTHER_CA,
  },
  { status: 3, code: "ERR_CONFIG_REJECTED", remedy: "mend the config" },
  { status: 4, code: "ERR_NODE_TIMEOUT", reason: "no answer in time", remedy: LOOK_AT_NODE },
  { status: 6, code: "ERR_ALREADY_BOOTSTRAPPED", remedy: "nothing is left to do" },
  {
    status: 7,
    text: /no request forwarding/,
    code: "ERR_NO_FORWARDING",
    reason: "it forwards no calls, as it is a worker",
    remedy: "use a control plane as endpoint",
  },
  { status: 7, code: "ERR_ROLE_MISSING", remedy: "use a client with the role os:admin" },
  { status: 9, code: "ERR_NODE_BUSY", remedy: "wait until that is over" },
  { status: 8, code: "ERR_NODE_BUSY", remedy: "wait until that is over" },
  { status: 12, code: "ERR_NODE_UNSUPPORTED", remedy: "see what this version of Talos can do" },
  {
    status: 14,
    text: /^Name resolution failed/,
    code: "ERR_NODE_UNREACHABLE",
    reason: "the name is not known",
    remedy: CHECK_NAME,
  },
  { status: 14, text: /refused/i, code: "ERR_NODE_UNREACHABLE", reason: "nobody listens there", remedy: LOOK_AT_NODE },
  { status: 14, code: "ERR_NODE_UNREACHABLE", remedy: LOOK_AT_NODE },
];

/** What a failure means. */
export function readFailure(facts: FailureFacts): NodeFailure {
  const row = ROWS.find(
    ({ status, network, text }) =>
      (status === undefined || status === facts.status) &&
      (network === undefined || (facts.network !== undefined && network.test(facts.network))) &&
      (text === undefined || text.test(facts.text)),
  );
  const code = row?.code ?? "ERR_NODE_UNREACHABLE";
  const reason = row?.reason ?? facts.text;
  const remedy = row?.remedy ?? LOOK_AT_NODE;
  return facts.served === undefined ? { code, reason, remedy } : ofServed(code, reason, remedy, facts.served);
}

/** What to do about a certificate that nobody vouches for. */
function ofServed(code: ErrorCode, reason: string, remedy: string, served: ServedCertificate): NodeFailure {
  const { keyFingerprint, commonName } = served;
  const shown = `${reason}; its public key has the fingerprint ${keyFingerprint}`;
  if (code !== "ERR_NODE_UNTRUSTED") return { code, reason: shown, remedy };
  // The name is a hint and never proof: anybody can write it.
  if (commonName === MAINTENANCE_COMMON_NAME) {
    return {
      code: "ERR_NODE_MAINTENANCE",
      reason: `it says that it is in maintenance mode, and nothing proves which machine it is; its public key has the fingerprint ${keyFingerprint}`,
      remedy: "compare the fingerprint with the one on the node's console, and configure it as maintenance.fingerprint",
    };
  }
  return {
    code,
    reason: shown,
    remedy: `${remedy}; if it is a new machine, compare the fingerprint with the one on its console, and configure it as maintenance.fingerprint`,
  };
}

/**
 * Failures that may pass by themselves while a node boots, restarts or gets its config, and within which time, ms.
 *
 * A node that leaves maintenance mode counts every client as `os:reader` until apid has restarted, and machined refuses an
 * apid whose process it does not know yet: a refusal that lasts is one. Source: siderolabs/talos
 * internal/app/apid/service.go, pkg/grpc/middleware/auth/unix/authorizer.go, v1.13.
 */
const PASSING: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_NODE_UNREACHABLE: Infinity,
  ERR_NODE_TIMEOUT: Infinity,
  ERR_NODE_UNTRUSTED: Infinity,
  ERR_NODE_MAINTENANCE: Infinity,
  ERR_CLIENT_REJECTED: Infinity,
  ERR_NODE_BUSY: Infinity,
  ERR_ROLE_MISSING: 30_000,
};

/** How long waiting may help against a failure, ms; zero where it never does. */
export function passesWithin({ code }: PkiError): number {
  return PASSING[code] ?? 0;
}

/** Whether waiting may help, however long it takes. */
export function mayPass(error: PkiError): boolean {
  return passesWithin(error) === Infinity;
}

/**
 * The error of a failed call: which node, what was tried, why not, what to do, and the code.
 *
 * @param node address of the node, as a person writes it
 * @param tried what was tried, such as `read the machine config`
 * @example
 * nodeError("10.0.0.2", "connect", readFailure({ network: "ECONNREFUSED", text: "" })).code; // "ERR_NODE_UNREACHABLE"
 */
export function nodeError(node: string, tried: string, failure: NodeFailure, cause?: unknown): PkiError {
  const { code, reason, remedy } = failure;
  const message = `node ${node}: cannot ${tried}: ${reason}; ${remedy} (${code})`;
  return new PkiError(code, message, cause === undefined ? {} : { cause });
}
