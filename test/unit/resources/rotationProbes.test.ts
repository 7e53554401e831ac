import assert from "node:assert/strict";
import { stringify } from "yaml";

import type { NodeObservation } from "../../../provider/core/lifecycle/rotationProofs";
import { readFailure } from "../../../provider/core/nodes/failures";
import { apidAt, type NodeAddress } from "../../../provider/core/nodes/nodeAddress";
import { generateAuthority } from "../../../provider/core/secrets/authority";
import type { CAName, StagedName } from "../../../provider/core/secrets/inventory";
import { parseTalosVersion } from "../../../provider/core/talosVersion";
import type { Authority } from "../../../provider/core/x509/authority";
import { type Certificate, parseCertificate } from "../../../provider/core/x509/certificate";
import { issueKubernetesClientCertificate } from "../../../provider/core/x509/kubernetesClientCertificate";
import { encodeBase64 } from "../../../provider/core/x509/pem";
import type {
  HandshakeOptions,
  HttpAnswer,
  HttpRequest,
  NodeResource,
  NodeService,
  Nodes,
  NodeSession,
} from "../../../provider/engine/nodes";
import { NodeAccess } from "../../../provider/resources/live/nodeAccess";
import { observeNode } from "../../../provider/resources/live/rotation/nodes";
import { type RotationKey, RotationQuestion } from "../../../provider/resources/live/rotation/question";
import { timeoutsOf } from "../../../provider/resources/live/timeouts";
import { fixedEnvironment } from "../support/fixed";

