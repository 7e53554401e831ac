import type { Problem, Warning } from "../errors";
import { type MachineAddress, readMachineAddress } from "./machineAddress";

const KUBERNETES_PORT = 6443;

/** As talosctl reads an endpoint: it takes a URL too, for what stands in front of a cluster, as Omni does. */
function readEndpoint(text: string): MachineAddress | undefined {
  const address = readMachineAddress(text);
  // A zone is nothing to gRPC, which reads the `%` of it as an escape.
  if (address === undefined || address.zone !== undefined) return undefined;
  const { isBracketed, port, scheme } = address;
  return isBracketed && port === undefined && scheme === undefined ? undefined : address;
}

/** As apid takes the name of a node: it rejects a port. */
function isNode(text: string): boolean {
  const address = readMachineAddress(text);
  return address !== undefined && [address.zone, address.port, address.scheme].every((part) => part === undefined);
}

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
  return text.includes("@")
    ? "is not an address of a machine"
    : `${JSON.stringify(text)} is not an address of a machine`;
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
    readEndpoint(text) === undefined
      ? `${quoted(text)}; must be a host with or without a port, such as 10.0.0.2, cp.example.org:50000 or [fd00::2]:50000`
      : undefined,
  );
}

/** Endpoints at the port of another service. */
export function endpointWarnings(endpoints: readonly string[], path: string): Warning[] {
  return endpoints.flatMap((text, index): Warning[] => {
    if (readEndpoint(text)?.port !== KUBERNETES_PORT) return [];
    const message = `${JSON.stringify(text)} has the port of the Kubernetes API; the Talos API listens on 50000, which is the default`;
    return [{ severity: "warning", reason: "port-of-kubernetes", path: `${path}[${index}]`, message }];
  });
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
    isNode(text) ? undefined : `${quoted(text)}; must be a host without a port, such as 10.0.0.4 or worker.example.org`,
  );
}
