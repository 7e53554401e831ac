import assert from "node:assert/strict";

import { ClientConfiguration } from "../../../../provider/resources/clientConfiguration";
import type { Values } from "../../../../provider/engine/values";
import { TalosSecrets } from "../../../../provider/resources/talosSecrets";
import { UNKNOWN } from "../../../../provider/engine/wire";
import { makeSecrets, QUICK } from "../../support/cluster";
import { Managed } from "../../support/engine";
import { bundleOf, host, issuingOf, makeAuthority, pem, rotate, statusOf } from "./support";

beforeEach(() => {
  host.now = "2026-01-01T00:00:00Z";
});

/** A program with an own OS CA, and a rotation. */
const owning = (own: Values, stage?: string, more: Values = {}, id = "1"): Values => ({
  ...QUICK,
  certificateAuthorities: { os: pem(own) },
  ...(stage === undefined ? {} : { rotation: { os: { id, stage, ...more } } }),
});

describe("A staged rotation of TalosSecrets with an own CA", () => {
  it("brings it, and may go on naming it to the end", async () => {
    for (const last of ["finish", "abort"]) {
      const secrets = await makeSecrets(host);
      const own = await makeAuthority();
      const begin = await secrets.up(rotate("accept", pem(own)));
      assert.match(begin.notices[0]!, new RegExp(`accepted will be ${own.fingerprint}$`));
      assert.equal(statusOf(secrets)["next"], own.fingerprint);
      if (last === "finish") await secrets.up(rotate("swap", pem(own)));
      await secrets.up(rotate(last, pem(own)));
      const again = await secrets.preview(rotate(last, pem(own)));
      assert.deepEqual([again.op, again.problems], ["same", []]);
      assert.equal(issuingOf(secrets) === own.fingerprint, last === "finish");
    }
  });

  it("is not swapped for another CA in the middle", async () => {
    const secrets = await makeSecrets(host);
    await secrets.up(rotate("accept"));
    const { problems } = await secrets.preview(rotate("swap", pem(await makeAuthority())));
    assert.deepEqual(problems, [
      "ERR_ROTATION_ILLEGAL rotation.os.certificatePem: differs from the CA that this rotation began with; must be the same one, or none",
    ]);
  });

  it("does not begin with a CA that issues already, has expired, or comes without its key", async () => {
    const secrets = await makeSecrets(host);
    const { certs } = bundleOf(secrets);
    const own = { certificatePem: certs.os.crt, privateKeyPem: certs.os.key };
    for (const stage of ["accept", "finish"])
      assert.deepEqual((await secrets.preview(rotate(stage, own))).problems, [
        "ERR_ROTATION_ILLEGAL rotation.os.certificatePem: is the CA that issues already; must be another one",
      ]);
    const { certificatePem } = await makeAuthority();
    assert.deepEqual((await secrets.preview(rotate("accept", { certificatePem }, "next"))).problems, [
      "ERR_INPUT_MISSING rotation.os.privateKeyPem: is required beside certificatePem; a CA without its key can sign nothing and cannot be rotated",
    ]);
    const other = await makeAuthority();
    host.now = "2040-01-01T00:00:00Z";
    assert.deepEqual((await secrets.preview(rotate("accept", pem(other), "next"))).problems, [
      "ERR_AUTHORITY_EXPIRED rotation.os.certificatePem: expired at 2035-12-30T00:00:00Z; must be a CA that is still valid",
    ]);
  });

  it("takes over a CA that was rotated outside", async () => {
    const secrets = await makeSecrets(host);
    const old = issuingOf(secrets);
    const own = await makeAuthority();
    assert.deepEqual((await secrets.preview(rotate("finish"))).problems, [
      'ERR_ROTATION_ILLEGAL rotation.os: a rotation begins with stage "accept"; stage "finish" with a new id takes over a CA rotated elsewhere and needs its certificatePem and privateKeyPem',
    ]);
    const { notices } = await secrets.up(rotate("finish", pem(own)));
    assert.deepEqual(notices, [
      `rotation.os "2026-11": none -> finish: issuing will be ${own.fingerprint}, which the nodes have already, instead of ${old}`,
    ]);
    assert.equal(issuingOf(secrets), own.fingerprint);
    assert.deepEqual(statusOf(secrets)["retired"], [old]);
    assert.equal((await secrets.preview(rotate("finish", pem(own)))).op, "same");
  });

  it("tries again with a CA that was given up, and corrects a takeover", async () => {
    const secrets = await makeSecrets(host);
    const [first, own] = [issuingOf(secrets), await makeAuthority()];
    const { certs } = bundleOf(secrets);
    for (const stage of ["accept", "swap", "accept", "abort"]) await secrets.up(rotate(stage, pem(own)));
    for (const stage of ["accept", "swap", "finish"]) await secrets.up(rotate(stage, pem(own), "again"));
    assert.equal(issuingOf(secrets), own.fingerprint);
    const { crt: certificatePem, key: privateKeyPem } = certs.os;
    await secrets.up(rotate("finish", { certificatePem, privateKeyPem }, "takeover"));
    assert.equal(issuingOf(secrets), first);
    await secrets.up(rotate("finish", pem(own), "corrected"));
    assert.equal(issuingOf(secrets), own.fingerprint);
    assert.deepEqual(statusOf(secrets)["retired"], [first]);
  });

  it("names the CAs of the state while the input stays", async () => {
    const secrets = await makeSecrets(host);
    const [old, own] = [issuingOf(secrets), await makeAuthority()];
    const next = own.fingerprint;
    const told: string[] = [];
    for (const stage of ["accept", "swap", "accept", "swap", "finish"])
      told.push(...(await secrets.up(rotate(stage, pem(own)))).notices);
    const forth = `rotation.os "2026-11": accept -> swap: issuing will be ${next}, accepted will be ${old}`;
    assert.deepEqual(told, [
      `rotation.os "2026-11": none -> accept: issuing stays ${old}, accepted will be ${next}`,
      forth,
      `rotation.os "2026-11": swap -> accept: issuing will be ${old}, accepted will be ${next}`,
      forth,
      `rotation.os "2026-11": swap -> finish: issuing stays ${next}, ${old} is accepted no more and its key leaves the outputs (older versions of the state keep it)`,
    ]);
  });

  it("says of a CA that a preview does not know that it is unknown", async () => {
    const secrets = await makeSecrets(host);
    const issuing = issuingOf(secrets);
    const later = { certificatePem: UNKNOWN, privateKeyPem: UNKNOWN };
    const begin = `rotation.os "1": none -> accept: issuing stays ${issuing}, accepted will be a CA that is unknown`;
    for (const [args, notice] of [
      [rotate("accept", later, "1"), begin],
      [owning(later, "accept"), begin],
      [{ ...owning(later, "accept"), certificateAuthorities: UNKNOWN }, begin],
      [
        rotate("finish", later, "1"),
        `rotation.os "1": none -> finish: issuing will be a CA that is unknown, which the nodes have already, instead of ${issuing}`,
      ],
    ] as const) {
      const { notices, problems } = await secrets.preview(args);
      assert.deepEqual([notices, problems], [[notice], []]);
    }
  });
});

