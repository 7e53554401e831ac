/** A config, then its patches. */
type PatchCase = readonly [config: string, ...patches: readonly string[]];

const WORKER = `version: v1alpha1
machine:
    type: worker
    token: abcdef.0123456789abcdef
    certSANs: []
cluster:
    controlPlane:
        endpoint: https://10.0.0.1:6443
    extraManifests: []
`;

const interfaces = (...items: readonly string[]): string => `machine: {network: {interfaces: [${items.join(", ")}]}}\n`;
const WITH_ITEMS = WORKER.replace(
  "cluster:",
  `    network:
        interfaces:
            - interface: e0
              dhcp: true
            - interface: e1
              mtu: 9000
            - interface: e2
              addresses: [10.0.0.1/8]
cluster:`,
);

const add = (path: string): string => JSON.stringify([{ op: "add", path, value: "https://example.org/a.yaml" }]);
const ADD_MANIFEST = add("/cluster/extraManifests/-");

const ADD_DEBUG = '[{"op": "add", "path": "/debug", "value": true}]';

/** By what a type rejects, by an unknown field or kind, and by their form. */
const UNREADABLE: readonly string[] = [
  "machine: {ca: {crt: not base64}}\n",
  "machine: {nope: 1}\n",
  "machine: [a]\n",
  "machine: {network: &x {a: 1}, kubelet: *x}\n",
  "machine: {network: &x {a: 1}, kubelet: {<<: *x}}\n",
  "machine: {1: x, true: y}\n",
  "cluster: {controlPlane: {endpoint: 'http://%zz'}}\nmachine: {}\n",
  "apiVersion: v1alpha1\nkind: NopeConfig\nmachine: {}\n",
  "apiVersion: v1alpha1\nkind: HostnameConfig\nmachine: {}\n",
  "kind: Nope\nmachine: {}\n",
  "machine: {nope: 1}\n---\nmachine: {nope: 1}\n",
  "machine: {nope: 1}\n---\n",
  "[machine]\n",
  "machine\n",
  "12\n",
  "machine: {\n",
];

const document = (kind: string, rest: string): string => `apiVersion: v1alpha1\nkind: ${kind}\n${rest}\n`;
const link = (name: string, rest = ""): string => document("LinkConfig", `name: ${name}${rest}`);
const rule = (name: string, ingress: string): string =>
  document("NetworkRuleConfig", `name: ${name}\nportSelector: {ports: [22], protocol: tcp}\ningress: ${ingress}`);

/** Plain scalars that YAML 1.1, YAML 1.2 and JSON read in different ways. */
const SCALARS: readonly string[] = [
  ..."yes No on OFF y N 12:30 0o17 010 0x1F 0b11 1_000 1.50 .5 5. 1e3 1E-9 +1 -0 -0.0 ~ null true 1e21 0.00001".split(
    " ",
  ),
  ..."2001-01-01 2001-01-01T01:02:03.5+01:00 1234567.5 18446744073709551615 100000000000000000000 .inf .nan 1e400".split(
    " ",
  ),
  ..."08 09.5 0b12 -0x1F _1 1__0 '1' \"yes\" [] {}".split(" "),
  ..."{1: a} {true: a} {1.5: a} {~: a} {yes: a} {0x10: a} {1e3: a} {2001-01-01: a}".split(" "),
  ...["!!str 1", "!!binary YQ==", "{b: 1, a: 2}", "{a: &x b, c: *x}"],
];

/** Keys of which YAML makes something else than a string. */
const KEYS: readonly string[] = [
  ..."2026-01-01 2026-01-01T00:00:00Z 1 01 0x10 1.5 1e3 -0 .inf true ~ null yes '1' '2026-01-01'".split(" "),
  "!!binary YQ==",
];

/** Places whose keys are strings. */
const PLACES_OF_KEYS: readonly string[] = [
  "machine: {nodeLabels: {%: x}}",
  "machine: {sysctls: {%: x}}",
  "machine: {kubelet: {extraArgs: {%: x}}}",
  "machine: {kubelet: {extraConfig: {%: x}}}",
  "machine: {registries: {mirrors: {%: {endpoints: [x]}}}}",
  "machine: {%: x}",
  "machine: {ca: {crt: QUFB, %: x}}",
  document("EnvironmentConfig", "variables: {%: x}"),
  document("HostnameConfig", "auto: stable\n%: x"),
];

