import { PkiError } from "../../../core/errors";
import {
  type Place,
  type PlaceObservation,
  ROTATION_PARTIES,
  type RotationParty,
} from "../../../core/lifecycle/rotationProofs";
import { readFailure } from "../../../core/nodes/failures";
import type { ApiCertificates } from "../../../core/nodes/osTrust";
import { valueAt } from "../../../core/secrets/fields";
import { type Certificate, parseCertificates } from "../../../core/x509/certificate";
import { decodeBase64 } from "../../../core/x509/pem";
import type { HandshakeResult, HttpAnswer, NodeIdentity } from "../../../engine/nodes";
import { apiCertificates } from "../nodeState";
import { type ProbedNode, PORTS, PROBE_MS, readingOf } from "./probedNode";
import type { PartyClients, RotationKeys } from "./question";
import type { StagedName } from "../../../core/secrets/inventory";

type Shown = Omit<PlaceObservation, "place">;
type Serves = NonNullable<Shown["serves"]>;
type Trusts = PlaceObservation["trusts"];

/** How each place is asked; `kubernetes` has two. */
const PROBES: Readonly<Record<Place, (keys: RotationKeys, node: ProbedNode) => Promise<Shown>>> = {
  talosAPI: observeTalosAPI,
  etcdClients: (keys, node) => observeEtcd(PORTS.etcdClients, keys, node),
  etcdPeers: (keys, node) => observeEtcd(PORTS.etcdPeers, keys, node),
  apiServer: observeAPIServer,
  kubelet: observeKubelet,
  frontProxy: observeFrontProxy,
  tokens: observeTokens,
};

/** Looks what one place of a node shows of an authority. */
export async function observePlace(authority: StagedName, place: Place, node: ProbedNode): Promise<PlaceObservation> {
  const keys = node.question.keys(authority);
  if (keys === undefined) return { place, trusts: {}, reason: "nothing is known of what is in play" };
  return { place, ...(await PROBES[place](keys, node)) };
}

const reasonOf = (found: { readonly reason: string | undefined }): Pick<Shown, "reason"> =>
  found.reason === undefined ? {} : { reason: found.reason };

/** Whose certificate a leaf is, by its signature: two CAs may have the same subject. */
function partyOf(leaf: Certificate, { issuing, other, retiredCertificates = [] }: RotationKeys): Serves {
  const isOf = (certificate: Certificate | undefined): boolean =>
    certificate !== undefined && leaf.isSignedBy(certificate);
  if (isOf(issuing.certificate)) return "issuing";
  if (isOf(other?.certificate)) return "other";
  return retiredCertificates.some(isOf) ? "retired" : "stranger";
}

const pemsOf = (certificates: readonly Certificate[] = []): readonly string[] => certificates.map(({ pem }) => pem);

const serving = (leaf: Certificate | undefined, keys: RotationKeys): Pick<Shown, "serves"> =>
  leaf === undefined ? {} : { serves: partyOf(leaf, keys) };

/** What the handshakes showed, by party; that of nobody in particular where there is no client. */
type Handshakes = { readonly [Party in RotationParty | "nobody"]?: HandshakeResult };

const NO_HANDSHAKES: Handshakes = {};

async function shakeHandsAsEach(
  clients: PartyClients,
  shake: (identity?: NodeIdentity) => Promise<HandshakeResult>,
): Promise<Handshakes> {
  const shakes = await Promise.all(
    ROTATION_PARTIES.flatMap((party) => {
      const identity = clients[party];
      return identity === undefined ? [] : [shake(identity).then((result) => [party, result] as const)];
    }),
  );
  return shakes.length > 0 ? Object.fromEntries(shakes) : { nobody: await shake() };
}

const CLOSED = readFailure({ network: "CLOSED", text: "" }).reason;

/** Whether a client was let in; a server rejects one by an alert, or by closing after its handshake: silence says nothing. */
function letsIn(shake: HandshakeResult | undefined): boolean | undefined {
  if (shake === undefined) return undefined;
  const { accepted, chain, failure } = shake;
  const isRejected = failure?.code === "ERR_CLIENT_REJECTED" || (chain.length > 0 && failure?.reason === CLOSED);
  return accepted || isRejected ? accepted : undefined;
}