describe("An own CA that comes with the one above it", () => {
  const outputOf = (secrets: Managed, output: "trust" | "acceptedCAs"): unknown =>
    (secrets.outputs[output] as Values)["os"];

  it("is trusted with it for as long as it issues or is accepted", async () => {
    const [own, above, other] = [await makeAuthority(), await makeAuthority(), await makeAuthority()];
    const [first, root, next] = [own, above, other].map(({ certificatePem }) => String(certificatePem));
    const chain = { ...pem(own), certificatePem: first!.trimEnd() + "\n" + root! };
    const secrets = await makeSecrets(host, { certificateAuthorities: { os: chain } });
    assert.equal(bundleOf(secrets).certs.os.crt, first! + root!);
    const client = new Managed(ClientConfiguration, host);
    const trust = async (stage: string): Promise<unknown> => {
      await secrets.up(rotate(stage, pem(other)));
      await client.up({ secrets: secrets.outputs["secrets"], clusterName: "c" });
      assert.equal(client.outputs["caCertificatesPem"], outputOf(secrets, "trust"));
      return outputOf(secrets, "trust");
    };
    assert.equal(outputOf(secrets, "trust"), first! + root!);
    assert.equal(await trust("accept"), first! + root! + next!);
    assert.equal(await trust("swap"), next! + first! + root!);
    assert.deepEqual(outputOf(secrets, "acceptedCAs"), [first, root]);
    assert.deepEqual(statusOf(secrets)["accepted"], [own.fingerprint, above.fingerprint]);
    assert.equal(await trust("finish"), next);
    for (const stage of ["accept", "swap", "finish"]) {
      await secrets.up(rotate(stage, chain, "back"));
      if (stage === "accept") assert.deepEqual(outputOf(secrets, "acceptedCAs"), [first, root]);
      if (stage === "accept") assert.equal(statusOf(secrets)["next"], own.fingerprint);
    }
    assert.equal(bundleOf(secrets).certs.os.crt, first! + root!);
    assert.equal(outputOf(secrets, "trust"), first! + root!);
  });
});

