import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import { parseAllDocuments } from "yaml";

import { judgeMachineConfig } from "../../../provider/core/machinery/validation/judge";
import { readMachineConfig } from "../../../provider/core/machinery/patch";
import type { MachineType } from "../../../provider/core/config/machineSecrets";
import type { Values } from "../../../provider/engine/values";
import { BACK, FORTH, type RehearsedStage, RotatingConfigs } from "../support/rotation";

/** Whom a machine has: who issues (with a key on a control plane), and who is accepted, in order. */
interface Trust {
  readonly issuing: string | undefined;
  readonly hasKey: boolean;
  readonly accepted: readonly string[];
}

type Row = Readonly<Record<RehearsedStage, readonly [issuing: string | undefined, accepted: readonly string[]]>>;

/** Talos facts, section 6: machine.ca with machine.acceptedCAs on every role, and so cluster.ca up to contract v1.13. */
const IN_SECTIONS: Row = {
  before: ["old", []],
  accept: ["old", ["new"]],
  swap: ["new", ["old"]],
  finish: ["new", []],
  abort: ["old", []],
};

/** Talos 1.14 facts, section H: a worker's KubeAPIServerCAConfig lists all trust. */
const IN_WORKERS_LIST: Row = {
  before: [undefined, ["old"]],
  accept: [undefined, ["old", "new"]],
  swap: [undefined, ["new", "old"]],
  finish: [undefined, ["new"]],
  abort: [undefined, ["old"]],
};

const KUBERNETES: Readonly<Record<string, Readonly<Record<MachineType, Row>>>> = {
  "v1.7": { controlplane: IN_SECTIONS, worker: IN_SECTIONS },
  "v1.13": { controlplane: IN_SECTIONS, worker: IN_SECTIONS },
  "v1.14": { controlplane: IN_SECTIONS, worker: IN_WORKERS_LIST },
};

interface Section {
  readonly ca?: { readonly crt: string; readonly key: string };
  readonly acceptedCAs?: readonly { readonly crt: string }[];
}

const fromBase64 = (text: string): string => Buffer.from(text, "base64").toString("utf8");

function sectionTrust({ ca, acceptedCAs = [] }: Section): Trust {
  return {
    issuing: ca === undefined ? undefined : fromBase64(ca.crt),
    hasKey: ca !== undefined && fromBase64(ca.key).includes("PRIVATE KEY"),
    accepted: acceptedCAs.map(({ crt }) => fromBase64(crt)),
  };
}

/** Where a config has its two trusts. */
function readTrust(config: string): { readonly os: Trust; readonly kubernetes: Trust } {
  const documents = parseAllDocuments(config).map((document) => document.toJS() as Record<string, unknown>);
  const v1alpha1 = documents[0] as unknown as { machine: Section; cluster: Section };
  const document = documents.find(({ kind }) => kind === "KubeAPIServerCAConfig") as
    { issuingCA?: { cert: string; key: string }; acceptedCAs?: string[] } | undefined;
  if (document === undefined) {
    return { os: sectionTrust(v1alpha1.machine), kubernetes: sectionTrust(v1alpha1.cluster) };
  }
  assert.deepEqual([v1alpha1.cluster.ca, v1alpha1.cluster.acceptedCAs], [undefined, undefined]);
  const { issuingCA, acceptedCAs = [] } = document;
  return {
    os: sectionTrust(v1alpha1.machine),
    kubernetes: {
      issuing: issuingCA?.cert,
      hasKey: issuingCA?.key.includes("PRIVATE KEY") === true,
      accepted: acceptedCAs,
    },
  };
}

/** Certificates by the names that a person gives them, and that each can be joined with the next. */
function named({ issuing, hasKey, accepted }: Trust, names: ReadonlyMap<string, string>): unknown {
  const nameOf = (pem: string): string => {
    assert.match(pem, /^-----BEGIN CERTIFICATE-----\n[^]*\n-----END CERTIFICATE-----\n$/);
    return names.get(new X509Certificate(pem).fingerprint256) ?? "a stranger";
  };
  return { issuing: issuing === undefined ? undefined : nameOf(issuing), hasKey, accepted: accepted.map(nameOf) };
}

const fingerprint = (pem: string | undefined): string => new X509Certificate(pem ?? "").fingerprint256;

async function rehearse(
  talosVersion: string,
  stages: readonly RehearsedStage[],
  look: (stage: RehearsedStage, type: MachineType, config: string, names: Map<string, string>[]) => void,
  machine: Values = {},
): Promise<RotatingConfigs> {
  const stack = await RotatingConfigs.create(talosVersion, machine);
  const names = (["os", "kubernetes"] as const).map(
    (name) => new Map([[fingerprint(stack.authorities(name).issuing), "old"]]),
  );
  for (const stage of stages) {
    await stack.up(talosVersion, stage);
    if (stage === "accept") {
      (["os", "kubernetes"] as const).forEach((name, index) => {
        names[index]!.set(fingerprint(stack.authorities(name).accepted[0]), "new");
      });
    }
    for (const type of ["controlplane", "worker"] as const) look(stage, type, stack.machineConfig(type), names);
  }
  return stack;
}

