import { strict as assert } from "node:assert";

import { needsPulumi, type PulumiCli, secretsIn } from "../e2e/support";
import { dieManyTimes, LIFE, LINGER, StackLife } from "../e2e/support/life";

import { BACKENDS } from "./support/backends";
import type { BackendServer } from "./support/server";

/** Kills for each backend; 20 is the long run. */
const KILLS = Number(process.env["TALOS_PKI_BACKEND_KILLS"] ?? LIFE.length);
/** Rounds in which two ups begin at once. */
const ROUNDS = Number(process.env["TALOS_PKI_BACKEND_ROUNDS"] ?? 2);
/** The same moments come again with the same seed. */
const SEED = Number(process.env["TALOS_PKI_SEED"] ?? 20261128);

const CREATION = LIFE[0]!;
const LOCKED = /the stack is currently locked by \d+ lock\(s\)/;

for (const { name, start } of BACKENDS) {
  describe(`a stack whose state is stored in ${name}`, function () {
    this.timeout(3_600_000);
    let cli: PulumiCli;
    let server: BackendServer;
    const lives: StackLife[] = [];

    before(async function () {
      cli = needsPulumi(this);
      server = await start(this);
    });

    afterEach(async () => {
      await Promise.all(lives.splice(0).map(({ project }) => project.remove()));
    });

    after(async () => {
      // There is none if the suite was skipped.
      await (server as BackendServer | undefined)?.stop();
    });

    const begin = async (): Promise<StackLife> => {
      const life = await StackLife.begin({ cli, backend: server.open() });
      lives.push(life);
      return life;
    };

    it("is created, renewed, rotated in stages and destroyed, with every secret encrypted in the store", async () => {
      const life = await begin();
      const { project } = life;
      for (const step of LIFE) await life.go(step);
      const secrets = secretsIn(await project.decryptedState());
      assert.ok(secrets.length > 10);
      // The state, its backup, and the history of every up.
      const stored = project.files().filter(({ where }) => where.includes(".pulumi/"));
      assert.ok(stored.length > 2 * LIFE.length, stored.map(({ where }) => where).join("\n"));
      project.assertNoSecrets([...secrets, ...server.secrets]);
      assert.equal((await project.destroy()).code, 0);
    });

    it("rejects a second up while one runs, and loses nothing of the first", async () => {
      const life = await begin();
      const { project } = life;
      const first = project.start("up", { now: CREATION.now, env: { [LINGER]: "15000" } });
      assert.ok(await first.running.until(/MachineConfig controlplane created/));
      const second = await project.up({ now: CREATION.now });
      assert.notEqual(second.code, 0);
      assert.match(second.output, LOCKED);
      const { code, output, changes } = await first.outcome;
      assert.deepEqual([code, changes], [0, { create: 4 }], output);
      const made = life.status();
      const again = await project.up({ now: CREATION.now });
      assert.deepEqual([again.code, again.changes], [0, { same: 4 }], again.output);
      assert.deepEqual(life.status(), made);
      project.assertNoSecrets([...secretsIn(await project.decryptedState()), ...server.secrets]);
    });

    it("lets at most one of two ups that begin at once through, and the next one completes", async () => {
      const seen = [0, 0];
      for (let round = 0; round < ROUNDS; round += 1) {
        const life = await begin();
        const { project } = life;
        const both = await Promise.all([project.up({ now: CREATION.now }), project.up({ now: CREATION.now })]);
        const rejected = both.filter(({ code }) => code !== 0);
        // Pulumi writes its lock and then looks for others: both may see the other's and give way.
        for (const { output } of rejected) assert.match(output, /currently locked|\.pulumi\/locks\//);
        const through = both.length - rejected.length;
        // One may also begin after the other has ended.
        assert.ok(both.every(({ code, changes }) => code !== 0 || "create" in changes || "same" in changes));
        seen[Math.min(through, 1)]! += 1;
        const made = life.status();
        assert.equal(made === undefined, through === 0);
        await life.go(CREATION);
        if (made !== undefined) assert.deepEqual(life.status(), made);
      }
      process.stdout.write(`      of ${ROUNDS} rounds: neither went through in ${seen[0]}, one in ${seen[1]}\n`);
    });

    it(`loses nothing when an up dies with kill -9, ${KILLS} times of ${KILLS}`, async () => {
      const victims = ["all", "pulumi", "providers"] as const;
      const remains = await dieManyTimes(KILLS, { seed: SEED, victims }, () =>
        StackLife.begin({ cli, backend: server.open() }),
      );
      assert.ok(remains.length >= KILLS);
      const count = (key: "locked" | "advanced"): number => remains.filter((left) => left[key]).length;
      const [locked, advanced] = [count("locked"), count("advanced")];
      // A kill that leaves no lock came before the up had begun, or left the CLI alive.
      assert.ok(locked > 0);
      process.stdout.write(
        `      ${remains.length} kills: ${locked} left a lock, ${advanced} a state with the change\n`,
      );
    });
  });
}
