import { strict as assert } from "node:assert";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

import { skipOrFail } from "../e2e/support/tools";
import { readNodeAddress } from "../../provider/core/nodes/nodeAddress";
import { fingerprintOf } from "../../provider/core/x509/certificate";
import { Cluster, issueClient } from "./support/cluster";
import { opensslKey } from "./support/forge";
import { endImpostors, Impostor, serverOf } from "./support/impostor";
import { Folder, needJudge, type Node, run, startNode, stopNodes } from "./support/judge";

const ROOT = join(__dirname, "..", "..");
const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  dependencies: Readonly<Record<string, string>>;
};
const RANGE = dependencies["@grpc/grpc-js"]!;
/** The oldest and the newest release that the range of package.json lets a user have. */
const RELEASES = { oldest: RANGE.replace(/^\^/, ""), newest: RANGE } as const;

/** What provider/nodes leans on in a private method of @grpc/grpc-js: `_createSecureConnector`. */
describe("provider/nodes over @grpc/grpc-js", function () {
  this.timeout(180_000);
  needJudge();

  let cluster: Cluster;
  let node: Node;

  before("start a node", async () => {
    cluster = await Cluster.make();
    node = await startNode({ config: cluster.config("controlplane"), type: "controlplane" });
  });

  afterEach(endImpostors);
  after(stopNodes);

  for (const [which, wanted] of Object.entries(RELEASES)) {
    it(`of the ${which} release in the range ${RANGE} calls a node, and verifies it`, async function () {
      const folder = realpathSync(new Folder().path);
      const install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder];
      const { code, stderr } = await run("npm", [...install, `@grpc/grpc-js@${wanted}`]);
      if (code !== 0) skipOrFail(this, `npm cannot install @grpc/grpc-js: ${stderr.slice(0, 200)}`);
      const manifest = join(folder, "node_modules", "@grpc", "grpc-js", "package.json");
      const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
      if (which === "oldest") assert.equal(version, wanted);
      else assert.match(version, /^1\.\d+\.\d+$/);
      process.stdout.write(`      @grpc/grpc-js ${version}\n`);

      const impostor = await Impostor.start(await serverOf((await Cluster.make()).bundle.certs.os));
      const { crt, key } = await issueClient(cluster.bundle.certs.os, { roles: ["os:admin"] });
      const task = {
        folder,
        dist: join(ROOT, "dist"),
        impostor: readNodeAddress(impostor.endpoint),
        call: {
          node: readNodeAddress(node.endpoint),
          identity: { certificatePem: crt, privateKeyPem: opensslKey(key) },
          trust: { authorities: [cluster.bundle.certs.os.crt] },
          patience: 10_000,
        },
      };
      const child = join(__dirname, "support", "grpcChild.cjs");
      const seen = await run(process.execPath, [child, JSON.stringify(task)]);
      assert.equal(seen.code, 0, seen.stderr);
      assert.equal(seen.stderr, "");
      assert.deepEqual(JSON.parse(seen.stdout), {
        release: "v1.13.0",
        configLength: readFileSync(cluster.config("controlplane"), "utf8").length,
        resources: true,
        verifiedBy: "authority",
        served: fingerprintOf((await node.serverCertificate()).raw),
        fromFolder: true,
        impostor: "ERR_NODE_UNTRUSTED",
        wrongPin: "ERR_NODE_FINGERPRINT",
        refused: "ERR_NODE_UNREACHABLE",
        unknownName: "ERR_NODE_UNREACHABLE",
      });
      assert.ok(impostor.connections >= 2);
      assert.equal(impostor.heard, 0);
    });
  }
});