/** Texts that the emitter behind a JSON patch breaks into lines, or writes in other quotes, by rules of its own. */
const LONG_TEXTS: readonly string[] = [
  "words ".repeat(20).trim(),
  `${"words ".repeat(20)}\n`,
  `it's: ${"words ".repeat(20)}`,
  `${"w".repeat(90)}   ${"w".repeat(90)}   \n`,
  `${"w".repeat(90)} ${"w".repeat(90)}  x`,
  `"é" ${"\\ ".repeat(50)}\n `,
  `${" ".repeat(90)}x${" ".repeat(90)}`,
  "a\n\tb\n",
  "a\tb",
  " a\nb\n",
  "\n a\nb\n",
];

/** URLs whose parts Go reads and writes each by rules of its own. */
const URLS: readonly string[] = [
  ..."http://h?t=%s http://h?%zz http://h/%zz http://h#%zz http://%zz http://h/a%2fb http://h/(x) http://h/é http://é/".split(
    " ",
  ),
  ..."http://h%41 http://h%c3%a9/ http://u'x@h http://é@h http://a%40b:p%2f@h http://u:@h http://u@ http://a:b:80".split(
    " ",
  ),
  ..."tcp://a:b:80 http://[::1]:80 http://[fd00::1%25e0] http://[1.2.3.4] http://[fe80::1%e] http:///x http:/x http:x".split(
    " ",
  ),
  ..."//h/x ///x /x x:y x?y #f ? * http://h? http://h?a?b HTTP://H/ http://h#a%41 http://h:x %41:b".split(" "),
  ...["http://h/a b%41", "http://h#a b(c)'%41", "http://h x/", "http://h?a b", "http://h#\u0001", "http://h/\u0001"],
];

const endpoint = (url: string): string => `cluster: {controlPlane: {endpoint: ${JSON.stringify(url)}}}`;

/** Kinds of input on which this package once differed from Talos. */
const M = "machine: {sysctls: {a: b}}\n";
const N = document("EnvironmentConfig", "variables: {C: d}");

/** What YAML 1.1 and 1.2 read in different ways around documents, at the beginning and the end of lines. */
const STREAMS: readonly string[] = [
  ...["%YAML 1.1", "%YAML 1.2", "%YAML 1.1 # x", "%YAML 1.1\n%YAML 1.1", "%FOO", "%", "%TAG ! tag:a,1:"].flatMap(
    (directive) => [`${directive}\n---\n${M}`, `# x\n${directive}\n--- ${M}`],
  ),
  "%TAG ! tag:a,1:\n%TAG ! tag:b,1:\n---\nmachine: {}\n",
  ...["...\n", "...\n...\n", "...\n# x\n", "...\n---\n", "---\n...\n", "--- # x\n"].map((end) => M + end + N),
  ...["machine:\r  sysctls: {a: b}\r", "machine:\r\r  sysctls:\r    a: |\r      b\r      c\r    d: 'e\r      f'\r"],
  `# x\r${M}`,
  ...["\t\n", "machine:\n\t\n  sysctls: {a: b}\n", "machine:\n  sysctls:\n    a: b\n\t# x\n"].map((tab) => M + tab),
  ...["-\ta", "- \ta", "- a\t", "- a\t# x"].map((item) => `machine:\n  certSANs:\n  ${item}\n`),
  ...[
    "|\n      \tb",
    "|\n\n      \tb",
    "|2\n      \tb",
    "|\n      b\n      \tc",
    ">\n      \tb",
    "\tb",
    "'b\n      \tc'",
  ].map((value) => `machine:\n  sysctls:\n    a: ${value}\n`),
  ...["\u0001", "\f", "\u001b", "\u007f", "\u0080", "\ufffe", "\ufffd"].map(
    (odd) => `machine: {sysctls: {a: 'x${odd}y'}}\n`,
  ),
  ...["'a\u2028b'", '"\u2029"'].flatMap((text) => [
    `machine: {sysctls: {a: ${text}, ${text}: a}}\n`,
    `machine:\n  sysctls:\n    ${text}: a\n`,
  ]),
  "machine:\n  sysctls:\n    a: b\u2028c\n",
  "machine: {sysctls: {a\u2028: b}}\n",
];

