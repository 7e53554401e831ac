import assert from "node:assert/strict";

import { endpointProblems, endpointWarnings, nodeProblems } from "../../../../provider/core/config/talosAddress";
import { told } from "../../support/errors";

// Measured with talosctl 1.13.0: what it dials, and what it says it cannot.
const HOSTS = ["10.0.0.2", "cp.example.org", "cp.example.org.", "localhost", "node_1", "fd00::2"];
const PORTS = ["10.0.0.2:50000", "cp.example.org:1", "[fd00::2]:50000"];
// As talosctl reads them: scheme and path fall away.
const URLS = [
  "https://omni.example.org",
  "https://omni.example.org:443/",
  "https://[fd00::2]",
  "http://10.0.0.2:50000",
];
const NEVER = [
  "bad host",
  " 10.0.0.2",
  "10.0.0.0/24",
  "10.0.0.2,10.0.0.3",
  "300.0.0.1",
  "*.example.org",
  "[fd00::2]",
  "[10.0.0.2]:50000",
  "fd00::2/64",
  "fe80::1%eth0",
  ":50000",
  "10.0.0.2:",
  "10.0.0.2:0",
  "10.0.0.2:65536",
  "https://",
  "a\nb",
];

describe("The endpoints of a talosconfig", () => {
  it("are hosts with or without a port, or a URL, as talosctl takes them", () => {
    assert.deepEqual(endpointProblems([...HOSTS, ...PORTS, ...URLS], "endpoints"), []);
  });

  it("are rejected where talosctl could never connect", () => {
    const right = "must be a host with or without a port, such as 10.0.0.2, cp.example.org:50000 or [fd00::2]:50000";
    assert.deepEqual(told(endpointProblems(["10.0.0.2", ""], "endpoints")), [
      `ERR_ENDPOINT_INVALID endpoints[1]: is empty; ${right}`,
    ]);
    for (const text of NEVER)
      assert.deepEqual(told(endpointProblems([text], "endpoints")), [
        `ERR_ENDPOINT_INVALID endpoints[0]: ${JSON.stringify(text)} is not an address of a machine; ${right}`,
      ]);
  });

  it("are not repeated where they may hold a password", () => {
    const [problem] = told(endpointProblems(["https://user:hunter2@10.0.0.2"], "endpoints"));
    assert.match(problem!, /^ERR_ENDPOINT_INVALID endpoints\[0\]: is not an address of a machine; must be a host/);
  });

  it("are told to be at the port of Kubernetes", () => {
    assert.deepEqual(endpointWarnings([...HOSTS, ...PORTS, ...URLS], "endpoints"), []);
    for (const text of ["https://10.0.0.1:6443", "10.0.0.1:6443"])
      assert.deepEqual(told(endpointWarnings([text], "endpoints")), [
        `port-of-kubernetes endpoints[0]: ${JSON.stringify(text)} has the port of the Kubernetes API; the Talos API listens on 50000, which is the default`,
      ]);
  });
});

describe("The nodes of a talosconfig", () => {
  it("are hosts, as apid takes them", () => {
    assert.deepEqual(nodeProblems([...HOSTS, "[fd00::2]", "0c3f7c1e-9d1f-4b36-8f5b-0d2f0f5a7a11"], "nodes"), []);
  });

  it("are rejected with a port, a scheme, or what is no host", () => {
    const right = "must be a host without a port, such as 10.0.0.4 or worker.example.org";
    assert.deepEqual(told(nodeProblems([""], "nodes")), [`ERR_ENDPOINT_INVALID nodes[0]: is empty; ${right}`]);
    for (const text of [...PORTS, ...URLS, ...NEVER.filter((never) => never !== "[fd00::2]")])
      assert.deepEqual(told(nodeProblems([text], "nodes")), [
        `ERR_ENDPOINT_INVALID nodes[0]: ${JSON.stringify(text)} is not an address of a machine; ${right}`,
      ]);
  });
});
