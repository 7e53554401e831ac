import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import fc from "fast-check";
import { parseAllDocuments } from "yaml";

import { parseTalosconfig } from "../../provider/core/config/talosconfigParser";
import { generateAuthority } from "../../provider/core/secrets/authority";
import { parseSecretsBundle } from "../../provider/core/secrets/codec";
import { parseTalosVersion } from "../../provider/core/talosVersion";
import { parseAuthority } from "../../provider/core/x509/authority";
import { parsePem } from "../../provider/core/x509/pem";
import { formatPem } from "../../provider/core/x509/pem";
import { issueServerCertificate } from "../../provider/core/x509/serverCertificate";
import type { Values } from "../../provider/engine/values";
import { dependent, makeSecrets, QUICK } from "../unit/support/cluster";
import { type Managed, type TestHost, testHost } from "../unit/support/engine";

type Stage = "accept" | "swap" | "finish" | "abort";
/** The moves of the contract; from a resting place a new rotation begins. */
const MOVES: Readonly<Record<"none" | Stage, readonly Stage[]>> = {
  none: ["accept"],
  accept: ["swap", "abort"],
  swap: ["finish", "accept"],
  finish: ["accept"],
  abort: ["accept"],
};

const certificatesIn = (pem: string): X509Certificate[] =>
  parsePem(pem, "").map(({ label, der }) => new X509Certificate(formatPem(label, der)));
/** As TLS does: some CA of the pool has signed the leaf. */
const trusts = (pool: readonly X509Certificate[], leaf: X509Certificate): boolean =>
  pool.some((authority) => leaf.checkIssued(authority) && leaf.verify(authority.publicKey));

/** One who holds a certificate and looks at those of others. */
interface Party {
  readonly name: string;
  readonly leaf: X509Certificate;
  readonly pool: readonly X509Certificate[];
}

const from64 = (text: unknown): string => Buffer.from(String(text), "base64").toString();

/** What a node has of its machine config: the pool that apid looks at, and the CAs of Kubernetes. */
function poolsOf(machineConfig: unknown): { os: X509Certificate[]; kubernetes: X509Certificate[] } {
  type Section = { ca?: { crt: string }; acceptedCAs?: { crt: string }[] };
  const documents = parseAllDocuments(String(machineConfig)).map((document) => document.toJS() as Values);
  const main = documents.find((document) => "machine" in document)!;
  const modern = documents.find(({ kind }) => kind === "KubeAPIServerCAConfig") as
    { issuingCA?: { cert: string }; acceptedCAs?: (string | { cert: string })[] } | undefined;
  const pool = ({ ca, acceptedCAs = [] }: Section): X509Certificate[] =>
    [...acceptedCAs, ...(ca === undefined ? [] : [ca])].flatMap(({ crt }) => certificatesIn(from64(crt)));
  const documented = [
    ...(modern?.acceptedCAs ?? []).map((item) => (typeof item === "string" ? item : item.cert)),
    ...(modern?.issuingCA === undefined ? [] : [modern.issuingCA.cert]),
  ];
  return {
    os: pool(main["machine"] as Section),
    kubernetes: [...pool(main["cluster"] as Section), ...documented.flatMap(certificatesIn)],
  };
}

class Cluster {
  private constructor(
    private readonly secrets: Managed,
    private readonly parts: Readonly<Record<"client" | "node" | "kubeconfig" | "controlplane" | "worker", Managed>>,
    private readonly host: TestHost,
    private readonly talosVersion: string,
  ) {}

  static async create(talosVersion: string): Promise<Cluster> {
    const host = testHost();
    const secrets = await makeSecrets(host, { talosVersion });
    const parts = {
      client: dependent("ClientConfiguration", host),
      node: dependent("NodeCertificate", host),
      kubeconfig: dependent("Kubeconfig", host),
      controlplane: dependent("MachineConfig", host),
      worker: dependent("MachineConfig", host),
    };
    return new Cluster(secrets, parts, host, talosVersion);
  }

  /** One `pulumi up`: the secrets, then all that follows them. */
  async up(rotation: Values): Promise<void> {
    await this.secrets.up({ ...QUICK, talosVersion: this.talosVersion, rotation });
    const secrets = this.secrets.outputs["secrets"];
    const cluster = { secrets, clusterName: "c" };
    const endpoint = { clusterEndpoint: "https://10.0.0.1:6443" };
    await this.parts.client.up(cluster);
    await this.parts.node.up({ secrets, ipAddresses: ["10.0.0.2"] });
    await this.parts.kubeconfig.up({ ...cluster, ...endpoint });
    for (const machineType of ["controlplane", "worker"] as const)
      await this.parts[machineType].up({ ...cluster, ...endpoint, machineType });
  }

  position(name: "os" | "kubernetes"): Stage | "none" {
    return (this.secrets.outputs["rotationStatus"] as Record<string, { stage: Stage | "none" }>)[name]!.stage;
  }