describe("A changed own CA of TalosSecrets", () => {
  for (const [what, more] of [
    ["alone", (): Values => ({})],
    ["beside the same one in the rotation", pem],
  ] as const) {
    it(`is what a rotation with a new id takes, ${what}`, async () => {
      const [first, second] = [await makeAuthority(), await makeAuthority()];
      const secrets = await makeSecrets(host, owning(first));
      for (const stage of ["accept", "swap", "finish"]) {
        await secrets.up(owning(second, stage, more(second)));
        assert.equal((await secrets.preview(owning(second, stage, more(second)))).op, "same");
      }
      assert.equal(issuingOf(secrets), second.fingerprint);
      assert.equal(bundleOf(secrets).certs.os.key, second["privateKeyPem"]);
      assert.equal((await secrets.preview(owning(second))).op, "same");
    });
  }

  it("is what replaces a CA that was made", async () => {
    const secrets = await makeSecrets(host);
    const own = await makeAuthority();
    const { notices } = await secrets.up(owning(own, "accept"));
    assert.match(notices[0]!, new RegExp(`accepted will be ${own.fingerprint}$`));
    assert.equal(statusOf(secrets)["next"], own.fingerprint);
  });

  it("may stay beside the rotation that was aborted, with a notice that it is not in use", async () => {
    const secrets = await makeSecrets(host);
    const own = await makeAuthority();
    await secrets.up(owning(own, "accept"));
    await secrets.up(owning(own, "abort"));
    const { op, problems, notices } = await secrets.preview(owning(own, "abort"));
    assert.deepEqual(
      [op, problems, notices],
      [
        "same",
        [],
        [
          'certificateAuthorities.os: is not in use, as rotation "1", which would have taken it, was aborted; leave it out, or rotate to it with a new id',
        ],
      ],
    );
    assert.deepEqual((await secrets.preview(owning(own, "accept", {}, "2"))).problems, []);
  });

  it("is rejected where the rotation brings another, does not begin, or would take it over at once", async () => {
    const [own, other] = [await makeAuthority(), await makeAuthority()];
    const secrets = await makeSecrets(host);
    assert.deepEqual((await secrets.preview(owning(own, "accept", pem(other)))).problems, [
      "ERR_SECRET_CHANGED certificateAuthorities.os: differs from rotation.os.certificatePem; must be the same CA in both, or in one of them",
    ]);
    assert.deepEqual((await secrets.preview(owning(own, "finish"))).problems, [
      'ERR_ROTATION_ILLEGAL rotation.os: a rotation begins with stage "accept"; stage "finish" with a new id takes over a CA rotated elsewhere and needs its certificatePem and privateKeyPem',
      'ERR_SECRET_CHANGED certificateAuthorities.os: differs from the CA in the state; to replace it set rotation.os to a new id with stage "accept", which takes it, else give the old CA, or none',
    ]);
    assert.deepEqual((await secrets.preview(owning(own, "finish", pem(own)))).problems, []);
    await secrets.up(rotate("accept", {}, "1"));
    assert.deepEqual((await secrets.preview(owning(own, "swap"))).problems, [
      'ERR_SECRET_CHANGED certificateAuthorities.os: differs from the CAs of rotation "1", which is under way; finish or abort it first, then rotate to this one',
    ]);
  });

  it("of an own CA leaves the input that first gave it valid", async () => {
    const own = await makeAuthority();
    const args = { ...QUICK, certificateAuthorities: { os: pem(own) } };
    const secrets = await makeSecrets(host, args);
    for (const stage of ["accept", "swap", "finish"]) await secrets.up({ ...args, ...rotate(stage) });
    const { op, problems } = await secrets.preview({ ...args, ...rotate("finish") });
    assert.deepEqual([op, problems], ["same", []]);
  });

  it("that issued before comes back only where it is said", async () => {
    const own = await makeAuthority();
    const secrets = await makeSecrets(host, owning(own));
    for (const stage of ["accept", "swap", "finish"]) await secrets.up(owning(own, stage));
    assert.notEqual(issuingOf(secrets), own.fingerprint);
    assert.deepEqual((await secrets.preview(owning(own, "accept", {}, "2"))).problems, [
      "ERR_SECRET_CHANGED certificateAuthorities.os: is a CA that issued before; to bring it back give it in rotation.os too (certificatePem and privateKeyPem), to have a new one made leave it out here",
    ]);
    await secrets.up(owning(own, "accept", pem(own), "2"));
    assert.equal(statusOf(secrets)["next"], own.fingerprint);
  });
});

