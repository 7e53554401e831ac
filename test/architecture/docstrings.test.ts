import assert from "node:assert/strict";

import { type CoreExport, coreExports } from "../../tools/api/core";
import { typecheck } from "./support/typecheck";

/** What the examples take for granted: things at hand, by the names that the signatures give them. */
const AT_HAND = `
declare const text: string, pem: string, crt: string, key: string, config: string, patch: string, csrPem: string;
declare const clientPem: string, caPem: string, certificatePem: string, privateKeyPem: string;
declare const caCertificatesPem: string, clientCertificatePem: string, clientKeyPem: string;
declare const now: Date, notBefore: Date, notAfter: Date;
declare const environment: Environment, bundle: SecretsBundle, certificateAuthority: AuthorityInput;
declare const certificate: Certificate, talosconfig: Talosconfig, mine: string, theirs: string;
declare const items: Parameters<typeof expiryReport>[0], files: KubernetesPkiFiles;
declare const issued: Parameters<typeof planRenewal>[0], request: Parameters<typeof planRenewal>[1];
`;

describe("the docstrings of the core", function () {
  this.timeout(60_000);
  let all: readonly CoreExport[];

  before(() => {
    all = coreExports();
  });

  it("are there for everything that is exported and does something", () => {
    const mute = all.filter(({ kind, documentation }) => kind !== "type" && documentation === "");
    assert.deepEqual(
      mute.map(({ name, file }) => `${file}: ${name}`),
      [],
    );
  });

  it("have examples that type-check", () => {
    const imports = `import { ${all.map(({ name }) => name).join(", ")} } from "pulumi-talos-pki/core";
import { readFileSync, writeFileSync } from "node:fs";`;
    const snippets = all.flatMap(({ name, file, examples }) =>
      examples.map((example) => ({
        where: `${file}: ${name}`,
        // Inside a function a name of the example hides one of those at hand.
        text: `${imports}${AT_HAND}export async function example() {\n${example}\n}`,
      })),
    );
    assert.ok(snippets.length > 30);
    assert.deepEqual(typecheck(snippets), []);
    assert.deepEqual(typecheck(snippets, "default"), []);
  });
});