describe("The machine configs of a rotation of both staged CAs", () => {
  for (const [talosVersion, roles] of Object.entries(KUBERNETES)) {
    for (const stages of [FORTH, BACK]) {
      it(`have at each stage of ${stages.join(", ")} what rotate-ca would make of contract ${talosVersion}`, async () => {
        let looks = 0;
        await rehearse(talosVersion, stages, (stage, type, config, [os, kubernetes]) => {
          const trust = readTrust(config);
          const expect = ([issuing, accepted]: Row[RehearsedStage]): unknown => ({
            issuing,
            hasKey: type === "controlplane",
            accepted,
          });
          assert.deepEqual(named(trust.os, os!), expect(IN_SECTIONS[stage]), `os, ${stage}, ${type}`);
          assert.deepEqual(named(trust.kubernetes, kubernetes!), expect(roles[type][stage]), `k8s, ${stage}, ${type}`);
          looks += 1;
        });
        assert.equal(looks, 2 * stages.length);
      });
    }

    it(`pass Talos's validation at each stage of contract ${talosVersion}`, async () => {
      const machinery = talosVersion === "v1.14" ? "1.14" : "1.13";
      await rehearse(talosVersion, FORTH, (stage, type, config) => {
        const { documents } = readMachineConfig(config, machinery);
        const minor = talosVersion === "v1.14" ? 14 : 13;
        assert.deepEqual(judgeMachineConfig(documents, { minor, mode: "metal" }), [], `${stage}, ${type}`);
      });
    });
  }

  it("keep the CAs that a program adds, each once", async () => {
    const other = await RotatingConfigs.create("v1.13");
    const partner = other.authorities("kubernetes").issuing;
    const partnerOs = other.authorities("os").issuing;
    for (const [talosVersion, worker] of [
      ["v1.13", { before: ["partner"], accept: ["new", "partner"], swap: ["old", "partner"], finish: ["partner"] }],
      [
        "v1.14",
        {
          before: ["old", "partner"],
          accept: ["old", "new", "partner"],
          swap: ["new", "old", "partner"],
          finish: ["new", "partner"],
        },
      ],
    ] as const) {
      const machine = { acceptedCAs: [partnerOs, partnerOs], kubernetesAcceptedCAs: [partner.trimEnd(), partner] };
      await rehearse(
        talosVersion,
        FORTH,
        (stage, type, config, [os, kubernetes]) => {
          if (type !== "worker" || stage === "abort") return;
          os!.set(fingerprint(partnerOs), "partner");
          kubernetes!.set(fingerprint(partner), "partner");
          const trust = readTrust(config);
          const list = (names: unknown): readonly string[] => (names as Trust).accepted;
          assert.deepEqual(list(named(trust.kubernetes, kubernetes!)), worker[stage]);
          assert.deepEqual(list(named(trust.os, os!)), [...IN_SECTIONS[stage][1], "partner"]);
        },
        machine,
      );
    }
  });

  it("do not double a CA that a program lists beside the rotation", async () => {
    for (const talosVersion of ["v1.13", "v1.14"]) {
      const stack = await RotatingConfigs.create(talosVersion);
      await stack.up(talosVersion, "accept");
      const both = (name: "os" | "kubernetes"): string[] => {
        const { issuing, accepted } = stack.authorities(name);
        return [issuing, ...accepted];
      };
      stack.machine = { ...stack.machine, acceptedCAs: both("os"), kubernetesAcceptedCAs: both("kubernetes") };
      const listed = async (): Promise<string[][]> => {
        await stack.up(talosVersion, "swap");
        return (["controlplane", "worker"] as const).flatMap((type) => {
          const { os, kubernetes } = readTrust(stack.machineConfig(type));
          return [os, kubernetes].map(({ issuing, accepted }) => [
            ...(issuing === undefined ? [] : [issuing]),
            ...accepted,
          ]);
        });
      };
      for (const list of await listed()) assert.deepEqual([list.length, new Set(list).size], [2, 2]);
    }
  });

  it("keep no private key of any CA in a worker's state", async () => {
    for (const talosVersion of ["v1.13", "v1.14"]) {
      await rehearse(talosVersion, FORTH, (_stage, type, config) => {
        if (type === "worker") assert.doesNotMatch(config + decodedLeaves(config), /PRIVATE KEY/);
      });
    }
  });
});

/** What every leaf of a config says when it is taken for base64. */
const decodedLeaves = (config: string): string =>
  config
    .split(/[\s"']+/)
    .map(fromBase64)
    .join("\n");