/**
 * The Talos API: a handshake as a client of each CA, and what apid says that it has in use. A call through an endpoint
 * shows whom that one accepts, so there what apid says must do.
 */
async function observeTalosAPI(keys: RotationKeys, node: ProbedNode): Promise<Shown> {
  const { target, question } = node;
  const { access } = question;
  const clients = await question.clients("os");
  const options = {
    signal: access.signal,
    authorities: [...question.trusted("os"), ...pemsOf(keys.retiredCertificates)],
  };
  const shake = (identity?: NodeIdentity): Promise<HandshakeResult> =>
    access.nodes.shakeHands(target.node, { ...options, ...(identity === undefined ? {} : { identity }) });
  const [shakes, reading] = await Promise.all([
    target.endpoint === undefined ? shakeHandsAsEach(clients, shake) : NO_HANDSHAKES,
    node.isReadable ? readingOf(node.read(apiCertificates)) : undefined,
  ]);
  const seen = reading instanceof PkiError ? undefined : reading;
  const results = Object.values(shakes);
  const leaf = target.endpoint === undefined ? results.find(({ chain }) => chain.length > 0)?.chain[0] : seen?.server;
  const failed = results.find(({ accepted }) => !accepted)?.failure?.reason;
  const unread = reading instanceof PkiError && question.options.mustRead ? reading.message : undefined;
  return {
    ...serving(leaf, keys),
    trusts: talosTrusts(target.endpoint !== undefined, shakes, seen, keys),
    ...reasonOf({ reason: failed ?? (target.endpoint === undefined ? undefined : unread) }),
    ...(unread === undefined ? {} : { unread }),
  };
}

/**
 * A client is let in where the handshake shows it and apid's list has its CA, as far as each is known. That apid's list
 * has it proves nothing by itself, but through an endpoint there is nothing else.
 */
function talosTrusts(
  isThroughEndpoint: boolean,
  shakes: Handshakes,
  seen: ApiCertificates | undefined,
  keys: RotationKeys,
): Trusts {
  const isListed = listing(
    seen?.accepted.map(({ fingerprint }) => fingerprint),
    keys,
  );
  return Object.fromEntries(
    ROTATION_PARTIES.flatMap((party) => {
      const facts = [letsIn(shakes[party]), isListed[party]].filter((fact) => fact !== undefined);
      // Whom it still lets in, one way or the other, shows that an old CA is not out.
      const isIn = party === "retired" ? facts.includes(true) : !facts.includes(false);
      const isProved = party === "retired" || !isIn || isThroughEndpoint || letsIn(shakes[party]) !== undefined;
      return facts.length === 0 || !isProved ? [] : [[party, isIn] as const];
    }),
  );
}

/** Whom a list of fingerprints has; nobody where there is no list. */
function listing(listed: readonly string[] | undefined, { issuing, other, retired }: RotationKeys): Trusts {
  if (listed === undefined) return {};
  const isRetired = (fingerprint: string): boolean =>
    retired.includes(fingerprint) && fingerprint !== issuing.fingerprint && fingerprint !== other?.fingerprint;
  return {
    issuing: listed.includes(issuing.fingerprint),
    ...(other === undefined ? {} : { other: listed.includes(other.fingerprint) }),
    retired: listed.some(isRetired),
  };
}

/** Where Talos keeps the CAs that its programs get from the config (pkg/machinery/resources/secrets, v1.6 to v1.14). */
const ROOTS = {
  etcd: { type: "EtcdRootSecrets.secrets.talos.dev", id: "etcd", lists: [["etcdCA"]] },
  kubernetes: {
    type: "KubernetesRootSecrets.secrets.talos.dev",
    id: "k8s",
    lists: [["issuingCA"], ["acceptedCAs"]],
  },
  aggregator: { type: "KubernetesRootSecrets.secrets.talos.dev", id: "k8s", lists: [["aggregatorCA"]] },
} as const;

/**
 * Whether an old CA is still configured, which needs no client of it; nothing where that cannot be read. The keys that
 * stand beside the certificates are not looked at.
 */
