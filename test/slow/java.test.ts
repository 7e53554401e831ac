import { needsPulumi, type PulumiCli } from "../e2e/support";
import { needsLanguage, pathWith } from "../e2e/support/languages";
import { tells } from "../e2e/support/story";

// Here and not beside the other languages: Maven starts twice for each operation. The suite is skipped where there is no
// JDK or no Maven, or the packages cannot be had, even under TALOS_PKI_REQUIRE_TOOLS: a fresh machine has none of them,
// and unlike the other tools we can neither build nor download them.
describe("The example in Java", function () {
  this.timeout(1_200_000);
  let cli: PulumiCli;
  let packages: string;
  let host: string;

  before(function () {
    cli = needsPulumi(this);
    [packages, host] = needsLanguage(this, "java") as [string, string];
  });

  tells(
    () => ({
      folder: "examples/java",
      files: { ".mvn/maven.config": `--offline\n-Dmaven.repo.local=${packages}\n` },
      // From level 3 on Pulumi's SDK for Java tells every input and output in clear; docs/security.md warns of it.
      logLevel: 2,
      env: () => ({ PATH: pathWith(cli, [host]) }),
      rotate: (project, stage) => project.config("rotationStage", stage),
    }),
    () => cli,
  );
});
