// A mocha reporter: what the spec reporter shows, and the results as JSON in the file TALOS_PKI_RESULTS.
const { writeFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = this.stats;
      const failed = this.failures.map((test) => test.fullTitle());
      writeFileSync(process.env.TALOS_PKI_RESULTS, JSON.stringify({ passes, failures, failed, skipped }));
    });
  }
};
