import { strict as assert } from "node:assert";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

import type { Values } from "../../provider/engine/values";
import { Cluster, hoursFromNow } from "./support/cluster";
import { closeProxies } from "./support/faultyProxy";
import { loopbackAddress, needJudge, type Node, startNode, stopNodes } from "./support/judge";
import { anApply, failureOf, hostAt, liveHost, LiveStack } from "./support/liveStack";
import type { TestHost } from "../unit/support/engine";

/** A server of TCP that is no node, until `end`. */
async function tcpServer(greet: (socket: Socket) => void): Promise<{ server: Server; endpoint: string }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A row of the table of faults: what is wrong, and what ConfigurationApply says of it. */
interface Row {
  readonly fault: string;
  readonly inputs: () => Promise<Values> | Values;
  readonly host?: TestHost;
  readonly code: string;
  readonly words: RegExp;
}

describe("ConfigurationApply with a node or a network that fails", function () {
  this.timeout(60_000);
  needJudge();

  const servers: Server[] = [];
  const sockets: Socket[] = [];
  let stack: LiveStack;
  let worker: Node;

  const strangerAt = async (greet: (socket: Socket) => void): Promise<Values> => {
    const { server, endpoint } = await tcpServer((socket) => {
      sockets.push(socket);
      greet(socket);
    });
    servers.push(server);
    return stack.inputs({ node: endpoint });
  };

  before("start a control plane and a worker", async () => {
    stack = await LiveStack.start({ applyTime: "300ms" });
    const trustd = stack.node.trustd!;
    const config = stack.cluster.config("worker");
    worker = await startNode({ config, type: "worker", trustd, hostNet: true, ip: loopbackAddress() });
  });

  beforeEach(() => {
    stack.proxy.fault = undefined;
    stack.proxy.struck = 0;
  });

  after("end everything", async () => {
    await closeProxies();
    sockets.forEach((socket) => socket.destroy());
    servers.forEach((server) => server.close());
    await stopNodes();
  });

  const ROWS: readonly Row[] = [
    {
      fault: "nobody listens at the address",
      inputs: () => stack.inputs({ node: "127.0.0.1:1" }),
      code: "ERR_NODE_UNREACHABLE",
      words: /^node 127\.0\.0\.1:1: cannot connect: nobody listens there; look whether the machine is on/,
    },
    {
      fault: "the name is unknown",
      inputs: () => stack.inputs({ node: "no-such-host.invalid" }),
      code: "ERR_NODE_UNREACHABLE",
      words: /cannot connect: the name is not known; see that the name resolves here/,
    },
    {
      fault: "TCP connects, and then there is silence",
      inputs: () => strangerAt(() => undefined),
      code: "ERR_NODE_TIMEOUT",
      words: /cannot connect: no answer in time; look whether the machine is on/,
    },
    {
      fault: "what answers closes at once",
      inputs: () => strangerAt((socket) => socket.end()),
      code: "ERR_NODE_UNREACHABLE",
      words: /cannot connect: the connection was closed/,
    },
    {
      fault: "what answers resets the connection",
      inputs: () => {
        stack.proxy.fault = { kind: "reset" };
        return stack.inputs();
      },
      code: "ERR_NODE_UNREACHABLE",
      words: /cannot connect: the connection was closed/,
    },
    {
      fault: "what answers speaks no TLS",
      inputs: () => strangerAt((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      code: "ERR_NODE_UNREACHABLE",
      words: /cannot connect: what answers there does not speak TLS; see that the port is that of the Talos API/,
    },
    {
      fault: "each connection goes silent within its handshake",
      inputs: () => {
        stack.proxy.fault = { kind: "silence", after: 700 };
        return stack.inputs();
      },
      code: "ERR_NODE_TIMEOUT",
      words: /no answer in time/,
    },
    {
      fault: "the client's CA is unknown to the node",
      inputs: async () => {
        const other = (await Cluster.make()).bundle.certs.os;
        return stack.inputs(await stack.client({}, undefined, other));
      },
      code: "ERR_CLIENT_REJECTED",
      words: /it does not trust the client's CA; see that the node has the machine config of this stage/,
    },
    {
      fault: "the own client has expired",
      inputs: async () => stack.inputs(await stack.client({ validityPeriodHours: 1 }, hoursFromNow(-48))),
      code: "ERR_CLIENT_REJECTED",
      words: /has expired/,
    },
    {
      fault: "the own clock is days ahead",
      inputs: () => stack.inputs(),
      host: hostAt(72),
      code: "ERR_CLIENT_REJECTED",
      words: /not valid yet; compare the clocks of the node and of this machine/,
    },
    {
      fault: "the own clock is days behind",
      inputs: () => stack.inputs(),
      host: hostAt(-72),
      code: "ERR_CLIENT_REJECTED",
      words: /has expired or is not valid yet; compare the clocks/,
    },
    {
      fault: "the client is a reader",
      inputs: async () => stack.inputs(await stack.client({ roles: ["os:reader"] })),
      code: "ERR_ROLE_MISSING",
      words: /not authorized; use a client with the role os:admin/,
    },
    {
      fault: "the endpoint is a worker",
      inputs: () => stack.inputs({ node: "127.0.0.9", endpoint: worker.endpoint }),
      code: "ERR_NO_FORWARDING",
      words:
        /^node 127\.0\.0\.9 through 127\.\S+: cannot .*: it forwards no calls, as it is a worker; use a control plane as endpoint/,
    },
    {
      fault: "the node rejects the config",
      // A machine of metal must be told where to install Talos; in a container it need not.
      inputs: () => stack.inputs({ configPatches: [{ machine: { install: { $patch: "delete" } } }] }),
      code: "ERR_CONFIG_REJECTED",
      words: /install instructions are required in "metal" mode\s*; mend the config/,
    },
    {
      fault: "the node does not know the mode",
      inputs: () => stack.inputs({ applyMode: "staged" }),
      code: "ERR_NODE_UNSUPPORTED",
      words:
        /the judge's stub takes a configuration into use at once or not at all; see what this version of Talos can do/,
    },
  ];

  for (const { fault, inputs, host = liveHost, code, words } of ROWS) {
    it(`reports ${code} with the reason where ${fault}`, async () => {
      const applied = stack.node.calls("ApplyConfiguration");
      const given = await inputs();
      const failure = await failureOf(() => anApply(host).up(given));
      assert.equal(failure.code, code, failure.message);
      assert.match(failure.message, words);
      assert.ok(failure.message.endsWith(`(${code})`), failure.message);
      assert.equal(stack.node.calls("ApplyConfiguration"), applied);
    });
  }

  it("leaves no connection open to whoever never says a word", async () => {
    const closed: Promise<unknown>[] = [];
    const inputs = await strangerAt((socket) => closed.push(once(socket.resume(), "close")));
    const { code } = await failureOf(() => anApply(liveHost).up(inputs));
    assert.equal(code, "ERR_NODE_TIMEOUT");
    assert.ok(closed.length > 0);
    await Promise.all(closed);
  });

  it("waits for a node that is busy with another config, and gives it its own then", async () => {
    const [one, other] = [anApply(), anApply()];
    const before = stack.node.calls("ApplyConfiguration");
    // Each proves its own config: whoever comes second makes the first one go back and forth, unless they are the same.
    const inputs = stack.inputs();
    await Promise.all([one.up(inputs), other.up(inputs)]);
    assert.deepEqual(one.outputs["configHash"], other.outputs["configHash"]);
    assert.ok(stack.node.log().includes("FailedPrecondition [/machine.MachineService/ApplyConfiguration]"));
    assert.equal(stack.node.calls("ApplyConfiguration") - before, 1);
  });

  it("works through a slow network", async () => {
    stack.proxy.delay = 50;
    try {
      const apply = anApply();
      await apply.up(stack.inputs());
      assert.equal(apply.outputs["appliedMode"], "no_reboot");
    } finally {
      stack.proxy.delay = 0;
    }
  });
});
