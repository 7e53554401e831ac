import { EXPRESSION } from "./cel/celChecks";
import { atLeast, conflict, formed, missing, NOT_NEGATIVE, REQUIRED, wrong } from "./checks";
import { type ConfigValue, entriesOf, fieldOf, isEmpty, isPresent, textOf } from "./facts";
import { hostOfHostPort, isKey32, isLabelKey } from "./formats";
import { isCertificatePool, isPem } from "./pemChecks";
import { below, row, type Row, type RuleTable } from "./rule";
import { parseGoUrl } from "../../goUrl";

const NAME = row("name", REQUIRED);

const EMPTY_KEY = wrong("has an empty key", "remove it", (value) => entriesOf(value).some(([key]) => key === ""));

/** Files and folders of /etc that Talos writes itself. Source: config/types/runtime/etc_file.go, v1.14.1. */
const MANAGED_FILES = [
  "resolv.conf",
  "hosts",
  "machine-id",
  "extensions.yaml",
  "localtime",
  "os-release",
  "xattr.conf",
];
const MANAGED_FOLDERS = "apparmor.d apparmor ca-certificates cni cri iscsi kubernetes lvm nvme pki selinux ssl".split(
  " ",
);

/** Go's filepath.IsLocal on Linux: relative, and never above where it begins. */
function isLocalPath(path: string): boolean {
  if (path === "" || path.startsWith("/")) return false;
  let depth = 0;
  for (const part of path.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return false;
  }
  return true;
}

const ETC_FILE: readonly Row[] = [
  NAME,
  row(
    "name",
    formed("a path below /etc", "my.conf", (text) => isLocalPath(text) && !text.startsWith(".")),
  ),
  row(
    "name",
    wrong("is a file that Talos writes itself", "use another path", (value) => {
      const path = textOf(value);
      const isLocal = isLocalPath(path) && !path.startsWith(".");
      return (
        isLocal &&
        (MANAGED_FILES.includes(path) ||
          MANAGED_FOLDERS.some((folder) => path === folder || path.startsWith(`${folder}/`)))
      );
    }),
  ),
];

function urlCheck(schemes: readonly string[], example: string): readonly Row[] {
  return [
    row("", REQUIRED),
    row(
      "",
      wrong(`must be a URL of ${schemes.join(" or ")}`, `use one like ${example}`, (value) => {
        return !isEmpty(value) && !schemes.includes(parseGoUrl(textOf(value))?.scheme ?? "");
      }),
    ),
    row(
      "",
      wrong("must have no path", `use one like ${example}`, (value) => {
        return !isEmpty(value) && !["", "/"].includes(parseGoUrl(textOf(value))?.path ?? "");
      }),
    ),
  ];
}

const KMSG: readonly Row[] = [
  NAME,
  ...below("url", urlCheck(["tcp", "udp"], "tcp://10.0.0.1:514")),
  row(
    "url",
    wrong("must have a port", "use one like tcp://10.0.0.1:514", (value) => {
      return !isEmpty(value) && parseGoUrl(textOf(value))?.port === "";
    }),
  ),
];

const EXTENSION: readonly Row[] = [
  NAME,
  row(
    "",
    missing("has neither configFiles nor environment", "set one of them", (value) => {
      return ["configFiles", "environment"].every((key) => isEmpty(fieldOf(value, key)));
    }),
  ),
  row("configFiles[].content", REQUIRED),
  row("configFiles[].mountPath", REQUIRED),
];

const isTrue = (value: ConfigValue, key: string): boolean => fieldOf(value, key) === true;
const verifiesBy = (value: ConfigValue): readonly string[] =>
  ["keyless", "publicKey"].filter((key) => isPresent(fieldOf(value, key)));

const IMAGE_RULE: readonly Row[] = below("rules[]", [
  row("image", REQUIRED),
  row(
    "",
    conflict("has both skip and deny", "remove one of them", (value) => isTrue(value, "skip") && isTrue(value, "deny")),
  ),
  row(
    "",
    conflict("has a verifier beside skip or deny", "remove one of them", (value) => {
      return (isTrue(value, "skip") || isTrue(value, "deny")) && verifiesBy(value).length > 0;
    }),
  ),
  row(
    "",
    missing("has no verifier", "set keyless, publicKey, skip or deny", (value) => {
      return !isTrue(value, "skip") && !isTrue(value, "deny") && verifiesBy(value).length === 0;
    }),
  ),
  row(
    "",
    conflict("has both keyless and publicKey", "remove one of them", (value) => verifiesBy(value).length > 1),
  ),
  row("keyless?.issuer", REQUIRED),
  row(
    "keyless?",
    missing("has neither subject nor subjectRegex", "set one of them", (value) => {
      return ["subject", "subjectRegex"].every((key) => isEmpty(fieldOf(value, key)));
    }),
  ),
  row("publicKey?.certificate", REQUIRED),
]);

