import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { repository } from "../../architecture/support/markdown";
import { type Snippet, typecheck } from "../../architecture/support/typecheck";
import { exampleOf } from "../../../tools/schema/examples";
import { DEFINITIONS } from "../../../provider/resources";

/** Declarations that programs have been written against. */
const FIRST = "test/unit/sdk/support/handwritten";
const text = readFileSync(join(repository, `${FIRST}.ts`), "utf8");
const namesOf = (keywords: string): string[] =>
  [...text.matchAll(new RegExp(`^export (?:${keywords}) (\\w+)`, "gm"))].map(([, name]) => name!);

const CLASSES = namesOf("declare class");
const TYPES = namesOf("interface|type").filter((name) => name !== "TextInput");
/** Types that a program writes; the others it reads. */
const isInput = (name: string): boolean => /(Args|Input|Pair|Hours|Algorithm|Role)$/.test(name);

const IMPORTS = `import type * as pulumi from "@pulumi/pulumi";
import type * as First from "./${FIRST}";
import type * as Now from "./sdk/plugin";
import type * as Dynamic from "pulumi-talos-pki";`;

/** Compiles only where every value of one type is one of the other. */
const fits = (from: string, to: string): Snippet => ({
  where: `${from} as ${to}`,
  text: `${IMPORTS}\nexport const fits = (value: ${from}): ${to} => value;`,
});

/** A program with things at hand, as one was written against the first declarations. */
const program = (body: string): Snippet => ({
  where: body,
  text: `import * as pulumi from "@pulumi/pulumi";
import * as talos from "pulumi-talos-pki";
declare const text: pulumi.Output<string>, texts: pulumi.Output<string[]>, count: pulumi.Output<number>;
declare const any: pulumi.Output<unknown>, bundle: pulumi.Output<Record<string, unknown>>, flag: pulumi.Output<boolean>;
declare const secrets: talos.TalosSecrets, accepted: talos.AcceptedCA, client: talos.ClientConfiguration;
declare const config: talos.MachineConfig, node: talos.NodeCertificate;
const cluster = { secrets, clusterName: "c", clusterEndpoint: text, machineType: text };
${body}`,
});

