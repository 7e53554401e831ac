import assert from "node:assert/strict";

import { ERROR_CODES, type ErrorCode } from "../../../../provider/core/errorCodes";
import { PkiError } from "../../../../provider/core/errors";
import { type FailureFacts, mayPass, nodeError, readFailure } from "../../../../provider/core/nodes/failures";

const served = { keyFingerprint: "PIN", commonName: "talos-node" };
const maintenance = { keyFingerprint: "PIN", commonName: "maintenance-service.talos.dev" };

/** What was measured, and what it means. */
const ROWS: readonly [Partial<FailureFacts>, ErrorCode, string][] = [
  [
    { network: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
    "ERR_NODE_UNTRUSTED",
    "its certificate is not from a CA of the cluster",
  ],
  [
    { network: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" },
    "ERR_NODE_UNTRUSTED",
    "its certificate is not from a CA of the cluster",
  ],
  [{ network: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "ERR_NODE_UNTRUSTED", "its certificate is self-signed"],
  [{ network: "SELF_SIGNED_CERT_IN_CHAIN" }, "ERR_NODE_UNTRUSTED", "its certificate is self-signed"],
  [{ network: "CERT_HAS_EXPIRED" }, "ERR_NODE_UNTRUSTED", "its certificate has expired"],
  [{ network: "CERT_NOT_YET_VALID" }, "ERR_NODE_UNTRUSTED", "its certificate is not valid yet"],
  [
    { network: "ERR_TLS_CERT_ALTNAME_INVALID" },
    "ERR_NODE_UNTRUSTED",
    "its certificate is for other names and addresses",
  ],
  [{ network: "UNREADABLE_CERTIFICATE" }, "ERR_NODE_UNTRUSTED", "it serves a certificate that cannot be read"],
  [{ network: "PIN_MISMATCH" }, "ERR_NODE_FINGERPRINT", "it serves another key than the pinned one"],
  [{ network: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA" }, "ERR_CLIENT_REJECTED", "it does not trust the client's CA"],
  [
    { network: "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED" },
    "ERR_CLIENT_REJECTED",
    "to it the client's certificate has expired or is not valid yet",
  ],
  [{ network: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" }, "ERR_CLIENT_REJECTED", "it asks for a client certificate"],
  [{ network: "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE" }, "ERR_CLIENT_REJECTED", "it rejects the client's certificate"],
  [{ network: "ERR_SSL_WRONG_VERSION_NUMBER" }, "ERR_NODE_UNREACHABLE", "what answers there does not speak TLS"],
  [{ network: "NO_H2" }, "ERR_NODE_UNREACHABLE", "what answers there does not speak HTTP/2"],
  [{ network: "ECONNREFUSED" }, "ERR_NODE_UNREACHABLE", "nobody listens there"],
  [{ network: "ENOTFOUND" }, "ERR_NODE_UNREACHABLE", "the name is not known"],
  [{ network: "EAI_AGAIN" }, "ERR_NODE_UNREACHABLE", "the name is not known"],
  [{ network: "EHOSTUNREACH" }, "ERR_NODE_UNREACHABLE", "there is no way to it"],
  [{ network: "ECONNRESET" }, "ERR_NODE_UNREACHABLE", "the connection was closed"],
  [{ network: "TIMEOUT" }, "ERR_NODE_TIMEOUT", "no answer in time"],
  [{ network: "ETIMEDOUT" }, "ERR_NODE_TIMEOUT", "no answer in time"],
  [{ status: 3, text: "the node's words" }, "ERR_CONFIG_REJECTED", "the node's words"],
  [{ status: 4 }, "ERR_NODE_TIMEOUT", "no answer in time"],
  [{ status: 6, text: "not empty" }, "ERR_ALREADY_BOOTSTRAPPED", "not empty"],
  [{ status: 7, text: "no request forwarding" }, "ERR_NO_FORWARDING", "it forwards no calls, as it is a worker"],
  [{ status: 7, text: "not authorized" }, "ERR_ROLE_MISSING", "not authorized"],
  [{ status: 8, text: "too many" }, "ERR_NODE_BUSY", "too many"],
  [{ status: 9, text: "in progress" }, "ERR_NODE_BUSY", "in progress"],
  [{ status: 12, text: "not implemented" }, "ERR_NODE_UNSUPPORTED", "not implemented"],
  [{ status: 14, text: "Name resolution failed for x" }, "ERR_NODE_UNREACHABLE", "the name is not known"],
  [{ status: 14, text: "connect ECONNREFUSED" }, "ERR_NODE_UNREACHABLE", "nobody listens there"],
  [{ status: 14, text: "Connection dropped" }, "ERR_NODE_UNREACHABLE", "Connection dropped"],
  [
    { status: 14, network: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA" },
    "ERR_CLIENT_REJECTED",
    "it does not trust the client's CA",
  ],
  [{ status: 2, text: "something else" }, "ERR_NODE_UNREACHABLE", "something else"],
];

describe("A failed call of a node", () => {
  for (const [facts, code, reason] of ROWS) {
    it(`means ${code}: ${JSON.stringify(facts)}`, () => {
      const failure = readFailure({ text: "", ...facts });
      assert.deepEqual([failure.code, failure.reason], [code, reason]);
      assert.ok(failure.remedy.length > 0 && !/\.$|^[A-Z]/.test(failure.remedy), failure.remedy);
    });
  }

  it("shows the fingerprint of the key that was served", () => {
    const { reason, remedy } = readFailure({ network: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", text: "", served });
    assert.equal(reason, "its certificate is not from a CA of the cluster; its public key has the fingerprint PIN");
    assert.match(
      remedy,
      /compare the fingerprint with the one on its console, and configure it as maintenance\.fingerprint$/,
    );
  });

  it("is a machine in maintenance mode only where nobody vouches for its certificate and it has that name", () => {
    for (const network of ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "DEPTH_ZERO_SELF_SIGNED_CERT"]) {
      assert.equal(readFailure({ network, text: "", served: maintenance }).code, "ERR_NODE_MAINTENANCE");
      assert.equal(readFailure({ network, text: "", served }).code, "ERR_NODE_UNTRUSTED");
    }
    assert.equal(readFailure({ network: "PIN_MISMATCH", text: "", served: maintenance }).code, "ERR_NODE_FINGERPRINT");
  });

  it("has a message that names node, purpose, reason and remedy, and ends in the code", () => {
    const error = nodeError("10.0.0.2", "connect", readFailure({ network: "ECONNREFUSED", text: "" }));
    assert.equal(
      error.message,
      "node 10.0.0.2: cannot connect: nobody listens there; look whether the machine is on and its address is right (ERR_NODE_UNREACHABLE)",
    );
  });

  it("may pass by itself while a node boots or is busy, and not where a person must act", () => {
    const passing = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => mayPass(new PkiError(code, "x")));
    assert.deepEqual(passing, [
      "ERR_CLIENT_REJECTED",
      "ERR_NODE_BUSY",
      "ERR_NODE_MAINTENANCE",
      "ERR_NODE_TIMEOUT",
      "ERR_NODE_UNREACHABLE",
      "ERR_NODE_UNTRUSTED",
    ]);
  });
});