/** Merge keys in structs, in maps of a type and in free-form values. */
const MERGES: readonly string[] = [
  "cluster: {apiServer: &a {image: x}, controllerManager: {<<: *a}}\n",
  "machine: {files: [&a {path: /a, content: x, permissions: 0o600, op: create}, {<<: *a, path: /b}]}\n",
  "machine: {acceptedCAs: [&a {crt: YQ==}, {<<: *a}]}\n",
  "machine: {registries: {mirrors: {a: &a {endpoints: [https://a]}, b: {<<: *a}}}}\n",
  "machine: {nodeLabels: &a {a: b, c: d}, nodeAnnotations: {c: x, <<: *a}}\n",
  "machine: {nodeLabels: {<<: {a: b}}}\n",
  "machine: {nodeLabels: &a {a: b}, nodeAnnotations: {<<: [*a, *a]}}\n",
  "cluster: {apiServer: {extraArgs: &a {v: '1', w: [a]}}, scheduler: {extraArgs: {<<: *a}}}\n",
  "machine: {kubelet: {extraConfig: {a: &a {x: 1, y: 2}, b: {y: 3, <<: *a}, c: {<<: [*a]}, d: {<<: {e: f}}}}}\n",
  "machine: {pods: [&a {a: b}, {<<: *a, c: d}]}\n",
  `${document("VolumeConfig", "name: STATE\nprovisioning: &a {maxSize: 5GB}")}---\n${document("VolumeConfig", "name: EPHEMERAL\nprovisioning: {<<: *a}")}`,
];