describe("An own CA in several places", () => {
  const EC = { algorithm: "ecdsa-p256" } as const;
  const shared = (name: string): string =>
    `is the CA ${name} too, so that each lets in whom the other lets in; must be a CA of its own`;

  it("is warned of where it is given", async () => {
    const own = await makeAuthority("os", EC);
    const given = { os: pem(own), kubernetes: pem(own) };
    const { notices, problems } = await new Managed(TalosSecrets, host).preview({ certificateAuthorities: given });
    assert.deepEqual([notices, problems], [[`certificateAuthorities.kubernetes.certificatePem: ${shared("os")}`], []]);
  });

  it("is warned of where it is adopted", async () => {
    const own = await makeAuthority("os", EC);
    const secrets = await makeSecrets(host, { certificateAuthorities: { os: pem(own), aggregator: pem(own) } });
    const adopted = { secretsYaml: secrets.outputs["secretsYaml"] };
    assert.deepEqual((await new Managed(TalosSecrets, host).preview(adopted)).notices, [
      `secretsYaml.certs.k8saggregator.crt: ${shared("os")}`,
    ]);
  });

  it("is warned of where a rotation brings it", async () => {
    const secrets = await makeSecrets(host, { certificateAuthorities: { os: EC } });
    const { crt: certificatePem, key: privateKeyPem } = bundleOf(secrets).certs.os;
    const os = { certificatePem, privateKeyPem };
    const own = pem(await makeAuthority("os", EC));
    for (const [rotation, told] of [
      [{ kubernetes: { id: "1", stage: "accept", ...os } }, [`rotation.kubernetes.certificatePem: ${shared("os")}`]],
      [
        { os: { id: "1", stage: "accept", ...own }, kubernetes: { id: "1", stage: "accept", ...own } },
        [`rotation.kubernetes.certificatePem: ${shared("os")}`],
      ],
    ] as const) {
      const { notices } = await secrets.preview({ ...QUICK, rotation });
      assert.deepEqual(notices.slice(Object.keys(rotation).length), told);
    }
    const aggregator = { certificateAuthorities: { aggregator: os }, rotation: { aggregator: { id: "1" } } };
    assert.deepEqual((await secrets.preview({ ...QUICK, ...aggregator })).notices.slice(1), [
      `certificateAuthorities.aggregator.certificatePem: ${shared("os")}`,
    ]);
  });
});
