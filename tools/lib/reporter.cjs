// A mocha reporter: what the spec reporter shows, and the results as JSON in the file TALOS_PKI_RESULTS.
const { writeFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

/** Whether a suite around it was skipped for want of something that even CI may lack (skipOptional marks it). */
const isOptional = ({ parent }) => parent !== undefined && (parent.optional === true || isOptional(parent));

/**
 * A failed test in one line, as a log may keep its end only: the title, and of the error the line that says most. A failed
 * `pulumi up` says it in the line with our code.
 */
function inOneLine(test) {
  const lines = String(test.err?.message ?? "").split("\n");
  const telling = lines.find((line) => /\(ERR_[A-Z_]+\)/.test(line)) ?? lines.find((line) => line.trim() !== "") ?? "";
  return `${test.fullTitle()}: ${telling.trim().slice(0, 300)}`;
}

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    const excused = [];
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) =>
      (isOptional(test) ? excused : skipped).push(test.fullTitle()),
    );
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = this.stats;
      const failed = this.failures.map(inOneLine);
      writeFileSync(process.env.TALOS_PKI_RESULTS, JSON.stringify({ passes, failures, failed, skipped, excused }));
    });
  }
};
