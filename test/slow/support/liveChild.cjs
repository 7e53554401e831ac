// A provider process without Pulumi: the built provider for dynamic resources, driven as the engine drives it. Reads a
// task on stdin, and writes what it cost to stdout as JSON.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const task = JSON.parse(readFileSync(0, "utf8"));
const provider = require(join(task.dist, "provider", "adapters", "dynamic.js"));
// What the provider reports goes to stdout.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

const ofNodes = () =>
  Object.keys(require.cache).filter((path) => /grpc|protobufjs|[\\/]provider[\\/]nodes[\\/]/.test(path));
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
/** How many times slower this machine is at the moment than a quiet one, on which the loop takes 50 ms of CPU. */
const slowness = () => {
  const begin = cpuMs();
  let sum = 0;
  for (let count = 0; count < 5e7; count += 1) sum += count;
  return sum > 0 ? Math.max(1, (cpuMs() - begin) / 50) : 1;
};
const megabytes = () => process.memoryUsage().rss / 2 ** 20;

/** One resource in `up --refresh`; whether the node has another config. */
async function refresh({ id, kept, outs, args }) {
  const { props } = await provider.ConfigurationApply.read(id, outs);
  const { inputs, failures } = await provider.ConfigurationApply.check(kept, args);
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  await provider.ConfigurationApply.diff(id, props, inputs);
  return props.liveHash !== props.configHash;
}

/** What calls nobody. Answers how many outputs each has. */
async function makeOffline() {
  const made = {};
  for (const [name, args] of Object.entries(task.resources)) {
    const { inputs, failures } = await provider[name].check({}, args);
    if (failures.length > 0) throw new Error(`${name}: ${JSON.stringify(failures)}`);
    const { id, outs } = await provider[name].create(inputs);
    await provider[name].diff(id, outs, inputs);
    await provider[name].read(id, outs);
    made[name] = Object.keys(outs).length;
  }
  return made;
}

const TASKS = {
  async offline() {
    const made = await makeOffline();
    return { made, loaded: ofNodes() };
  },

  async create() {
    const { inputs, failures } = await provider.ConfigurationApply.check({}, task.args);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const { id, outs } = await provider.ConfigurationApply.create(inputs);
    // As Pulumi stores it: by this the provider is found.
    const __provider = "stored";
    const stored = { kept: inputs, outs, args: task.args };
    const found = Object.entries(stored).map(([name, values]) => [name, { ...values, __provider }]);
    return { id, ...Object.fromEntries(found), loaded: ofNodes().length };
  },

  async refresh() {
    const { stored, times, others } = task;
    // What a process with live resources has done before: Pulumi has loaded gRPC, and the config has been made.
    require("@grpc/grpc-js");
    await makeOffline();
    const begin = cpuMs();
    await provider.ConfigurationApply.read(stored.id, stored.outs);
    const first = cpuMs() - begin;
    for (let time = 0; time < times; time += 1) await refresh(stored);
    const warm = cpuMs();
    for (let time = 0; time < times; time += 1) await refresh(stored);
    const each = (cpuMs() - warm) / times;
    const before = megabytes();
    let most = before;
    const sampling = setInterval(() => (most = Math.max(most, megabytes())), 20);
    const [start, cpu] = [performance.now(), cpuMs()];
    const changed = await Promise.all(others.map(refresh));
    clearInterval(sampling);
    const seconds = (performance.now() - start) / 1000;
    const many = { seconds, cpuEach: (cpuMs() - cpu) / others.length, megabytes: Math.max(most, megabytes()) - before };
    return { slowness: slowness(), first, each, many, changed: changed.filter(Boolean).length };
  },
};

TASKS[task.name]().then(
  (answer) => write(JSON.stringify(answer), () => process.exit(0)),
  (error) => {
    process.stderr.write(String(error.stack ?? error));
    process.exit(1);
  },
);
