import assert from "node:assert/strict";

import { isShownKey, type PublicForm, shownText } from "../../../../provider/core/config/publicForm";
import { readVectorBundle } from "../../vectors/vectors";

const { certs } = readVectorBundle("bundles/v1.13.yaml");
const encode = (text: string): string => Buffer.from(text).toString("base64");
const der = Buffer.from(certs.os.crt.replace(/-----.*-----|\n/g, ""), "base64");
const pem = (octets: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${octets.toString("base64")}\n-----END CERTIFICATE-----\n`;
const hex = "5f4dcc3b5aa765d61d8327deb882cf99";

/** Shown as it is, shown in part, not shown. */
const CASES: Readonly<Record<PublicForm, { whole: string[]; part?: Record<string, string>; none: string[] }>> = {
  text: {
    whole: [
      "controlplane",
      "cp-1.example.com",
      "*.example.com",
      "!10.0.0.0/8",
      "[fd00::1]:51820",
      "fe80::1%eth0",
      "/dev/disk/by-path/pci-0000:00:1f.2-ata-1",
      "enp0s31f6",
      "ip-10-0-0-1.eu-central-1.compute.internal",
      "Samsung SSD 980",
      "aes-xts-plain64",
      `talos-nlb-${hex}.elb.eu-central-1.amazonaws.com:6443`,
    ],
    none: [
      `${hex}.com`,
      `a.b.com/${hex}`,
      "me:hunter2@host",
      "password=hunter2",
      "token: abc",
      "a\nb",
      hex,
      "abcdef.0123456789abcdef",
      "/dev/disk/by-id/nvme-Samsung_SSD_980_PRO_1TB_S5GXNX0T123456",
      "a".repeat(254),
      "",
    ],
  },
  line: {
    whole: [
      'disk.transport == "nvme" && !system_disk',
      "168h0m0s",
      ">= 10GB",
      "releases@example.com",
      'memory_full_avg10 > 12.0 && time_since_trigger > duration("500ms")',
    ],
    none: [`disk.serial == "${hex}"`, "a\nb", "a\u2028b", "password=hunter2", "x ".repeat(201)],
  },
  numbers: {
    whole: ["1", "-1", "262144", "4096 131072 6291456", "32768\t60999", "250 32000 100 128"],
    none: ["00000000-11111111-22222222-33333333", "hunter2", "12345678901", "1 2 3 4 5", "1\n", "1  2", ""],
  },
  word: { whole: ["baseline", "Metadata", ":NoSchedule", "kube-system"], none: ["hunter2", "base", ""] },
  url: {
    whole: [
      `https://${hex}.elb.example.com/x`,
      "https://10.0.0.1:6443",
      "https://discovery.talos.dev/",
      "tcp://[fd00::1]:514",
      "https://h/a/v1.2/b.yaml",
    ],
    part: {
      "https://me@h.example.org/x": "https://******@h.example.org/x",
      "https://me:pw@h.example.org:8443/x?a=b#c": "https://******@h.example.org:8443/x?******#******",
      "https://h?jointoken=abc": "https://h?******",
    },
    none: [
      "https://me:p/w@host/x",
      "https://me:12/3@host",
      "https://host:pass/x",
      "https://a/x?b@c",
      `https://hooks.example.org/${hex}`,
      "https://h/a b",
      "https://me:pw@ho st/",
      "https://h/a\n",
      `${hex}://x`,
    ],
  },
  image: {
    whole: [
      "ghcr.io/siderolabs/kubelet:v1.34.1",
      "localhost:5000/a/b",
      `factory.talos.dev/installer/${hex}${hex}:v1.13.0`,
      `registry.k8s.io/pause:3.10@sha256:${hex}${hex}`,
    ],
    none: [`${hex}${hex}`, "me:pw@host/image", `host/image:${hex}`, `host/image@sha256:${hex}`, "host/image?x", "a b"],
  },
  pem: {
    whole: [pem(der), pem(Buffer.from([0x30, 1, 0])), certs.os.crt, certs.os.crt + certs.k8s.crt, encode(certs.os.crt)],
    none: [
      certs.os.key,
      encode(certs.os.key),
      certs.os.crt + certs.os.key,
      `# ours\n${certs.os.crt}`,
      encode(`${certs.os.crt}ghp_0123456789`),
      pem(Buffer.concat([der, Buffer.from("ghp_")])),
      pem(Buffer.concat([Buffer.from([4]), der.subarray(1)])),
      certs.os.crt.replace("\n-----END", "ghpx\n-----END"),
      "-----BEGIN CERTIFICATE-----\nZ2hwXzAxMjM0NTY3ODk=\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\nMAA=\n-----END PUBLIC KEY-----\n",
      hex,
    ],
  },
};

describe("A public text", () => {
  for (const [form, { whole, part = {}, none }] of Object.entries(CASES) as [
    PublicForm,
    (typeof CASES)[PublicForm],
  ][]) {
    it(`is shown as ${form} where it is one`, () => {
      for (const text of whole) assert.equal(shownText(text, form), text);
      for (const [text, shown] of Object.entries(part)) assert.equal(shownText(text, form), shown);
      for (const text of none) assert.equal(shownText(text, form), undefined, text);
    });
  }
});

describe("The key of a map", () => {
  it("is shown when it reads like a name", () => {
    for (const key of [
      "net.ipv4.ip_forward",
      "node-role.kubernetes.io/control-plane",
      "requiredDuringSchedulingIgnoredDuringExecution",
      "HTTPS_PROXY",
      "docker.io",
      "*",
      "[fd00::1]:5000",
    ])
      assert.ok(isShownKey(key), key);
    for (const key of [hex, "a b", "a@b", "a=b", "", "token:hunter2", "x".repeat(254), "é"])
      assert.ok(!isShownKey(key), key);
  });
});
