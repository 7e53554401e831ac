import { strict as assert } from "node:assert";

import { assertNoSecrets, type Backend, needsPulumi, secretsIn } from "../e2e/support";
import { Fleet, type FleetRun } from "../e2e/support/fleet";

import { startPostgres } from "./support/backends";
import type { PostgresServer } from "./support/postgres";

/** Stacks, and how many of them at once; 50 of 50 is the long run. */
const COUNT = Number(process.env["TALOS_PKI_FLEET"] ?? "4");
const PARALLEL = process.env["TALOS_PKI_FLEET_PARALLEL"] ?? String(COUNT);

describe(`the example fleet with ${COUNT} stacks in PostgreSQL, ${PARALLEL} at once`, function () {
  this.timeout(300_000 + COUNT * 60_000);
  let server: PostgresServer;
  let backend: Backend;
  let fleet: Fleet;
  let made: ReadonlyMap<string, string | undefined>;
  const said: string[] = [];

  before(async function () {
    const cli = needsPulumi(this);
    server = await startPostgres(this);
    backend = server.open();
    fleet = Fleet.create(cli, backend);
  });

  after(async () => {
    // There is none if the suite was skipped.
    (fleet as Fleet | undefined)?.remove();
    await (server as PostgresServer | undefined)?.stop();
  });

  const run = async (): Promise<FleetRun> => {
    const ended = await fleet.run("--count", String(COUNT), "--parallel", PARALLEL);
    said.push(ended.output);
    return ended;
  };
  const failed = ({ lines }: FleetRun): readonly string[] =>
    lines.filter((line) => line.startsWith("[") && line.includes("FAILED"));

  it("makes each stack with CAs of its own, with a line for each and a summary, in a database that was empty", async () => {
    const first = await run();
    process.stdout.write(
      `      ${COUNT} stacks made in ${first.seconds.toFixed(0)} s, ${failed(first).length} failed\n`,
    );
    assert.equal(first.code, 0, first.output);
    assert.equal(first.lines.filter((line) => /^\[\d+\/\d+\] site-\d+: create 5 in /.test(line)).length, COUNT);
    assert.ok(first.lines.includes(`${COUNT} stacks: ${COUNT} changed, 0 failed`), first.output);
    made = fleet.authorities();
    assert.equal(made.size, COUNT);
    assert.equal(new Set(made.values()).size, COUNT);
  });

  it("changes nothing the second time", async () => {
    const second = await run();
    process.stdout.write(`      nothing to do in ${COUNT} stacks: ${second.seconds.toFixed(0)} s\n`);
    assert.equal(second.code, 0, second.output);
    assert.ok(second.lines.includes(`${COUNT} stacks: 0 changed, 0 failed`), second.output);
    assert.deepEqual(fleet.authorities(), made);
  });

  it("run twice at once fails only for stacks that are locked, names them, and loses nothing", async () => {
    const both = await Promise.all([run(), run()]);
    const lines = both.flatMap(failed);
    process.stdout.write(`      two runs at once: ${lines.length} of ${2 * COUNT} ups were rejected\n`);
    for (const line of lines) assert.match(line, /FAILED after [\d.]+ s: .*(currently locked|\.pulumi\/locks\/)/);
    for (const { code, lines: all } of both) assert.equal(code, all.some((line) => line.includes("FAILED")) ? 1 : 0);
    assert.deepEqual(fleet.authorities(), made);
    const last = await run();
    assert.equal(last.code, 0, last.output);
    assert.ok(last.lines.includes(`${COUNT} stacks: 0 changed, 0 failed`), last.output);
  });

  it("shows no secret, and stores none in clear", async () => {
    const texts = said.map((text) => ({ where: "output", text }));
    assertNoSecrets(
      [...texts, ...backend.objects()],
      [...secretsIn(await fleet.decrypted("site-001")), ...server.secrets],
    );
  });
});
