import { needsPulumi, type PulumiCli } from "../../e2e/support";
import { needJudge, stopNodes } from "../../interop/support/judge";

import { Rehearsal } from "./rehearsal";

/** Starts the nodes and the stack of one test; `calls` is how many calls each client makes at least in every situation. */
export type Begin = (calls?: number) => Promise<Rehearsal>;

/** A `describe` whose tests begin with three nodes and a stack of their own, ended with each test. */
export function describeRotation(title: string, body: (begin: Begin) => void): void {
  describe(title, function () {
    this.timeout(600_000);
    needJudge();
    let cli: PulumiCli;
    let rehearsal: Rehearsal | undefined;

    before(function () {
      cli = needsPulumi(this);
    });

    afterEach(async () => {
      await rehearsal?.end();
      rehearsal = undefined;
      await stopNodes();
    });

    body(async (calls = 25) => {
      rehearsal = await Rehearsal.create(cli, calls);
      return rehearsal;
    });
  });
}
