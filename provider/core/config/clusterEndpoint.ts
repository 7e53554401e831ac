import type { Problem, Warning } from "../errors";
import { isIpAddress } from "../ipAddress";

/** A cluster endpoint as Talos takes it. */
export interface ClusterEndpoint {
  /** As it is written: the scheme in lower case, the rest as typed. */
  readonly url: string;
  /** Host without port and brackets. */
  readonly hostname: string;
}

export interface CheckedEndpoint {
  readonly endpoint?: ClusterEndpoint;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

const DEFAULT_PORT = 6443;
const URL_CHARACTERS = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?#[\]%]*$/;
const AUTHORITY = /^(?:[^@]*@)?(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>[^:]*))?$/;

/**
 * Checks the URL of the Kubernetes API as `talosctl gen config` does, with its wording. Source: siderolabs/talos
 * cmd/talosctl/cmd/mgmt/gen/config.go and siderolabs/net net.go.
 *
 * @returns the endpoint, unless there are problems (ERR_ENDPOINT_INVALID); a warning for one without a port
 * @example
 * checkClusterEndpoint("https://10.0.0.1:6443").endpoint; // { url: "https://10.0.0.1:6443", hostname: "10.0.0.1" }
 */
export function checkClusterEndpoint(text: string, path = "clusterEndpoint"): CheckedEndpoint {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1];
  if (scheme === undefined) return refuse(path, missingScheme(text), suggestion(text));
  const rest = text.slice(scheme.length + 3);
  if (scheme.toLowerCase() !== "https") {
    return refuse(path, "the control plane endpoint URL should have scheme https://", suggestion(rest));
  }
  const host = AUTHORITY.exec(/^[^/?#]*/.exec(rest)![0])?.groups;
  const problem = URL_CHARACTERS.test(text)
    ? hostProblem(host?.["host"], host?.["port"])
    : "a URL cannot hold such a character";
  if (problem !== undefined)
    return refuse(path, `error validating the cluster endpoint URL: ${problem}`, suggestion(rest));
  const hostname = host!["host"]!.replace(/^\[|\]$/g, "");
  return {
    endpoint: { url: `https://${rest}`, hostname },
    problems: [],
    warnings: host!["port"] ? [] : [noPort(path, suggestion(rest))],
  };
}

function missingScheme(text: string): string {
  const missing = /:\d+$/.test(text) ? "no scheme" : "no scheme and port";
  return `${missing} specified for the cluster endpoint URL`;
}

function hostProblem(host: string | undefined, port: string | undefined): string | undefined {
  if (host === undefined) return "IPv6 addresses MUST be enclosed by square brackets";
  if (host === "" || host === "[]") return "hostname must not be blank";
  if (host.startsWith("[") && !(host.includes(":") && isIpAddress(host.slice(1, -1))))
    return "not an IPv6 address within the brackets";
  if (/[\][%]/.test(host.replace(/^\[|\]$/g, ""))) return "a hostname cannot hold such a character";
  if (port === undefined || port === "") return undefined;
  if (!/^\d+$/.test(port)) return "the port is not a number";
  return Number(port) >= 1 && Number(port) <= 65535 ? undefined : "port number must be between 1 and 65535";
}

/** An endpoint like the given one that would be taken; nothing of it when it may hold a password. */
function suggestion(text: string): string {
  const host = /^(?:\/\/)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d+))?(?:\/.*)?$/.exec(text);
  const bareIpv6 = text.includes(":") && isIpAddress(text) ? `[${text}]` : undefined;
  const port = Number(host?.[2] ?? DEFAULT_PORT);
  const validPort = port >= 1 && port <= 65535 ? port : DEFAULT_PORT;
  return `https://${bareIpv6 ?? host?.[1] ?? "10.0.0.1"}:${bareIpv6 === undefined ? validPort : DEFAULT_PORT}`;
}

function refuse(path: string, message: string, right: string): CheckedEndpoint {
  const problem: Problem = { code: "ERR_ENDPOINT_INVALID", path, message: `${message}; try ${JSON.stringify(right)}` };
  return { problems: [problem], warnings: [] };
}

function noPort(path: string, right: string): Warning {
  return {
    severity: "warning",
    reason: "endpoint-without-port",
    path,
    message: `no port specified for the cluster endpoint URL, so clients take 443; Kubernetes on Talos listens on 6443, as in ${JSON.stringify(right)}`,
  };
}