const REGISTRY_NAME = row("name", REQUIRED);

const AUTH: readonly Row[] = [
  REGISTRY_NAME,
  row(
    "identityToken",
    conflict("cannot be set together with username", "remove one of them", (value, { parent }) => {
      return !isEmpty(value) && !isEmpty(fieldOf(parent, "username"));
    }),
  ),
  row(
    "auth",
    conflict("cannot be set together with username or identityToken", "remove one of them", (value, { parent }) => {
      return !isEmpty(value) && ["username", "identityToken"].some((key) => !isEmpty(fieldOf(parent, key)));
    }),
  ),
];

const MIRROR: readonly Row[] = [
  REGISTRY_NAME,
  row("endpoints[].url", REQUIRED),
  row(
    "endpoints[].url",
    wrong("must be a URL of http or https", "use one like https://mirror.example.org", (value) => {
      return !isEmpty(value) && !["http", "https"].includes(parseGoUrl(textOf(value))?.scheme ?? "");
    }),
  ),
];

const TLS: readonly Row[] = [
  REGISTRY_NAME,
  row(
    "ca",
    wrong(
      "must be a certificate in PEM",
      "begin it with -----BEGIN CERTIFICATE-----",
      (value) => !isEmpty(value) && !isCertificatePool(textOf(value)),
    ),
  ),
  ...(["cert", "key"] as const).map((key) =>
    row(
      `clientIdentity?.${key}`,
      wrong("must be in PEM", "begin it with -----BEGIN", (value, { config }) => {
        return !isPem(textOf(value), { certificate: key === "cert", loads: config.target.minor < 14 });
      }),
    ),
  ),
];

/** Source: config/types/runtime, cri, cluster, security and siderolink, v1.6.0 to v1.14.1. */
export const RUNTIME_RULES: RuleTable = {
  CRICustomizationConfig: [
    row("name", formed("a name of Kubernetes", "my-customization", isLabelKey, { evenEmpty: true })),
    row(
      "name",
      wrong("is kept for the older form of the setting", "use another name", (value) => value === "customization"),
    ),
  ],
  DiscoveryIdentityConfig: [
    row("clusterID", REQUIRED),
    row("clusterSecret", REQUIRED),
    row("clusterSecret", formed("base64 of 32 octets", "the secret of the bundle", isKey32)),
  ],
  DiscoveryServiceConfig: [
    NAME,
    row("endpoint", REQUIRED),
    row(
      "endpoint",
      wrong(
        "must be a URL of http, https or grpc with a host",
        "use one like https://discovery.talos.dev/",
        (value) => {
          const url = parseGoUrl(textOf(value));
          return !isEmpty(value) && (!["http", "https", "grpc"].includes(url?.scheme ?? "") || url?.hostname === "");
        },
      ),
    ),
  ],
  EnvironmentConfig: [
    row(
      "variables",
      wrong("has a name that no environment variable can have", "use letters, digits and underscores", (value) =>
        entriesOf(value).some(([key]) => !/^[A-Za-z_]\w*$/.test(key)),
      ),
    ),
  ],
  EtcFileConfig: ETC_FILE,
  EventSinkConfig: [
    row(
      "endpoint",
      formed("an address with a port", "10.0.0.1:4000", (text) => hostOfHostPort(text) !== undefined, {
        evenEmpty: true,
      }),
    ),
  ],
  ExtensionServiceConfig: EXTENSION,
  ImageVerificationConfig: IMAGE_RULE,
  KernelModuleConfig: [NAME],
  KmsgLogConfig: KMSG,
  OOMConfig: [
    row("triggerExpression", EXPRESSION.oomTrigger),
    row("cgroupRankingExpression", EXPRESSION.oomScore),
    row("sampleInterval", NOT_NEGATIVE),
  ],
  RegistryAuthConfig: AUTH,
  RegistryMirrorConfig: MIRROR,
  RegistryTLSConfig: TLS,
  SideroLinkConfig: below("apiUrl", urlCheck(["https", "grpc"], "https://siderolink.example.org")),
  SysctlConfig: [row("params", EMPTY_KEY)],
  SysfsConfig: [row("params", EMPTY_KEY)],
  UnattendedInstallConfig: [
    row("provisioning.diskSelector.match", REQUIRED),
    row("provisioning.diskSelector.match", EXPRESSION.disk),
  ],
  WatchdogTimerConfig: [
    row("device", REQUIRED),
    row("timeout", atLeast(10_000_000_000n, "10s"), { when: ({ parent }) => !isEmpty(fieldOf(parent, "device")) }),
  ],
};
