import assert from "node:assert/strict";

import { needsPulumi, type Outcome, Project, type PulumiCli } from "./support";
import { PLUGIN_PROJECT } from "./support/languages";

/** What the program marks as secret, none of it recognizable by its form or by the name beside it. */
const planted = (round: number): string[] => [
  `ghp-${round}-in-an-object`,
  `in-a-text-of-yaml-${round}`,
  `trigger-${round}-of-a-map`,
  `pin${round}`,
  `https://${round}.mirror.example.org`,
  `user${round}:password@registry`,
];

const program = (entry: "" | "/plugin", round: number): string => {
  const [object, yaml, trigger, short, mirror, key] = planted(round).map((text) => JSON.stringify(text));
  return `
const pulumi = require("@pulumi/pulumi");
const { ClientConfiguration, MachineConfig, TalosSecrets } = require("pulumi-talos-pki${entry}");
const secrets = new TalosSecrets("s", { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" } }, { protect: false });
new ClientConfiguration("admin", { secrets, clusterName: "c", rotationTriggers: { plain: "seen", hidden: pulumi.secret(${trigger}) } });
new MachineConfig("cp", {
  secrets, clusterName: "c", clusterEndpoint: "https://10.0.0.1:6443", machineType: "controlplane",
  registryMirrors: { "docker.io": pulumi.secret([${mirror}]) },
  configPatches: [
    { machine: { env: { GITHUB_PAT: pulumi.secret(${object}), PIN: pulumi.secret(${short}) } } },
    pulumi.secret("machine:\\n  env:\\n    REGISTRY: " + ${yaml} + "\\n"),
    { machine: { nodeLabels: { ["https://" + ${key}]: "x" } } },
    { machine: { network: { hostname: "plain-${round}" } } },
  ],
});
`;
};

describe("What a program marks as secret", function () {
  this.timeout(300_000);
  let cli: PulumiCli;

  before(function () {
    cli = needsPulumi(this);
  });

  for (const [entry, title] of [
    ["", "dynamic resources"],
    ["/plugin", "the plugin"],
  ] as const) {
    it(`stays secret in state, previews, notices and logs of ${title}, and the rest stays readable`, async () => {
      const files = { "Pulumi.yaml": PLUGIN_PROJECT };
      const project = await Project.create({ cli, program: program(entry, 1), files });
      const succeed = (outcome: Outcome): Outcome => {
        assert.equal(outcome.code, 0, outcome.output);
        return outcome;
      };
      const redacted = (): unknown =>
        project.resources().find(({ type }) => type.endsWith(":MachineConfig"))?.outputs?.["redactedConfig"];
      try {
        succeed(await project.up({ withPreview: true, args: ["--diff"] }));
        assert.match(String(redacted()), /hostname: plain-1/);
        assert.match(String(redacted()), /GITHUB_PAT: '\*{6}'/);
        assert.deepEqual(succeed(await project.preview({ args: ["--expect-no-changes"] })).changes, { same: 4 });

        project.writeProgram({ program: program(entry, 2), files });
        const changed = succeed(await project.up({ withPreview: true, args: ["--diff"] }));
        assert.match(changed.output, /~ machine\.env\.GITHUB_PAT: a secret or long value changes/);
        assert.match(changed.output, /~ machine\.network\.hostname: "plain-1" -> "plain-2"/);
        succeed(await project.refresh());
        assert.deepEqual(succeed(await project.preview({ args: ["--expect-no-changes"] })).changes, { same: 4 });
        // A short one is no needle for every file: chance would bring it up.
        const [long, short] = [true, false].map((isLong) =>
          [...planted(1), ...planted(2)].filter((text) => text.length >= 12 === isLong),
        );
        project.assertNoSecrets(long!);
        assert.ok(short!.length > 0);
        for (const text of short!) assert.ok(![changed.output, project.state()].join().includes(`"${text}`));
      } finally {
        await project.remove();
      }
    });
  }
});
