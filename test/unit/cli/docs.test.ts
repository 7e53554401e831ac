import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { auditTrail } from "../../../provider/audit";
import type { Values } from "../../../provider/engine/values";
import { unwrap } from "../../../provider/engine/wire";
import { blocks, commandsOf } from "../../architecture/support/markdown";
import { testHost } from "../support/engine";
import { vector } from "../support/fixed";
import { ADOPTABLE, CONFIGS } from "../support/otherTools";
import { clear, FakeStack, talosPki } from "./support";

/** What a shell would make of the words of a command. */
const unquoted = (word: string): string => word.replace(/^(['"])(.*)\1$/, "$2");

/** What each way of docs/migrate.md begins with, and on stdin what it ends with. */
const MIGRATED: Readonly<Record<string, string>> = {
  "-": vector("bundles/v1.13.yaml"),
  "secrets.yaml": ADOPTABLE["talsecret.yaml of talhelper"]!,
  "controlplane.yaml": CONFIGS["talosctl get machineconfig -o yaml"]!,
  "old.json": ADOPTABLE["an export of a stack of @pulumiverse/talos"]!,
  "terraform.tfstate": ADOPTABLE["a Terraform state"]!,
  "secrets-of-prod.yaml": ADOPTABLE["all Secrets of a cluster in one List"]!,
};

/** The audit log of a stack that has made a client. */
function logOf(outputs: Values): string {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  try {
    const file = join(folder, "audit.jsonl");
    const trail = auditTrail({ host: testHost(), say: () => undefined, file, stack: "prod" });
    trail("ClientConfiguration", "ops", { kind: "create", inputs: {}, olds: {}, outputs });
    return readFileSync(file, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("every talos-pki command in the documentation", () => {
  const commands = blocks("sh").flatMap((block) =>
    commandsOf(block)
      .filter(([command]) => command === "talos-pki")
      .map(([, ...words]) => ({ where: block.where, words: words.map(unquoted) })),
  );
  let files: Record<string, string>;
  before(async () => {
    const stack = new FakeStack();
    const serviceAccount = { algorithm: "ecdsa-p256" };
    const outputs = await stack.up("TalosSecrets", "prod", { talosVersion: "v1.13", serviceAccount });
    const shared = { secrets: clear(outputs, "secrets"), clusterName: "prod" };
    const client = await stack.up("ClientConfiguration", "ops", { ...shared, endpoints: ["127.0.0.1:1"] });
    const clusterEndpoint = "https://10.0.0.1:6443";
    const admin = await stack.up("Kubeconfig", "admin", { ...shared, clusterEndpoint });
    const node = await stack.up("NodeCertificate", "node", { secrets: shared.secrets, ipAddresses: ["10.0.0.2"] });
    const talosconfig = String(clear(client, "talosconfig"));
    files = {
      "-": stack.export(true),
      "stack.json": stack.export(true),
      talosconfig,
      "old-talosconfig": talosconfig,
      "secrets.yaml": String(clear(outputs, "secretsYaml")),
      "old-secrets.yaml": vector("bundles/v1.13.yaml"),
      "controlplane.yaml": vector("out/base-v1.13/controlplane.yaml"),
      kubeconfig: String(clear(admin, "kubeconfig")),
      "node.crt": String(clear(node, "certificatePem")),
      "node.key": String(clear(node, "privateKeyPem")),
      "/var/log/talos-pki.jsonl": logOf(unwrap(client) as Values),
      // As before the rotation: then the client is good for both.
      "stolen-talosconfig": talosconfig,
      "stolen-kubeconfig": String(clear(admin, "kubeconfig")),
      "before.json": stack.export(true),
      "export.json": stack.export(true),
      "ca.crt": String(clear(node, "caCertificatesPem")),
    };
  });

  it("is found", () => {
    assert.ok(commands.length >= 24);
  });

  for (const { where, words } of commands) {
    it(`runs: ${words.join(" ")} (${where})`, async () => {
      // Nothing outside this process: nobody listens at port 1, files go nowhere, Pulumi answers from a file.
      const args = words
        .map((word) =>
          word.replace(
            /10\.0\.0\.\d+(?::50000)?(?=,|$)/g,
            words[0] === "verify" && word === "10.0.0.2" ? word : "127.0.0.1:1",
          ),
        )
        .map((word, index) => (words[index - 1] === "--html" ? "-" : word));
      const stdin = args[0] === "inspect" ? { "-": files["talosconfig"]! } : {};
      const missing = args.includes("--kubernetes-pki") ? { "secrets.yaml": "" } : {};
      const migrated = where.startsWith("docs/migrate.md") ? MIGRATED : {};
      const { code, err } = await talosPki(args, {
        files: { ...files, ...stdin, ...migrated, ...missing },
        run: () => Promise.resolve(files["-"]!),
      });
      assert.doesNotMatch(err, /error: |there is no such file/);
      if (where.startsWith("docs/migrate.md")) assert.equal(code, 0, "each way ends with an empty diff");
      const reached = !args.some((word) => word.includes("127.0.0.1:1"));
      if (args[0] === "expiry" || args[0] === "diff" || !reached) assert.ok([0, 1, 2].includes(code));
      else if (args.includes("--kubernetes-pki")) assert.match(err, /is not a secrets bundle/);
      else if (args[0] !== "rotation") assert.equal(code, 0, err);
    });
  }
});
