import { formed, misplaced, wrong } from "./checks";
import { entriesOf, textOf } from "./facts";
import { isDnsSubdomain, isLabelKey, isLabelValue, isTaint } from "./formats";
import { type Check, row, type Row } from "./rule";
import { ROLES } from "../../x509/roles";

const KEY = wrong("has a key that is not a name of Kubernetes", "use one like example.org/name", (value) =>
  entriesOf(value).some(([key]) => !isLabelKey(key)),
);

export const LABELS: readonly Row[] = [
  row("", KEY),
  row("{}", formed("a label value of Kubernetes", "blue", isLabelValue)),
];

const RESERVED_ANNOTATIONS = ["talos.dev/owned-annotations", "talos.dev/owned-labels", "talos.dev/owned-taints"];
const LARGEST_ANNOTATIONS = 256 * 1024;

export const ANNOTATIONS: readonly Row[] = [
  row("", KEY),
  row(
    "",
    misplaced("has an annotation that Talos keeps for itself", `remove ${RESERVED_ANNOTATIONS.join(", ")}`, (value) =>
      entriesOf(value).some(([key]) => RESERVED_ANNOTATIONS.includes(key)),
    ),
  ),
  row(
    "",
    wrong("is larger than 256 KiB", "shorten it", (value) => {
      const sizes = entriesOf(value).map(([key, text]) => Buffer.byteLength(key) + Buffer.byteLength(textOf(text)));
      return sizes.reduce((sum, size) => sum + size, 0) > LARGEST_ANNOTATIONS;
    }),
  ),
];

export const TAINTS: readonly Row[] = [
  row("", KEY),
  row("{}", formed("a taint", "value:NoSchedule", isTaint, { evenEmpty: true }), {
    when: ({ key }) => isLabelKey(key),
  }),
];

/** Fields of the kubelet's configuration that Talos sets itself. Source: pkg/machinery/kubelet, v1.6.0 to v1.14.1. */
const PROTECTED = [
  "apiVersion",
  "authentication",
  "authorization",
  "cgroupRoot",
  "kind",
  "kubeletCgroups",
  "port",
  "protectKernelDefaults",
  "resolvConf",
  "rotateCertificates",
  "systemCgroups",
  "staticPodPath",
  "seccompDefault",
];

export const PROTECTED_KUBELET_FIELDS: Check = misplaced(
  "has a field that Talos sets itself",
  `remove ${PROTECTED.slice(0, 3).join(", ")} and the like`,
  (value) => entriesOf(value).some(([key]) => PROTECTED.includes(key)),
);

export const POD_RESOURCES: readonly Row[] = ["requests", "limits"].map((path) =>
  row(
    path,
    wrong("has a resource other than cpu and memory", "remove it", (value) =>
      entriesOf(value).some(([key]) => key !== "cpu" && key !== "memory"),
    ),
  ),
);

export const TALOS_ROLE: Check = wrong("is no role of Talos", "use one like os:reader", (value, { config }) => {
  return !rolesOf(config.target.minor).includes(textOf(value));
});

/** The last two exist since v1.13. */
const rolesOf = (minor: number): readonly string[] => (minor >= 13 ? ROLES : ROLES.slice(0, -2));

export const OBJECT_NAME: Check = formed("the name of a Kubernetes object", "my-name", isDnsSubdomain);

export const AUTHORIZER_TYPES: readonly string[] = ["Node", "RBAC", "Webhook"];
