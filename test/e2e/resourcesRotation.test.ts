import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import { parseAllDocuments } from "yaml";

import { canonical } from "../../provider/core/canonical";
import { needsPulumi, Project, secretsIn, type Outcome, type PulumiCli } from "./support";
import { clusterProgram, saidOf, START, stepsOf } from "./support/clusterProgram";

type Tree = Record<string, unknown>;
const fingerprintOf = (pem: string): string =>
  new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
const certificatesIn = (pem: string): string[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(fingerprintOf);
const from64 = (text: unknown): string => Buffer.from(String(text), "base64").toString();

/** Fingerprints of who signs and who else is trusted, by a section of a machine config. */
function trustOf(config: unknown, section: "machine" | "cluster"): { ca: string; accepted: string[]; key: boolean } {
  const main = parseAllDocuments(String(config))
    .map((document) => document.toJS() as Record<string, Tree>)
    .find((document) => "machine" in document)!;
  const { ca, acceptedCAs = [] } = main[section] as {
    ca: { crt: string; key: string };
    acceptedCAs?: { crt: string }[];
  };
  return {
    ca: certificatesIn(from64(ca.crt))[0]!,
    accepted: acceptedCAs.flatMap(({ crt }) => certificatesIn(from64(crt))),
    key: from64(ca.key).includes("PRIVATE KEY"),
  };
}

describe("A rotation under the real Pulumi", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  let project: Project | undefined;

  before(function () {
    cli = needsPulumi(this);
  });

  afterEach(async () => {
    await project?.remove();
    project = undefined;
  });

  const deploy = async (): Promise<Project> => {
    project = await Project.create({ cli, program: clusterProgram() });
    const up = await project.up({ now: START });
    assert.equal(up.code, 0, up.output);
    return project;
  };
  const rotate = (owner: Project, stage: string, names = ["os", "kubernetes"]): void => {
    const rotation = Object.fromEntries(names.map((name) => [name, { id: "2027-01", stage }]));
    owner.writeProgram({ program: clusterProgram({ secrets: { rotation } }) });
  };
  const issuing = (outputs: Tree, name: string): string =>
    (outputs["authorities"] as Record<string, { fingerprint: string }>)[name]!.fingerprint;
  const followers = ["update client", "update controlplane", "update kubeconfig", "update node", "update worker"];

  it("goes through its stages in one up each, and everything follows", async () => {
    const owner = await deploy();
    const first = await owner.outputs({ secrets: true });
    const old = { os: issuing(first, "os"), kubernetes: issuing(first, "kubernetes") };
    const next: Record<string, string> = {};
    const { accepted: users } = trustOf(first["controlplane"], "machine");
    assert.equal(users.length, 1);

    for (const [stage, says, who] of [
      ["accept", /none -> accept: issuing stays [0-9a-f]{64}, accepted will be a new CA, made in this update/, "old"],
      ["swap", /accept -> swap: issuing will be [0-9a-f]{64}, accepted will be [0-9a-f]{64}/, "next"],
      [
        "finish",
        /swap -> finish: issuing stays [0-9a-f]{64}, [0-9a-f]{64} is accepted no more and its key leaves the outputs/,
        "next",
      ],
    ] as const) {
      rotate(owner, stage);
      const preview = await owner.preview({ now: START, args: ["--diff"] });
      assert.deepEqual(stepsOf(preview), [...followers, "update secrets"].sort(), preview.output);
      const said = saidOf(preview).filter((line) => line.startsWith("TalosSecrets"));
      assert.equal(said.length, 2, preview.output);
      said.forEach((line) => {
        assert.match(line, says);
      });
      if (stage === "swap") for (const name of ["os", "kubernetes"]) assert.ok(said.join().includes(next[name]!));

      const up = await owner.up({ now: START });
      assert.deepEqual([up.code, stepsOf(up)], [0, [...followers, "update secrets"].sort()], up.output);
      const outputs = await owner.outputs({ secrets: true });
      if (stage === "accept")
        for (const name of ["os", "kubernetes"])
          next[name] = (outputs["rotation"] as Record<string, { next: string }>)[name]!.next;
      for (const [name, section] of [
        ["os", "machine"],
        ["kubernetes", "cluster"],
      ] as const) {
        const [signer, beside] = who === "old" ? [old[name], next[name]!] : [next[name]!, old[name]];
        assert.equal(issuing(outputs, name), signer);
        const besides = stage === "finish" ? [] : [beside];
        for (const machine of ["controlplane", "worker"]) {
          const trust = trustOf(outputs[machine], section);
          assert.deepEqual([trust.ca, trust.key], [signer, machine === "controlplane"]);
          const own = section === "machine" && machine === "controlplane" ? users : [];
          assert.deepEqual([...trust.accepted].sort(), [...besides, ...own].sort(), `${stage} ${machine} ${section}`);
        }
        if (name === "os") assert.deepEqual(certificatesIn(String(outputs["trusted"])), [signer, ...besides]);
      }
      assert.deepEqual(
        [outputs["issuer"], outputs["kubeIssuer"]],
        [issuing(outputs, "os"), issuing(outputs, "kubernetes")],
      );
      assert.equal(outputs["fingerprint"] === first["fingerprint"], stage === "accept");
      const again = await owner.preview({ now: START, args: ["--expect-no-changes"] });
      assert.equal(again.code, 0, again.output);
      owner.assertNoSecrets(secretsIn(await owner.decryptedState()));
    }

    const state = JSON.stringify((await owner.decryptedState()).deployment);
    const oldKey = /os:\n\s+crt: \S+\n\s+key: (\S+)/.exec(String(first["bundle"]))![1]!;
    assert.ok(oldKey.length > 80 && !state.includes(oldKey) && !state.includes(from64(oldKey).split("\n")[1]!));
    // The input may go when it is over.
    owner.writeProgram({ program: clusterProgram() });
    assert.equal((await owner.preview({ now: START, args: ["--expect-no-changes"] })).code, 0);
  });

  it("goes back, rejects every other way with the way on, and changes nothing then", async () => {
    const owner = await deploy();
    const first = await owner.outputs({ secrets: true });
    const refused = async (stage: string | undefined, message: RegExp): Promise<void> => {
      const before = await owner.outputs({ secrets: true });
      if (stage === undefined) owner.writeProgram({ program: clusterProgram() });
      else rotate(owner, stage, ["os"]);
      const runs: Outcome[] = [await owner.preview({ now: START }), await owner.up({ now: START })];
      runs.forEach((outcome) => {
        assert.notEqual(outcome.code, 0);
        assert.match(saidOf(outcome).join("\n"), message);
      });
      const after = await owner.outputs({ secrets: true });
      for (const [name, value] of Object.entries(before)) assert.ok(canonical(after[name]) === canonical(value), name);
    };
    const up = async (stage: string): Promise<void> => {
      rotate(owner, stage, ["os"]);
      const outcome = await owner.up({ now: START });
      assert.equal(outcome.code, 0, outcome.output);
    };
    await up("accept");
    await refused(
      undefined,
      /rotation "2027-01" is under way at stage "accept" and cannot be dropped; go on with stage "swap", or end it with stage "abort" \(ERR_ROTATION_ILLEGAL\)/,
    );
    await refused(
      "finish",
      /stage "accept" cannot be followed by "finish"; must be "swap" \(go on\) or "abort" \(go back\) \(ERR_ROTATION_ILLEGAL\)/,
    );
    await up("swap");
    await refused(
      "abort",
      /stage "swap" cannot be followed by "abort"; must be "finish" \(go on\) or "accept" \(go back\) \(ERR_ROTATION_ILLEGAL\)/,
    );
    await up("accept");
    await up("abort");
    const last = await owner.outputs({ secrets: true });
    assert.equal(last["bundle"], first["bundle"]);
    assert.deepEqual([last["controlplane"], last["worker"]], [first["controlplane"], first["worker"]]);
    await refused(
      "accept",
      /rotation "2027-01" is over and its id is spent; begin another with a new id and stage "accept" \(ERR_ROTATION_ILLEGAL\)/,
    );
    owner.assertNoSecrets(secretsIn(await owner.decryptedState()));
  });
});
