import assert from "node:assert/strict";

import { AcceptedCA } from "../../../provider/resources/acceptedCA";
import type { Values } from "../../../provider/engine/values";
import { Managed, testHost } from "../support/engine";
import { vector } from "../support/fixed";
import { readVectorBundle } from "../vectors/vectors";

const { certs } = readVectorBundle("bundles/v1.13.yaml");
const host = testHost();
const expired = (/os:\n\s+crt: (\S+)/.exec(vector("broken/expired-ca.yaml")) ?? [])[1]!;
const leaf = (/os:\n\s+crt: (\S+)/.exec(vector("broken/not-a-ca.yaml")) ?? [])[1]!;
const text = (base64: string): string => Buffer.from(base64, "base64").toString();
const base64 = (pem: string): string => Buffer.from(pem).toString("base64");

describe("An AcceptedCA", () => {
  beforeEach(() => {
    host.now = "2027-01-01T00:00:00Z";
  });

  const make = async (certificatePem: string): Promise<Managed> => {
    const accepted = new Managed(AcceptedCA, host);
    await accepted.up({ certificatePem });
    return accepted;
  };
  const problems = async (certificatePem: unknown): Promise<readonly string[]> =>
    (await new Managed(AcceptedCA, host).preview({ certificatePem })).problems;

  it("is the certificate with its facts", async () => {
    const accepted = await make(certs.os.crt);
    const { certificates, ...first } = accepted.outputs as Values & { certificates: Values[] };
    assert.deepEqual(certificates, [first]);
    assert.equal(first["certificatePem"], certs.os.crt);
    assert.equal(first["crt"], base64(certs.os.crt));
    assert.deepEqual([first["subject"], first["expiresSoon"]], ["O=talos", false]);
    assert.equal(accepted.id, first["fingerprint"]);
  });

  it("is the same as base64, without a final newline, and among other text", async () => {
    const { outputs } = await make(certs.os.crt);
    for (const form of [base64(certs.os.crt), certs.os.crt.trimEnd(), `# mine\n${certs.os.crt}`])
      assert.deepEqual((await make(form)).outputs, outputs);
  });

  it("of several certificates lists all, its own facts being of the first", async () => {
    const accepted = await make(certs.os.crt + certs.k8s.crt);
    const certificates = accepted.outputs["certificates"] as Values[];
    assert.deepEqual(
      certificates.map(({ subject }) => subject),
      ["O=talos", "O=kubernetes"],
    );
    assert.equal(accepted.outputs["certificatePem"], certs.os.crt);
    await accepted.up({ certificatePem: certs.k8s.crt });
    assert.equal((accepted.outputs["certificates"] as Values[]).length, 1);
  });

  it("is no private key, no leaf, nothing expired, nothing empty, nothing cut off", async () => {
    const key = "ERR_PRIVATE_KEY_GIVEN certificatePem: holds a private key; must be certificates only";
    assert.deepEqual(await problems(certs.os.key), [key]);
    assert.deepEqual(await problems(base64(certs.os.crt + certs.os.key)), [key]);
    assert.deepEqual(await problems(text(leaf)), [
      "ERR_NOT_A_CA certificatePem: is not a CA (basicConstraints lacks CA:TRUE); must be the certificate of a CA",
    ]);
    assert.deepEqual(await problems(expired), [
      "ERR_AUTHORITY_EXPIRED certificatePem: expired at 2021-01-01T00:00:00Z; must be a CA that is still valid",
    ]);
    for (const none of ["", "x", base64("x")])
      assert.deepEqual(await problems(none), [
        "ERR_PEM_INVALID certificatePem: holds no PEM block; must be text that begins with -----BEGIN",
      ]);
    assert.deepEqual(await problems(certs.os.crt.slice(0, 100)), [
      "ERR_PEM_INVALID certificatePem: a PEM block is cut off; use -----BEGIN …----- to -----END …-----",
    ]);
    assert.deepEqual(await problems(5), ["ERR_INPUT_INVALID certificatePem: is a number; must be a string"]);
  });

  it("tells each problem of several certificates by its place", async () => {
    assert.deepEqual(await problems(certs.os.crt + text(leaf) + text(expired)), [
      "ERR_NOT_A_CA certificatePem[1]: is not a CA (basicConstraints lacks CA:TRUE); must be the certificate of a CA",
      "ERR_AUTHORITY_EXPIRED certificatePem[2]: expired at 2021-01-01T00:00:00Z; must be a CA that is still valid",
    ]);
  });

  it("knows no other property, and asks for its own", async () => {
    assert.deepEqual((await new Managed(AcceptedCA, host).preview({ certificatepem: "x" })).problems, [
      "ERR_INPUT_UNKNOWN certificatepem: is not a property of this resource; did you mean certificatePem?",
      "ERR_INPUT_MISSING certificatePem: is required; must be a string",
    ]);
  });

  it("that has expired since blocks nothing, but warns", async () => {
    const accepted = await make(certs.os.crt);
    host.now = "2036-03-01T00:00:00Z";
    const soon = await accepted.preview({ certificatePem: certs.os.crt });
    assert.deepEqual([soon.op, soon.problems, soon.notices.length], ["same", [], 1]);
    assert.match(
      soon.notices[0]!,
      /^certificatePem: the CA expires at 2036-\S+, in less than a year; plan its rotation$/,
    );
    host.now = "2040-01-01T00:00:00Z";
    const over = await accepted.preview({ certificatePem: certs.os.crt });
    assert.deepEqual([over.op, over.problems], ["same", []]);
    assert.match(over.notices[0]!, /^certificatePem: the CA expired at 2036-\S+; rotate it$/);
  });

  it("tells after a refresh that its end is near", async () => {
    const accepted = await make(certs.os.crt + certs.k8s.crt);
    host.now = "2036-03-01T00:00:00Z";
    await accepted.refresh();
    assert.equal(accepted.outputs["expiresSoon"], true);
    assert.deepEqual(
      (accepted.outputs["certificates"] as Values[]).map(({ expiresSoon }) => expiresSoon),
      [true, true],
    );
    assert.equal(accepted.outputs["certificatePem"], certs.os.crt);
  });
});
