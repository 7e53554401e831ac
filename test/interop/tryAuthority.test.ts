import { strict as assert } from "node:assert";

import { createEnvironment } from "../../provider/core/environment";
import { TRIAL_LEAVES, type TrialLeaf } from "../../provider/core/inspect/trialLeaves";
import { tryLeaves } from "../../provider/core/inspect/tryAuthority";
import type { ChainPurpose } from "../../provider/core/inspect/purposes";
import { AUTHORITY_NAMES } from "../../provider/core/secrets/authority";

import { type CaShape, makeCaShapes } from "./support/caShapes";
import { goVerdicts, needGo } from "./support/goVerify";
import { Folder } from "./support/files";
import { baseTime, odd, usageOids } from "./support/oddCertificates";
import { opensslVerifies } from "./support/opensslVerify";
import { needOpenssl } from "./support/tools";
import type { VerifyCase } from "./support/verifyCases";

const environment = createEnvironment(globalThis.crypto, () => baseTime);

/** Names that nodes may have; what is accepted for one of them is not rejected for all. */
const HOSTS = ["node", "cp-1"];
const ADDRESSES = ["10.0.0.2", "10.200.0.2", "2001:db8::5"];
const NODES = HOSTS.flatMap((hostname) => ADDRESSES.map((address) => ({ hostname, address })));

/** One kind of certificate under one CA, issued by the library and not by the core, for every node. */
interface Trial {
  readonly name: string;
  readonly shape: CaShape;
  readonly leaf: TrialLeaf;
  readonly purpose: ChainPurpose;
  readonly cases: readonly VerifyCase[];
}

async function trialsOf(shape: CaShape, leaf: TrialLeaf): Promise<Trial[]> {
  const issuer = shape.made;
  const oids = { clientAuth: usageOids.client, serverAuth: usageOids.server };
  const nodes = leaf.names === undefined ? [NODES[0]!] : NODES;
  const leaves = await Promise.all(
    nodes.map((node) => {
      const { dnsNames = [], ipAddresses = [] } = leaf.names?.(node) ?? {};
      const usages = leaf.profile.extendedKeyUsages.map((usage) => oids[usage]);
      return odd({ issuer, subject: "O=leaf", usages, dns: dnsNames, ips: ipAddresses });
    }),
  );
  const trust = [issuer.pem, ...shape.companions.map((companion) => companion.pem)].join("");
  return leaf.purposes.map((purpose) => ({
    name: `${shape.name}: ${leaf.noun} as ${purpose}`,
    shape,
    leaf,
    purpose,
    cases: leaves.map((made) => ({ name: "", certificates: made.pem, trust, purpose, expected: [] })),
  }));
}

/** Whether the trial of the core accepts the kind of certificate for the purpose. */
async function accepts({ shape, leaf, purpose }: Trial): Promise<boolean> {
  const { authority, companions } = shape;
  const options = { path: "", companions };
  const problems = await tryLeaves(authority, [{ ...leaf, purposes: [purpose] }], options, environment);
  return problems.length === 0;
}

describe("The trial of a CA", function () {
  this.timeout(300_000);
  const trials: Trial[] = [];
  const verdicts: boolean[] = [];
  before("make the CAs and what they issue", async () => {
    const leaves = AUTHORITY_NAMES.flatMap((name) => TRIAL_LEAVES[name]);
    for (const shape of await makeCaShapes()) {
      for (const leaf of leaves) trials.push(...(await trialsOf(shape, leaf)));
    }
    for (const trial of trials) verdicts.push(await accepts(trial));
  });

  it("is over at least 60 CAs, each with every kind of certificate", () => {
    assert.ok(trials.length >= 60 * 11);
    assert.ok(verdicts.filter(Boolean).length > 100 && verdicts.filter((verdict) => !verdict).length > 100);
  });

  describe("agrees with Go's crypto/x509", () => {
    needGo();
    it("on each of them", async () => {
      const all = trials.flatMap(({ cases }) => cases.map((given) => ({ ...given, now: baseTime })));
      const answers = await goVerdicts(all);
      let next = 0;
      const disagreements = trials.flatMap(({ name, cases }, index) => {
        const own = answers.slice(next, (next += cases.length));
        const isAccepted = own.some(({ ok }) => ok);
        return isAccepted === verdicts[index] ? [] : [`${name}: ${isAccepted ? "Go accepts it" : own[0]!.error}`];
      });
      assert.deepEqual(disagreements, []);
    });
  });

  describe("agrees with openssl", () => {
    needOpenssl();
    const folder = new Folder();
    const isAcceptedByOpenssl = async (trial: Trial, name: string): Promise<boolean> => {
      for (const [node, given] of trial.cases.entries()) {
        if (await opensslVerifies(folder, given, `${name}-${node}`)) return true;
      }
      return false;
    };

    it("for the OS CA, but for what Go alone does not read, and where a warning says that openssl rejects it", async () => {
      const warned = new Map<string, boolean>();
      const surprises: string[] = [];
      for (const [index, trial] of trials.entries()) {
        const { name, shape, leaf } = trial;
        if (!TRIAL_LEAVES.os.includes(leaf) || shape.expected.includes("unreadable")) continue;
        const isAccepted = await isAcceptedByOpenssl(trial, String(index));
        if (shape.warnings.includes("ca-rejected-by-openssl")) {
          warned.set(shape.name, (warned.get(shape.name) ?? true) && isAccepted);
        } else if ((isAccepted === verdicts[index]) === (shape.opensslDiffers !== undefined)) {
          surprises.push(`${name}: ${isAccepted ? "accepts it" : "rejects it"}`);
        }
      }
      assert.deepEqual(surprises, []);
      assert.deepEqual([...warned.values()], [false, false, false]);
    });
  });
});