async function configuredRetired(of: keyof typeof ROOTS, keys: RotationKeys, node: ProbedNode): Promise<Trusts> {
  const { type, id, lists } = ROOTS[of];
  const spec = await readingOf(node.spec("secrets", type, id));
  if (spec instanceof PkiError) return {};
  const crts = lists.flatMap((path) => {
    const found = valueAt(spec, [...path]);
    return (Array.isArray(found) ? (found as unknown[]) : [found]).flatMap((one) => {
      const crt = valueAt(one, ["crt"]);
      return typeof crt === "string" ? [Buffer.from(decodeBase64(crt) ?? []).toString("utf8")] : [];
    });
  });
  if (crts.length === 0) return {};
  const found = await readingOf(Promise.resolve().then(() => crts.flatMap((text) => parseCertificates(text, ""))));
  if (found instanceof PkiError) return {};
  const { retired } = listing(
    found.map(({ fingerprint }) => fingerprint),
    keys,
  );
  return retired === undefined ? {} : { retired };
}

/** What handshakes showed, with what is configured: an old CA is out where neither has it. */
const withConfigured = (trusts: Trusts, configured: Trusts): Trusts => ({
  ...trusts,
  ...(configured.retired === undefined ? {} : { retired: configured.retired || trusts.retired === true }),
});

/** etcd: a handshake as a client of each CA. It rejects one with the first read after the handshake. */
async function observeEtcd(port: number, keys: RotationKeys, node: ProbedNode): Promise<Shown> {
  const { target, question } = node;
  const { access } = question;
  const address = { host: target.node.host, port };
  const options = { signal: access.signal, patience: PROBE_MS, authorities: question.trusted("etcd") };
  const shakes = await shakeHandsAsEach(await question.clients("etcd"), (identity) =>
    access.nodes.shakeHands(address, { ...options, ...(identity === undefined ? {} : { identity }) }),
  );
  const results = Object.values(shakes);
  const leaf = results.find(({ chain }) => chain.length > 0)?.chain[0];
  const known: Trusts = Object.fromEntries(
    ROTATION_PARTIES.flatMap((party) => {
      const isIn = letsIn(shakes[party]);
      return isIn === undefined ? [] : [[party, isIn] as const];
    }),
  );
  return {
    ...serving(leaf, keys),
    trusts: withConfigured(known, await configuredRetired("etcd", keys, node)),
    ...reasonOf({ reason: results.find(({ accepted }) => !accepted)?.failure?.reason }),
  };
}

/** Whether a client of each party is known to a server of Kubernetes: 401 is for those whom it does not know. */
async function askAsEach(
  clients: PartyClients,
  ask: (identity: NodeIdentity) => Promise<HttpAnswer>,
): Promise<Pick<Shown, "trusts" | "reason" | "isSettling">> {
  const answers = await Promise.all(
    ROTATION_PARTIES.flatMap((party) => {
      const identity = clients[party];
      return identity === undefined ? [] : [readingOf(ask(identity)).then((answer) => ({ party, answer }))];
    }),
  );
  const judged = answers.flatMap(({ party, answer }) =>
    answer instanceof PkiError || !JUDGED.includes(answer.status) ? [] : [[party, answer.status !== 401] as const],
  );
  const [failed] = answers.flatMap(({ answer }) =>
    answer instanceof PkiError
      ? [answer.message]
      : JUDGED.includes(answer.status)
        ? []
        : [`it answers HTTP ${answer.status}`],
  );
  const isSettling = answers.some(({ answer }) => !(answer instanceof PkiError) && isUnready(answer));
  return {
    trusts: Object.fromEntries(judged),
    ...reasonOf({ reason: failed }),
    ...(isSettling ? { isSettling } : {}),
  };
}

const isUnready = ({ status }: HttpAnswer): boolean => status >= 500;

/** Allowed, not known, known and not allowed. */
const JUDGED: readonly number[] = [200, 401, 403];

async function observeAPIServer(keys: RotationKeys, node: ProbedNode): Promise<Shown> {
  const { target, question } = node;
  const { access } = question;
  const address = { host: target.node.host, port: PORTS.apiServer };
  const [{ chain, failure }, asked, configured] = await Promise.all([
    access.nodes.shakeHands(address, { signal: access.signal, patience: PROBE_MS, onlyChain: true }),
    askAsEach(await question.clients("kubernetes"), (identity) => node.askAPIServer("/version", identity)),
    configuredRetired("kubernetes", keys, node),
  ]);
  const reason = asked.reason ?? (chain.length === 0 ? failure?.reason : undefined);
  const trusts = withConfigured(asked.trusts, configured);
  return { ...asked, ...serving(chain[0], keys), trusts, ...reasonOf({ reason }) };
}

