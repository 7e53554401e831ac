// Runs provider/nodes with the copy of @grpc/grpc-js in a folder, against a node, and prints what it saw as JSON.
const Module = require("node:module");
const { createRequire } = Module;
const { join } = require("node:path");

const { folder, dist, call, impostor } = JSON.parse(process.argv[2]);
const copy = createRequire(join(folder, "package.json")).resolve("@grpc/grpc-js");
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  return request === "@grpc/grpc-js" ? copy : resolve.call(this, request, ...rest);
};
const { nodes } = require(join(dist, "provider", "nodes"));

const failureOf = async (options) => {
  try {
    (await nodes.connect({ ...call, ...options, signal: new AbortController().signal })).close();
    return "none";
  } catch (error) {
    return error.code;
  }
};

(async () => {
  const session = await nodes.connect({ ...call, signal: new AbortController().signal });
  const release = await session.version();
  const config = await session.machineConfig();
  const types = await session.resources("config", "MachineConfigs.config.talos.dev");
  const { verifiedBy, served } = session;
  session.close();
  const seen = {
    release,
    configLength: config.length,
    resources: types.length > 0,
    verifiedBy,
    served: served[0].fingerprint,
    impostor: await failureOf({ node: impostor }),
    refused: await failureOf({ node: { host: "127.0.0.1", port: 1 } }),
    unknownName: await failureOf({ node: { host: "no-such-host.invalid", port: 1 } }),
    wrongPin: await failureOf({ node: impostor, trust: { ...call.trust, pin: Buffer.alloc(32).toString("base64") } }),
  };
  const own = Object.keys(require.cache).filter((path) => path.includes("grpc-js"));
  seen.fromFolder = own.length > 0 && own.every((path) => path.startsWith(folder));
  process.stdout.write(JSON.stringify(seen));
})().catch((error) => {
  process.stderr.write(String(error.stack ?? error));
  process.exitCode = 1;
});