const environment = fixedEnvironment();
const CAS = ["os", "kubernetes", "etcd", "aggregator"] as const satisfies readonly CAName[];
const at = (time: string): Date => new Date(`2026-01-01T${time}Z`);
const keyOf = (signer: Authority): RotationKey => ({
  fingerprint: signer.certificate.fingerprint,
  certificate: signer.certificate,
  signer,
});
const ALERT = { network: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", text: "" };

/** A control plane of which a test says what it shows. */
class Shown {
  resources: Record<string, Partial<NodeResource>> = {
    Nodenames: { spec: "nodename: cp1\n" },
    SecretStatuses: { created: at("00:00:00"), updated: at("10:00:00"), spec: 'ready: true\nversion: "2"\n' },
    KubernetesRootSecrets: { created: at("00:00:00"), updated: at("10:00:00") },
    EtcdRootSecrets: { created: at("00:00:00"), updated: at("10:00:00") },
  };
  services: readonly NodeService[] = [];
  /** What the kubelet itself says of the static pods. */
  own: { readonly startedAt: string; readonly ready: string } | undefined;
  pod = { version: "2", startedAt: "2026-01-01T10:00:05Z", ready: "True" };
  jwks: readonly string[] = [];
  answers: (request: HttpRequest) => HttpAnswer = () => ({ status: 200, body: "" });
  handshakes: (port: number, client: Certificate | undefined) => object = () => ({});
  served: Certificate | undefined;
  readonly requests: HttpRequest[] = [];
  readonly shakes: HandshakeOptions[] = [];

  readonly nodes = {
    connect: () => Promise.resolve(this.session()),
    shakeHands: ({ port }: NodeAddress, options: HandshakeOptions = {}) => {
      this.shakes.push(options);
      const client = options.identity && parseCertificate(options.identity.certificatePem, "");
      const chain = this.served === undefined ? [] : [this.served];
      return Promise.resolve({ chain, accepted: true, ...this.handshakes(port, client) });
    },
    request: (request: HttpRequest) => {
      this.requests.push(request);
      if (request.url.includes("/pods/")) return Promise.resolve({ status: 200, body: JSON.stringify(this.podBody()) });
      if (request.url.endsWith("/jwks")) {
        const keys = this.jwks.map((hex) => ({ kid: Buffer.from(hex, "hex").toString("base64url") }));
        return Promise.resolve({ status: 200, body: JSON.stringify({ keys }) });
      }
      return Promise.resolve(this.answers(request));
    },
    uptime: () => 0,
    sleep: () => Promise.resolve(),
  } as unknown as Nodes;

  private podBody(): object {
    const { version, startedAt, ready } = this.pod;
    const names = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
    return {
      metadata: { annotations: { "talos.dev/secrets-version": version } },
      status: {
        conditions: [{ type: "Ready", status: ready }],
        containerStatuses: names.map((name) => ({ name, state: { running: { startedAt } } })),
      },
    };
  }

  private ownPods(): readonly NodeResource[] {
    if (this.own === undefined) return [];
    const { startedAt, ready } = this.own;
    const conditions = [{ type: "Ready", status: ready }];
    const spec = stringify({ conditions, containerStatuses: [{ state: { running: { startedAt } } }] });
    const none = at("00:00:00");
    return [{ id: "kube-system/kube-apiserver-cp1", created: none, updated: none, spec }];
  }

  private session(): NodeSession {
    const found = (type: string): NodeResource | undefined => {
      const shown = this.resources[type.split(".")[0]!];
      const none = at("00:00:00");
      return shown && { id: "", created: none, updated: none, spec: "", ...shown };
    };
    return {
      version: () => Promise.resolve("v1.13.0"),
      resource: (_: string, type: string) => Promise.resolve(found(type)),
      resources: () => Promise.resolve(this.ownPods()),
      services: () => Promise.resolve(this.services),
      readFile: () => Promise.resolve(this.served!.pem),
      close: () => undefined,
    } as unknown as NodeSession;
  }
}

describe("What a node shows of a rotation", () => {
  const old: Partial<Record<CAName, Authority>> = {};
  const next: Partial<Record<CAName, Authority>> = {};
  let shown: Shown;

  before(async () => {
    const version = parseTalosVersion("v1.13");
    for (const name of CAS) {
      old[name] = await generateAuthority(name, version, { algorithm: "ecdsa-p256" }, environment);
      next[name] = await generateAuthority(name, version, { algorithm: "ecdsa-p256" }, environment);
    }
  });
  beforeEach(() => {
    shown = new Shown();
  });

  const observe = async (authority: StagedName): Promise<NodeObservation> => {
    const context = {
      environment,
      nodes: () => Promise.resolve(shown.nodes),
      progress: () => undefined,
      signal: new AbortController().signal,
    };
    const access = await NodeAccess.of({ trust: [], signers: [old.os!] }, context, timeoutsOf(undefined));
    const material = Object.fromEntries(
      CAS.map((name) => [name, { issuing: keyOf(old[name]!), other: keyOf(next[name]!), retired: [] }]),
    );
    const tokens = { issuing: { fingerprint: "aa" }, other: { fingerprint: "bb" }, retired: ["cc"] };
    const question = new RotationQuestion({
      access,
      environment,
      material: { ...material, serviceAccount: tokens },
      mayRead: true,
      mustRead: true,
    });
    const target = { node: apidAt("10.0.0.2"), machineType: "controlplane" } as const;
    return (await observeNode(target, [authority], question))[0]!;
  };
  const leafOf = async (authority: Authority): Promise<Certificate> =>
    (await issueKubernetesClientCertificate({ certificateAuthority: authority }, environment)).certificate;
  const isOf = (client: Certificate | undefined, authority: Authority | undefined): boolean =>
    client !== undefined && authority !== undefined && client.isSignedBy(authority.certificate);

  it("tells the etcd CAs apart by signature, verifies the server against both, and takes silence for no rejection", async () => {
    assert.equal(old.etcd!.certificate.subject, next.etcd!.certificate.subject);
    shown.served = await leafOf(next.etcd!);
    shown.handshakes = (port, client) =>
      !isOf(client, old.etcd)
        ? {}
        : { accepted: false, failure: readFailure(port === 2379 ? ALERT : { network: "TIMEOUT", text: "" }) };
    const { places } = await observe("etcd");
    assert.deepEqual(places, [
      {
        place: "etcdClients",
        serves: "other",
        trusts: { issuing: false, other: true },
        reason: "it does not trust the client's CA",
      },
      { place: "etcdPeers", serves: "other", trusts: { other: true }, reason: "no answer in time" },
    ]);
    const authorities = [old.etcd!, next.etcd!].map(({ certificate }) => certificate.pem);
    for (const shake of shown.shakes) assert.deepEqual(shake.authorities, authorities);
  });

  const started = (time: string, state = "Preparing"): NodeService => ({
    id: "etcd",
    state: "Running",
    healthy: true,
    message: "",
    events: [{ state, message: "", at: at(time) }],
  });

  it("calls etcd restarted after a whole start that is younger than its CAs, and not after a kill", async () => {
    const etcd = async (...services: readonly NodeService[]): Promise<object | undefined> => {
      shown.services = services;
      return (await observe("etcd")).components.find(({ component }) => component === "etcd");
    };
    assert.deepEqual(await etcd(started("10:00:01")), { component: "etcd", isCurrent: true, since: at("10:00:01") });
    const late = { isCurrent: false, since: at("09:00:00"), reason: "it has not been restarted since its CAs changed" };
    assert.deepEqual(await etcd(started("09:00:00")), { component: "etcd", ...late });
    const killed = started("10:00:01", "Waiting");
    assert.deepEqual(await etcd(killed), {
      component: "etcd",
      reason: "its list of events does not go back to its start",
    });
    // CAs that have not changed since the boot are older than whatever runs.
    shown.resources["EtcdRootSecrets"] = { created: at("11:00:00"), updated: at("10:59:59") };
    assert.deepEqual(await etcd(killed), { component: "etcd", isCurrent: true });
    assert.deepEqual(await etcd(), { component: "etcd", isCurrent: false, reason: "the node has no etcd yet" });
  });

  it("calls a pod current that has the last secrets, has started since, and is Ready", async () => {
    const server = async (): Promise<object | undefined> =>
      (await observe("aggregator")).components.find(({ component }) => component === "kube-apiserver");
    const since = at("10:00:05");
    assert.deepEqual(await server(), { component: "kube-apiserver", isCurrent: true, since });
    const late = (reason: string, start = since): object => ({
      component: "kube-apiserver",
      isCurrent: false,
      since: start,
      reason,
      isSettling: true,
    });
    shown.pod.version = "1";
    assert.deepEqual(await server(), late("its pod does not have the secrets that Talos has written last yet"));
    shown.pod = { version: "2", startedAt: "2026-01-01T09:59:59Z", ready: "True" };
    assert.deepEqual(await server(), late("its container has not started since they were written", at("09:59:59")));
    shown.pod = { version: "2", startedAt: "2026-01-01T10:00:05Z", ready: "False" };
    assert.deepEqual(await server(), late("its pod is not Ready"));
    // The config has changed, and Talos has not written its files yet.
    shown.resources["KubernetesRootSecrets"] = { created: at("00:00:00"), updated: at("10:30:00") };
    assert.deepEqual(await server(), {
      component: "kube-apiserver",
      isCurrent: false,
      reason: "Talos has written no secrets for it yet",
    });
  });

  it("believes the kubelet where the copy of its pod in Kubernetes is late", async () => {
    const server = async (): Promise<unknown> => {
      const { components } = await observe("aggregator");
      return components.find(({ component }) => component === "kube-apiserver")?.isCurrent;
    };
    shown.pod.version = "1";
    for (const [startedAt, ready, isCurrent] of [
      ["2026-01-01T10:00:01Z", "True", true],
      ["2026-01-01T10:00:01Z", "False", false],
      // Kubernetes counts whole seconds: it may have started before the files were there.
      ["2026-01-01T10:00:00Z", "True", false],
    ] as const) {
      shown.own = { startedAt, ready };
      assert.equal(await server(), isCurrent, `${startedAt} ${ready}`);
    }
  });

  it("asks an API server as a front-proxy client of each CA, who speaks for somebody without rights", async () => {
    const crt = encodeBase64((await leafOf(old.aggregator!)).pem);
    shown.resources["KubernetesDynamicCerts"] = { spec: stringify({ frontProxy: { crt, key: encodeBase64("KEY") } }) };
    shown.answers = ({ identity }) => ({
      status: isOf(parseCertificate(identity!.certificatePem, ""), old.aggregator) ? 403 : 401,
      body: "",
    });
    const { places } = await observe("aggregator");
    assert.deepEqual(places, [{ place: "frontProxy", serves: "issuing", trusts: { issuing: true, other: false } }]);
    const asked = shown.requests.filter(({ url }) => url.endsWith("/version"));
    assert.equal(asked.length, 2);
    for (const { identity, headers, authorities } of asked) {
      assert.equal(parseCertificate(identity!.certificatePem, "").commonName, "front-proxy-client");
      assert.deepEqual(headers, { "X-Remote-User": "pulumi-talos-pki" });
      assert.deepEqual(
        authorities,
        [old.kubernetes!, next.kubernetes!].map(({ certificate }) => certificate.pem),
      );
    }
  });

  it("reads the keys of tokens, of which the first signs", async () => {
    shown.jwks = ["bb", "aa", "cc"];
    assert.deepEqual((await observe("serviceAccount")).places, [
      { place: "tokens", serves: "other", trusts: { issuing: true, other: true, retired: true } },
    ]);
  });

  it("believes a kubelet that serves the certificate which Talos has of it, and takes no error for a verdict", async () => {
    shown.served = await leafOf(old.kubernetes!);
    shown.answers = ({ url, identity }) => {
      const isOld = isOf(parseCertificate(identity!.certificatePem, ""), old.kubernetes);
      return { status: url.includes(":10250/") ? (isOld ? 200 : 500) : isOld ? 200 : 401, body: "" };
    };
    const { places } = await observe("kubernetes");
    assert.deepEqual(places, [
      { place: "apiServer", serves: "issuing", trusts: { issuing: true, other: false } },
      { place: "kubelet", trusts: { issuing: true }, reason: "it answers HTTP 500", isSettling: true },
    ]);
    const asked = shown.requests.filter(({ url }) => url.includes(":10250/"));
    for (const { certificate, authorities = [] } of asked) {
      assert.equal(certificate?.fingerprint, shown.served.fingerprint);
      assert.ok(authorities.includes(shown.served.pem));
    }
  });
});