  /** Everybody of the Talos API at this stage: clients, and nodes with a certificate of the issuing CA. */
  async talosParties(): Promise<Party[]> {
    const text = String(this.secrets.outputs["secretsYaml"]);
    const { certs } = parseSecretsBundle(text, { now: new Date(this.host.now) }).bundle;
    const authority = parseAuthority(certs.os, { crt: "", key: "" });
    const context = parseTalosconfig(String(this.parts.client.outputs["talosconfig"])).contexts["c"]!;
    const nodes = await Promise.all(
      (["controlplane", "worker"] as const).map(async (machineType) => {
        const options = { certificateAuthority: authority, dnsNames: [machineType] };
        const { certificate } = await issueServerCertificate(options, this.host.environment);
        const pool = poolsOf(this.parts[machineType].outputs["machineConfig"]).os;
        return { name: machineType, leaf: new X509Certificate(certificate.pem), pool };
      }),
    );
    const { node } = this.parts;
    return [
      { name: "talosctl", leaf: certificatesIn(from64(context.crt))[0]!, pool: certificatesIn(from64(context.ca)) },
      {
        name: "NodeCertificate",
        leaf: certificatesIn(String(node.outputs["certificatePem"]))[0]!,
        pool: certificatesIn(String(node.outputs["caCertificatesPem"])),
      },
      ...nodes,
    ];
  }

  /** The same of Kubernetes: a kubeconfig, and what the machine configs make nodes trust. */
  kubernetesParties(): Party[] {
    const { kubeconfig } = this.parts;
    const [leaf] = certificatesIn(String(kubeconfig.outputs["clientCertificatePem"]));
    return [
      { name: "kubectl", leaf: leaf!, pool: certificatesIn(String(kubeconfig.outputs["caCertificatesPem"])) },
      ...(["controlplane", "worker"] as const).map((machineType) => ({
        name: machineType,
        leaf: leaf!,
        pool: poolsOf(this.parts[machineType].outputs["machineConfig"]).kubernetes,
      })),
    ];
  }
}

function assertTrust(before: readonly Party[], after: readonly Party[], move: string): void {
  for (const [one, other] of [...before, ...after].flatMap((a) => [...before, ...after].map((b) => [a, b] as const))) {
    const age = (party: Party): string => `${party.name} ${before.includes(party) ? "before" : "after"} ${move}`;
    assert.ok(trusts(one.pool, other.leaf), `${age(one)} does not trust ${age(other)}`);
  }
}

/** Which CAs move, and which of the possible moves each takes. */
const walk = fc.array(
  fc.record({ os: fc.boolean(), kubernetes: fc.boolean(), choice: fc.nat(1) }, { noNullPrototype: true }),
  { minLength: 3, maxLength: 8 },
);

describe("Whatever way rotations take", function () {
  this.timeout(60_000);

  for (const talosVersion of ["v1.13", "v1.14"]) {
    it(`clients and nodes of a stage and the one before trust each other, on ${talosVersion}`, async () => {
      await fc.assert(
        fc.asyncProperty(walk, async (steps) => {
          const cluster = await Cluster.create(talosVersion);
          await cluster.up({});
          const rotation: Record<string, { id: string; stage: Stage }> = {};
          let [talos, kubernetes] = [await cluster.talosParties(), cluster.kubernetesParties()];
          let count = 0;
          for (const step of steps) {
            for (const name of ["os", "kubernetes"] as const) {
              if (!step[name]) continue;
              const from = cluster.position(name);
              const stage = MOVES[from][step.choice % MOVES[from].length]!;
              const begins = stage === "accept" && from !== "swap";
              rotation[name] = { id: begins ? `r${count++}` : rotation[name]!.id, stage };
            }
            await cluster.up(rotation);
            const [nextTalos, nextKubernetes] = [await cluster.talosParties(), cluster.kubernetesParties()];
            assertTrust(talos, nextTalos, JSON.stringify(rotation));
            assertTrust(kubernetes, nextKubernetes, JSON.stringify(rotation));
            [talos, kubernetes] = [nextTalos, nextKubernetes];
          }
        }),
        { numRuns: 5 },
      );
    });
  }

  it("who holds to the old CA is trusted no more after the finish: the check above can fail", async () => {
    const cluster = await Cluster.create("v1.13");
    await cluster.up({});
    const old = await cluster.talosParties();
    for (const stage of ["accept", "swap", "finish"]) await cluster.up({ os: { id: "r", stage } });
    const parties = await cluster.talosParties();
    for (const one of parties)
      for (const other of old) {
        assert.equal(trusts(one.pool, other.leaf), false);
        assert.equal(trusts(other.pool, one.leaf), false);
      }
    assert.throws(() => {
      assertTrust(old, parties, "all stages at once");
    }, /talosctl before all stages at once does not trust talosctl after all stages at once/);
    const foreign = await generateAuthority("os", parseTalosVersion("v1.13"), {}, testHost().environment);
    assert.equal(trusts([new X509Certificate(foreign.certificate.pem)], parties[0]!.leaf), false);
  });
});
