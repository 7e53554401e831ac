import assert from "node:assert/strict";

import ts from "typescript";

import { type CoreExport, coreExports } from "../../tools/api/core";
import { placeOf, type Source, sources } from "./support/sources";
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

  const placesOf = (some: readonly CoreExport[]): string[] => some.map(({ name, file }) => `${file}: ${name}`);

  it("are there for everything that is exported", () => {
    assert.deepEqual(placesOf(all.filter(({ documentation }) => documentation === "")), []);
  });

  it("show an example of every function", () => {
    assert.deepEqual(placesOf(all.filter(({ kind, examples }) => kind === "function" && examples.length === 0)), []);
  });

  it("are there for every member of what is exported", () => {
    const isExported = ({ path }: Source, node: ts.InterfaceDeclaration): boolean =>
      all.some(({ name, file }) => name === node.name.text && file === path);
    const mute = sources("provider/core").flatMap((file) =>
      file.tree.statements
        .filter(ts.isInterfaceDeclaration)
        .filter((node) => isExported(file, node))
        .flatMap(({ members }) => members.filter((member) => ts.getJSDocCommentsAndTags(member).length === 0))
        .map((member) => `${placeOf(file, member)}: ${member.name?.getText() ?? ""}`),
    );
    assert.deepEqual(mute, []);
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