/** Where a kubelet keeps the certificate that it has signed for itself, without its key. */
const KUBELET_CERTIFICATE = "/var/lib/kubelet/pki/kubelet.crt";

/** The kubelet signs its own certificate, unless the cluster's CA does: Talos's API tells which. */
async function observeKubelet(_: RotationKeys, node: ProbedNode): Promise<Shown> {
  const { target, question } = node;
  const { access } = question;
  const own = await readingOf(
    node.read((session) => session.readFile(KUBELET_CERTIFICATE)).then((text) => parseCertificates(text, "")),
  );
  const [certificate] = own instanceof PkiError ? [] : own;
  const authorities = [
    ...question.trusted("kubernetes"),
    ...(own instanceof PkiError ? [] : own.map(({ pem }) => pem)),
  ];
  const asked = await askAsEach(await question.clients("kubernetes"), (identity) =>
    access.nodes.request({
      url: `https://${urlHost(target.node.host)}:${PORTS.kubelet}/healthz`,
      identity,
      authorities,
      ...(certificate === undefined ? {} : { certificate }),
      patience: PROBE_MS,
      signal: access.signal,
    }),
  );
  const reason =
    asked.reason === undefined || !(own instanceof PkiError) ? asked.reason : `${asked.reason}; ${own.message}`;
  return { ...asked, ...reasonOf({ reason }) };
}

const urlHost = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** Whom a front-proxy client may speak for, who may do nothing. */
const PROXIED_USER = { "X-Remote-User": "pulumi-talos-pki" };

async function observeFrontProxy(keys: RotationKeys, node: ProbedNode): Promise<Shown> {
  const [asked, configured, spec] = await Promise.all([
    askAsEach(await node.question.clients("aggregator"), (identity) =>
      node.askAPIServer("/version", identity, PROXIED_USER),
    ),
    configuredRetired("aggregator", keys, node),
    readingOf(node.spec("secrets", "KubernetesDynamicCerts.secrets.talos.dev", "k8s-dynamic-certs")),
  ]);
  // Its key stands beside it and is not looked at.
  const crt = spec instanceof PkiError ? undefined : valueAt(spec, ["frontProxy", "crt"]);
  const [leaf] =
    typeof crt === "string" ? parseCertificates(Buffer.from(decodeBase64(crt) ?? []).toString("utf8"), "") : [];
  // What it serves is Talos's word; an API server that does not answer has shown nothing.
  const isSilent = asked.reason !== undefined && Object.keys(asked.trusts).length === 0;
  const reason = asked.reason ?? (spec instanceof PkiError ? spec.message : undefined);
  const trusts = isSilent ? asked.trusts : withConfigured(asked.trusts, configured);
  return { ...asked, ...(isSilent ? {} : serving(leaf, keys)), trusts, ...reasonOf({ reason }) };
}

/** The keys of service account tokens, the signing one first (kube-apiserver, /openid/v1/jwks). */
async function observeTokens(keys: RotationKeys, node: ProbedNode): Promise<Shown> {
  const found = await readingOf(node.json("/openid/v1/jwks"));
  if (found instanceof PkiError) return { trusts: {}, reason: found.message };
  const list = valueAt(found, ["keys"]);
  const listed = (Array.isArray(list) ? list : []).flatMap((key: unknown) => {
    const kid = valueAt(key, ["kid"]);
    // A key's id is the SHA-256 of its SPKI (kubernetes pkg/serviceaccount/jwt.go, keyIDFromPublicKey).
    return typeof kid === "string" ? [Buffer.from(kid, "base64url").toString("hex")] : [];
  });
  const [first] = listed;
  const serves = ((): Serves => {
    if (first === keys.issuing.fingerprint) return "issuing";
    if (first === keys.other?.fingerprint) return "other";
    return first !== undefined && keys.retired.includes(first) ? "retired" : "stranger";
  })();
  return { serves, trusts: listing(listed, keys) };
}
