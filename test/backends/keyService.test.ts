import { strict as assert } from "node:assert";

import { needsPulumi, type Project, type PulumiCli, secretsIn } from "../e2e/support";
import { dieManyTimes, LIFE, StackLife } from "../e2e/support/life";

import { foundOrSkip } from "./support/backends";
import { KeyService } from "./support/keyService";

const SEED = Number(process.env["TALOS_PKI_SEED"] ?? 20261128);
const CREATION = LIFE[0]!;

describe("a stack whose secrets are encrypted with a key of a KMS", function () {
  this.timeout(1_800_000);
  let cli: PulumiCli;
  let service: KeyService;
  const projects: Project[] = [];

  before(async function () {
    cli = needsPulumi(this);
    const { findKeyService } = await import("../../tools/backends.mjs");
    service = await KeyService.start(foundOrSkip(this, await findKeyService()));
  });

  afterEach(() => Promise.all(projects.splice(0).map((project) => project.remove())));

  after(async () => {
    // There is none if the suite was skipped.
    await (service as KeyService | undefined)?.stop();
  });

  const begin = async (secretsProvider?: string): Promise<StackLife> => {
    const provider = secretsProvider === undefined ? {} : { secretsProvider };
    const life = await StackLife.begin({ cli, env: service.env, ...provider });
    projects.push(life.project);
    return life;
  };
  const providerOf = (project: Project): string | undefined =>
    (JSON.parse(project.state()) as { checkpoint: { latest: { secrets_providers?: { type?: string } } } }).checkpoint
      .latest.secrets_providers?.type;

  it("is created, renewed, rotated in stages and destroyed, with every secret encrypted", async () => {
    const life = await begin(await service.newKey());
    const { project } = life;
    for (const step of LIFE) await life.go(step);
    assert.equal(providerOf(project), "cloud");
    project.assertNoSecrets(secretsIn(await project.decryptedState()));
    assert.equal((await project.destroy()).code, 0);
  });

  it("moves from a passphrase to a key without a change of a resource", async () => {
    const life = await begin();
    const { project } = life;
    await life.go(CREATION);
    const before = secretsIn(await project.decryptedState());
    assert.equal(providerOf(project), "passphrase");
    const changed = await project.pulumi(["stack", "change-secrets-provider", await service.newKey()]);
    assert.equal(changed.code, 0, changed.stderr);
    assert.equal(providerOf(project), "cloud");
    const quiet = await project.preview({ now: CREATION.now, args: ["--expect-no-changes"] });
    assert.equal(quiet.code, 0, quiet.output);
    assert.deepEqual(new Set(secretsIn(await project.decryptedState())), new Set(before));
    for (const step of LIFE.slice(1)) await life.go(step);
    project.assertNoSecrets([...before, ...secretsIn(await project.decryptedState())]);
  });

  it("changes nothing while the service does not answer, or does not have the key", async () => {
    const life = await begin(await service.newKey());
    const { project } = life;
    await life.go(CREATION);
    const [secrets, state] = [secretsIn(await project.decryptedState()), project.state()];
    const away = await service.forgetAfter(() => project.up({ now: LIFE[1]!.now }));
    assert.notEqual(away.code, 0);
    const lost = await project.up({ now: LIFE[1]!.now });
    assert.notEqual(lost.code, 0);
    assert.equal(project.state(), state);
    for (const { output } of [away, lost]) assert.match(output, /KMS/i);
    project.assertNoSecrets(secrets);
  });

  it(`loses nothing when an up dies with kill -9, ${LIFE.length} times of ${LIFE.length}`, async () => {
    const key = await service.newKey();
    const remains = await dieManyTimes(LIFE.length, { seed: SEED, victims: ["all", "pulumi", "providers"] }, () =>
      begin(key),
    );
    assert.equal(remains.length, LIFE.length);
  });
});