export const PATCH_CASES: Readonly<Record<string, readonly PatchCase[]>> = {
  "a JSON patch into what is explicitly empty": [
    [WORKER, ADD_MANIFEST],
    [WORKER, add("/machine/certSANs/0")],
    [WORKER.replace("extraManifests: []", "extraManifests:"), ADD_MANIFEST],
    [WORKER, "machine: {sysctls: {a: b}}", ADD_MANIFEST],
    [WORKER, ADD_MANIFEST, "machine: {sysctls: {a: b}}", ADD_MANIFEST],
    [WORKER, ADD_MANIFEST, ADD_MANIFEST],
    [`${WORKER}---\n`, ADD_MANIFEST],
    [`---\n${WORKER}...\n`, ADD_MANIFEST],
    [`# x\n---\n${WORKER}`, ADD_MANIFEST],
    [WORKER.replace("machine:", "machine: &m").replace("cluster:", "cluster:\n    proxy: {}"), ADD_MANIFEST],
    [
      WORKER,
      '[{"op": "add", "path": "/machine/env", "value": {"a": 1.50}}]',
      '[{"op": "test", "path": "/machine/env/a", "value": 1.5}, {"op": "copy", "from": "/machine/env/a", "path": "/machine/env/b"}]',
    ],
    [
      WORKER,
      '[{"op": "add", "path": "/machine/env", "value": {"a": 1.50}}, {"op": "test", "path": "/machine/env/a", "value": 1.5}]',
    ],
    [WORKER, '[{"op": "move", "from": "/machine", "path": "/machine/inner"}]'],
    [
      WORKER,
      '[{"op": "copy", "from": "/machine/certSANs", "path": "/machine/x"}, {"op": "add", "path": "/machine/x/-", "value": "a"}]',
    ],
  ],
  "a config that no Talos reads": UNREADABLE.flatMap((config): PatchCase[] => [
    [config, ADD_DEBUG],
    [config, "debug: true"],
    [config, ADD_DEBUG, "persist: true"],
    [config, '[{"op": "remove", "path": "/machine"}]', "persist: true"],
    [config, '[{"op": "replace", "path": "/machine", "value": {"type": "worker"}}]', "persist: true"],
    [config, "debug: true", ADD_DEBUG],
  ]),
  "the scalars of a config that a JSON patch goes over": SCALARS.map((scalar): PatchCase => [
    `version: v1alpha1\nmachine:\n    kubelet:\n        extraConfig:\n            x: {v: ${scalar}}\n`,
    ADD_DEBUG,
  ]),
  "a delete of or in a document that is not there": [
    [WORKER, link("eth7", "\nmtu: {$patch: delete}")],
    [WORKER, link("eth7", "\n$patch: delete")],
    [`${WORKER}---\n${link("eth6")}`, link("eth7", "\n$patch: delete")],
    [`${WORKER}---\n${link("eth7")}`, link("eth7", "\n$patch: delete")],
    [`${WORKER}---\n${link("eth7", "\nmtu: 9000")}`, link("eth7", "\nmtu: {$patch: delete}")],
    [WORKER, document("HostnameConfig", "$patch: delete")],
    [WORKER, document("HostnameConfig", "name: x\n$patch: delete")],
    [WORKER, document("NopeConfig", "$patch: delete")],
    [document("HostnameConfig", "auto: stable"), "machine: {sysctls: {$patch: delete}}"],
    [WORKER, `${link("eth7")}---\n${link("eth7", "\n$patch: delete")}`],
  ],
  "deletes of items of a list": [
    [WITH_ITEMS, interfaces("{interface: e1, $patch: delete}", "{interface: e0, $patch: delete}")],
    [WITH_ITEMS, interfaces("{interface: e1, $patch: delete}", "{interface: e1, $patch: delete}")],
    [WITH_ITEMS, interfaces("{mtu: 9000, $patch: delete}")],
    [WITH_ITEMS, interfaces("{dhcp: true, $patch: delete}")],
    [WITH_ITEMS, interfaces("{interface: e1, $patch: delete}", "{interface: e9, $patch: delete}")],
    [
      WITH_ITEMS,
      interfaces("{interface: e2, $patch: delete}", "{interface: e2, mtu: 1500}", "{interface: e3, mtu: 1}"),
    ],
    [
      WITH_ITEMS,
      interfaces("{interface: e0, $patch: delete}"),
      interfaces("{interface: e0, mtu: 1}", "{interface: e2, mtu: 2}"),
    ],
    [WITH_ITEMS, "machine: {certSANs: [{$patch: delete}]}"],
    [WITH_ITEMS, "machine: {network: {interfaces: [{interface: e1, addresses: {$patch: delete}}]}}"],
  ],
  "anchors, which are those of the whole text": [
    [WORKER, `${rule("ssh", "&all\n    - subnet: 0.0.0.0/0")}---\n${rule("https", "*all")}`],
    [WORKER, `machine: {nodeLabels: &x {a: b}}\n---\n${document("EnvironmentConfig", "variables: *x")}`],
    [
      WORKER,
      `${document("EnvironmentConfig", "variables: &x {a: b}")}---\nmachine: {nodeLabels: &x {a: c}, sysctls: *x}`,
    ],
    [WORKER, `machine: {nodeLabels: *x}\n---\n${document("EnvironmentConfig", "variables: &x {a: b}")}`],
    [WORKER, "machine: {nodeLabels: &x {a: b}, sysctls: {<<: *x}}"],
    [WORKER, "machine: {kubelet: {extraConfig: {a: &a [*a]}}}"],
    [WORKER, `machine: {certSANs: [&a x, ${Array(3000).fill("*a").join(", ")}]}`],
    [WORKER, "machine: {nodeLabels: &x {a: b}}", "machine: {sysctls: *x}"],
  ],
  "the lines of what a JSON patch has made": LONG_TEXTS.map((text): PatchCase => {
    const value = { a: text, b: [text, [text]], c: { d: { e: text } }, [text.slice(0, 100)]: text };
    return [WORKER, JSON.stringify([{ op: "add", path: "/machine/env", value }])];
  }),
  "the parts of a URL": URLS.flatMap((url): PatchCase[] => [
    [WORKER, endpoint(url)],
    [WORKER, endpoint("http://u:p@h:1/a%2fb?q#f"), endpoint(url)],
    [WORKER, document("SideroLinkConfig", `apiUrl: ${JSON.stringify(url)}`)],
  ]),
  "the ends of documents and lines": STREAMS.map((patch): PatchCase => [WORKER, patch]),
  "merge keys": MERGES.map((patch): PatchCase => [WORKER, patch]),
  "keys that are no strings": KEYS.flatMap((key) =>
    PLACES_OF_KEYS.map((place): PatchCase => [WORKER, place.replace("%", key)]),
  ),
};
