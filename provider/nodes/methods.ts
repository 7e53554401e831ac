import type { MessageName } from "./messages";

/** A method of Talos's API: where it is, and what goes in and out. */
export interface Method {
  readonly path: string;
  readonly request: MessageName;
  readonly reply: MessageName;
  readonly isStream?: true;
  /** What the call does, for errors: `cannot <purpose>`. */
  readonly purpose: string;
}

const MACHINE = "/machine.MachineService";
const STATE = "/cosi.resource.State";

/** Every method that is called, one row each. Source: siderolabs/talos api/machine/machine.proto, v1.6 to v1.14. */
export const METHODS = {
  version: { path: `${MACHINE}/Version`, request: "Empty", reply: "VersionReply", purpose: "ask for its version" },
  applyConfiguration: {
    path: `${MACHINE}/ApplyConfiguration`,
    request: "ApplyConfigurationRequest",
    reply: "ApplyConfigurationReply",
    purpose: "apply the machine config",
  },
  bootstrap: {
    path: `${MACHINE}/Bootstrap`,
    request: "BootstrapRequest",
    reply: "PlainReply",
    purpose: "bootstrap etcd",
  },
  reboot: { path: `${MACHINE}/Reboot`, request: "RebootRequest", reply: "PlainReply", purpose: "reboot it" },
  reset: { path: `${MACHINE}/Reset`, request: "ResetRequest", reply: "PlainReply", purpose: "reset it" },
  serviceList: {
    path: `${MACHINE}/ServiceList`,
    request: "Empty",
    reply: "ServiceListReply",
    purpose: "list its services",
  },
  serviceRestart: {
    path: `${MACHINE}/ServiceRestart`,
    request: "ServiceRestartRequest",
    reply: "PlainReply",
    purpose: "restart a service",
  },
  etcdMemberList: {
    path: `${MACHINE}/EtcdMemberList`,
    request: "EtcdMemberListRequest",
    reply: "EtcdMemberListReply",
    purpose: "list the members of etcd",
  },
  etcdLeave: {
    path: `${MACHINE}/EtcdLeaveCluster`,
    request: "Empty",
    reply: "PlainReply",
    purpose: "leave etcd",
  },
  etcdStatus: {
    path: `${MACHINE}/EtcdStatus`,
    request: "Empty",
    reply: "EtcdStatusReply",
    purpose: "ask for the status of etcd",
  },
  etcdAlarmList: {
    path: `${MACHINE}/EtcdAlarmList`,
    request: "Empty",
    reply: "EtcdAlarmListReply",
    purpose: "list the alarms of etcd",
  },
  kubeconfig: {
    path: `${MACHINE}/Kubeconfig`,
    request: "Empty",
    reply: "Data",
    isStream: true,
    purpose: "get the kubeconfig",
  },
  read: { path: `${MACHINE}/Read`, request: "ReadRequest", reply: "Data", isStream: true, purpose: "read a file" },
  resourceGet: {
    path: `${STATE}/Get`,
    request: "ResourceGetRequest",
    reply: "ResourceReply",
    purpose: "read a resource",
  },
  resourceList: {
    path: `${STATE}/List`,
    request: "ResourceListRequest",
    reply: "ResourceReply",
    isStream: true,
    purpose: "list resources",
  },
} as const satisfies Readonly<Record<string, Method>>;

/** How a config is applied (ApplyConfigurationRequest.Mode). The wire's zero reboots, so the mode is always sent. */
export const APPLY_MODES = ["reboot", "auto", "no_reboot", "staged", "try"] as const;

/** Alarms of etcd (EtcdMemberAlarm.AlarmType). */
export const ALARMS = ["NONE", "NOSPACE", "CORRUPT"] as const;