describe("A program written against the first declarations of the SDK", function () {
  this.timeout(60_000);

  it("finds every name, and its types fit in the direction in which it uses them", () => {
    assert.ok(CLASSES.length >= 7 && TYPES.length >= 20);
    const snippets = [
      ...TYPES.map((name) =>
        isInput(name) ? fits(`First.${name}`, `Now.${name}`) : fits(`Now.${name}`, `First.${name}`),
      ),
      ...CLASSES.flatMap((name) => [
        fits(`Now.${name}`, `First.${name}`),
        fits(`ConstructorParameters<typeof First.${name}>`, `ConstructorParameters<typeof Now.${name}>`),
      ]),
      ...CLASSES.filter((name) => name !== "Provider").map((name) => fits(`Dynamic.${name}`, `First.${name}`)),
      fits('First.TextInput<"a">', 'Now.TextInput<"a">'),
    ];
    assert.deepEqual(typecheck(snippets), []);
  });

  it("may keep arguments in a variable of the first type, and read them", () => {
    // Since then a stage has been added, `auto`: who reads a stage must expect it.
    const widened = ["StagedRotationArgs", "TalosSecretsArgs"];
    const kept = TYPES.filter((name) => isInput(name) && !widened.includes(name));
    assert.deepEqual(typecheck(kept.map((name) => fits(`Now.${name}`, `First.${name}`))), []);
  });

  it("passes an Output of another resource at every place without a cast", () => {
    const bodies = [
      "new talos.TalosSecrets('s', { talosVersion: text, bootstrapToken: text, cluster: { id: text, secret: text } });",
      "new talos.TalosSecrets('s', { certificateAuthorities: { os: { algorithm: text, validityPeriodHours: count } } });",
      "new talos.TalosSecrets('s', { rotation: { os: { id: text, stage: text }, aggregator: { id: text } } });",
      "new talos.TalosSecrets('s', { rotation: pulumi.output({ os: { id: 'a', stage: 'swap' as const } }) });",
      "new talos.ClientConfiguration('c', { ...cluster, roles: texts, endpoints: texts, validityPeriodHours: text });",
      "new talos.ClientConfiguration('c', { ...cluster, roles: ['os:admin', text], rotationTriggers: { a: any } });",
      "const role: string = 'x'; new talos.ClientConfiguration('c', { ...cluster, roles: [role] });",
      "new talos.ClientConfiguration('c', { clusterName: text, certificateAuthority: secrets.rotationSecrets.apply(({ os }) => os!) });",
      "new talos.MachineConfig('m', cluster);",
      "new talos.MachineConfig('m', { ...cluster, secrets: bundle, certSANs: texts, configPatches: [text, { a: any }] });",
      "new talos.MachineConfig('m', { ...cluster, configPatches: texts, registryMirrors: { a: texts }, kubeSpan: flag });",
      "new talos.MachineConfig('m', { ...cluster, acceptedCAs: [accepted, accepted.certificatePem, text, 'pem'] });",
      "new talos.MachineConfig('m', { ...cluster, acceptedCAs: accepted.certificates });",
      "new talos.MachineConfig('m', { ...cluster, acceptedCAs: secrets.acceptedCAs.os, machineType: config.machineType });",
      "new talos.Kubeconfig('k', { ...cluster, secrets: secrets.machineSecrets, organizations: texts, issuedAt: text });",
      "new talos.NodeCertificate('n', { secrets: secrets.secrets, ipAddresses: texts, csrPem: text, algorithm: text });",
      "const args: talos.CertificateArgs = { algorithm: 'ed25519' }; new talos.NodeCertificate('n', { ...args, dnsNames: texts });",
    ];
    assert.deepEqual(typecheck(bodies.map(program)), []);
  });

  it("reads outputs as before, and the secrets by their names", () => {
    const bodies = [
      "export const loose: pulumi.Output<Record<string, unknown>> = secrets.secrets;",
      "export const key: pulumi.Output<string> = secrets.secrets.apply(({ certs }) => certs.os.key);",
      "export const next: pulumi.Output<string> = secrets.rotationSecrets.apply(({ os }) => os?.certificatePem ?? '');",
      "export const id: pulumi.Output<unknown> = secrets.secrets.apply((bundle) => bundle['anything']);",
      "export const type: pulumi.Output<string> = config.machineType;",
      "export const pem: pulumi.Output<string | undefined> = node.privateKeyPem;",
      "export const ends: pulumi.Output<string> = secrets.certificateAuthorities.os.notAfter;",
      "export const data: pulumi.Output<{ caCertificate: string }> = client.clientConfiguration;",
    ];
    assert.deepEqual(typecheck(bodies.map(program)), []);
  });

  it("is told where it is wrong", () => {
    const wrong = [
      "new talos.MachineConfig('m', { ...cluster, machineType: 'router' });",
      "new talos.TalosSecrets('s', { rotation: { os: { id: 'a', stage: 'jump' } } });",
      "new talos.Kubeconfig('k', { clusterName: 'c', clusterEndpoint: 'e' });",
      "export const none = secrets.secrets.apply(({ certs }) => certs.etdc);",
    ];
    const misfits = [
      fits("First.KubeconfigArgs", "Now.TalosSecretsArgs"),
      fits("Now.RotationStatus", "First.MachineSecretsShape"),
    ];
    const snippets = [...wrong.map(program), ...misfits];
    const complaints = typecheck(snippets);
    assert.deepEqual(
      snippets.filter(({ where }) => !complaints.some((complaint) => complaint.startsWith(`${where}: `))),
      [],
    );
  });

  it("can be one of the examples in the documentation of the classes", () => {
    const examples = Object.values(DEFINITIONS).map((definition) => ({
      where: definition.name,
      text: exampleOf(definition).typescript.replaceAll("pulumi-talos-pki/plugin", "pulumi-talos-pki"),
    }));
    assert.deepEqual(typecheck(examples), []);
  });
});
