import type { Problem } from "../errors";
import { isDnsName } from "../x509/subjectAltNames";
import { normaliseAddress } from "../machinery/netAddress";

const URL_FORM = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#@\s]*)(?:[/?#][\x21-\x7e]*)?$/;
const HOST_AND_PORT = /^(?:\[([^\][]*)\]|([^:\][]*)):(\d{1,5})$/;

const KUBERNETES_PORT = "6443";

interface TalosAddress {
  readonly host: string;
  readonly port?: string;
}

/** A zone is nothing to gRPC, which reads the `%` of it as an escape. */
const isHost = (text: string): boolean =>
  (normaliseAddress(text) !== undefined && !text.includes("%")) ||
  (isDnsName(text.replace(/\.$/, "")) && !text.startsWith("*"));

/** Host and port as Go's net.SplitHostPort parts them; a bare IPv6 address has no port. */
function parseAddress(text: string): TalosAddress | undefined {
  if (isHost(text)) return { host: text };
  const match = HOST_AND_PORT.exec(text);
  const [, ipv6, name, port = ""] = match ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || (ipv6 !== undefined && !ipv6.includes(":")) || !isHost(host)) return undefined;
  return Number(port) >= 1 && Number(port) <= 65535 ? { host, port } : undefined;
}

/** As talosctl reads an endpoint: it takes a URL too, for what stands in front of a cluster, as Omni does. */
function parseEndpoint(text: string): TalosAddress | undefined {
  const authority = URL_FORM.exec(text)?.[1];
  if (authority === undefined) return parseAddress(text);
  const ipv6 = /^\[(.*:.*)\]$/.exec(authority)?.[1];
  return ipv6 !== undefined && isHost(ipv6) ? { host: ipv6 } : parseAddress(authority);
}

/** As apid takes the name of a node: it refuses a port. */
const isNode = (text: string): boolean => isHost(/^\[(.*:.*)\]$/.exec(text)?.[1] ?? text);

function eachProblem(
  texts: readonly string[],
  path: string,
  describe: (text: string) => string | undefined,
): Problem[] {
  return texts.flatMap((text, index): Problem[] => {
    const message = describe(text);
    return message === undefined ? [] : [{ code: "ERR_ENDPOINT_INVALID", path: `${path}[${index}]`, message }];
  });
}

/** What stands before an `@` may be a password. */
function quoted(text: string): string {
  if (text === "") return "is empty";
  return text.includes("@") ? "is no address of a machine" : `${JSON.stringify(text)} is no address of a machine`;
}

/**
 * Endpoints of a talosconfig that talosctl can connect to never. Source: siderolabs/talos
 * pkg/machinery/client/connection.go and client/resolver/roundrobin.go, v1.13.0.
 *
 * @returns ERR_ENDPOINT_INVALID with path `endpoints[0]`
 * @example
 * endpointProblems(["10.0.0.2", "cp.example.org:50000", "[fd00::2]:50000"], "endpoints"); // []
 */
export function endpointProblems(endpoints: readonly string[], path: string): Problem[] {
  return eachProblem(endpoints, path, (text) =>
    parseEndpoint(text) === undefined
      ? `${quoted(text)}; expected a host with or without a port, such as 10.0.0.2, cp.example.org:50000 or [fd00::2]:50000`
      : undefined,
  );
}

/** Endpoints at the port of another service. */
export function endpointWarnings(endpoints: readonly string[], path: string): Problem[] {
  return eachProblem(endpoints, path, (text) =>
    parseEndpoint(text)?.port === KUBERNETES_PORT
      ? `${JSON.stringify(text)} has the port of the Kubernetes API; the Talos API listens on 50000, which is the default`
      : undefined,
  );
}

/**
 * Nodes of a talosconfig that no endpoint can reach. Source: siderolabs/talos internal/app/apid/pkg/backend/apid.go,
 * v1.13.0.
 *
 * @returns ERR_ENDPOINT_INVALID with path `nodes[0]`
 * @example
 * nodeProblems(["10.0.0.4", "worker.example.org"], "nodes"); // []
 */
export function nodeProblems(nodes: readonly string[], path: string): Problem[] {
  return eachProblem(nodes, path, (text) =>
    isNode(text)
      ? undefined
      : `${quoted(text)}; expected a host without a port, such as 10.0.0.4 or worker.example.org`,
  );
}
