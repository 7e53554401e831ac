import { existsSync, readFileSync } from "node:fs";

import { capture, onPath } from "../run.mjs";
import { ToolError } from "../say.mjs";

const hasCgroups1 = () =>
  existsSync("/sys/fs/cgroup/memory/cgroup.procs") && /:memory:/.test(readFileSync("/proc/self/cgroup", "utf8"));

/** Why this machine cannot run real nodes, whatever is installed, or undefined if it can. */
export async function whyNoNodes() {
  if (process.platform !== "linux") {
    return "real nodes need Linux";
  }
  if (process.getuid() !== 0) {
    return "real nodes need root: they have namespaces, mounts and cgroups of their own";
  }
  if (!hasCgroups1()) {
    return "real nodes need the cgroup hierarchies of version 1; this machine has version 2 only";
  }
  const { code, stderr } = await capture("unshare", ["--mount", "--net", "--pid", "--fork", "true"]);
  return code === 0 ? undefined : `this machine refuses namespaces: ${stderr.trim()}`;
}

const links = "#include <seccomp.h>\nint main(void) { return seccomp_version() == 0; }\n";

/** runc is linked statically, with C code of its own and with libseccomp. */
async function canLinkRunc() {
  const compile = `printf '%s' '${links}' | gcc -x c - -static -lseccomp -o /dev/null`;
  return (await capture("/bin/sh", ["-c", compile])).code === 0;
}

/** True if an ELF file of 64 bits asks for no interpreter, which is what loads shared libraries. */
function isStatic(path) {
  const elf = readFileSync(path);
  const [headers, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  const types = Array.from({ length: count }, (_, index) => elf.readUInt32LE(headers + index * size));
  return !types.includes(3);
}

/** The busybox that runs in an image with nothing beside it. */
export const staticBusybox = (env = process.env) => onPath("busybox", env).find(isStatic);

/** The Debian packages that are missing on this machine. */
export async function missingPackages(env = process.env) {
  const on = (name) => onPath(name, env).length > 0;
  const missing = [
    ["iproute2", on("ip")],
    ["util-linux", on("nsenter")],
    ["tar", on("tar")],
    ["busybox-static", staticBusybox(env) !== undefined],
  ];
  const compiler = (await canLinkRunc()) ? [] : ["gcc", "libc6-dev", "libseccomp-dev"];
  return [...missing.filter(([, found]) => !found).map(([name]) => name), ...compiler];
}

/** Throws a ToolError that names what to install. */
export async function needMachine(env = process.env) {
  const why = await whyNoNodes();
  if (why !== undefined) {
    throw new ToolError(why);
  }
  const missing = await missingPackages(env);
  if (missing.length > 0) {
    throw new ToolError(`real nodes need programs that are missing; \`apt-get install -y ${missing.join(" ")}\``);
  }
}
