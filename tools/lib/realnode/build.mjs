import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { hashOf, sourcesIn } from "../files.mjs";
import { buildGoTools } from "../goTool.mjs";
import { root, toolCache } from "../paths.mjs";
import { capture } from "../run.mjs";
import { ToolError } from "../say.mjs";
import { makeImages, makeRoot } from "./rootfs.mjs";

const module = "test/realnode";
const talosModule = "test/judge";
/** The newest release of Talos that the package knows: nodes of it share all other programs. */
const nextTalosModule = "test/talos-1.14";

/** The version of a Go module, without its v: go.mod is the one place that names it. */
function pinned(folder, path) {
  const version = new RegExp(`^(?:require)?\\s*${path} v(\\S+)`, "m").exec(
    readFileSync(join(root, folder, "go.mod"), "utf8"),
  );
  if (version === null) {
    throw new ToolError(`${folder}/go.mod does not name the version of ${path}`);
  }
  return version[1];
}

/** The versions of what runs on the nodes. */
export const versions = () => ({
  talos: pinned(talosModule, "github.com/siderolabs/talos"),
  kubernetes: pinned(module, "k8s.io/kubernetes"),
  etcd: pinned(module, "go.etcd.io/etcd/server/v3"),
});

/** The programs of the nodes; our own are packages of the module. */
function builds() {
  const containerd = "github.com/containerd/containerd/v2";
  const [major, minor] = versions().kubernetes.split(".");
  const kubernetesVersion = {
    gitMajor: major,
    gitMinor: minor,
    gitVersion: `v${versions().kubernetes}`,
    gitTreeState: "clean",
  };
  const stamp = Object.entries(kubernetesVersion).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return [
    ...["pause", "nodebox", "runcbox", "kubeletbox"].map((name) => ({ name, module, package: `./${name}` })),
    { name: "etcd", module, package: "go.etcd.io/etcd/server/v3" },
    { name: "containerd-shim-runc-v2", module, package: `${containerd}/cmd/containerd-shim-runc-v2` },
    {
      name: "containerd",
      module,
      package: `${containerd}/cmd/containerd`,
      ldflags: `-s -w -X ${containerd}/version.Version=v${pinned(module, containerd)}`,
    },
    {
      // It forks before Go starts, which takes C.
      name: "runc",
      module: `${module}/runc`,
      package: "github.com/opencontainers/runc",
      cgo: true,
      flags: ["-tags", "seccomp netgo osusergo"],
      ldflags: `-s -w -linkmode external -extldflags "-static" -X main.version=${pinned(`${module}/runc`, "github.com/opencontainers/runc")}`,
    },
    { name: "kube", module, package: "./kube", ldflags: ["-s -w", ...stamp].join(" ") },
  ];
}

/** All that decides what is built. */
function sources() {
  const own = sourcesIn(join(root, module)).filter((path) => !path.endsWith(".md"));
  return [
    ...own.map((path) => join(module, path)),
    ...["go.mod", "go.sum"].map((file) => join(talosModule, file)),
    ...["build", "image", "rootfs"].map((name) => `tools/lib/realnode/${name}.mjs`),
  ].map((path) => join(root, path));
}

function placeOf(env) {
  return join(toolCache(env), "realnode", `${versions().talos}-${hashOf(sources())}`);
}

const layout = (folder) => ({
  nodebox: join(folder, "nodebox"),
  rootfs: join(folder, "rootfs"),
  images: join(folder, "images"),
});

/** Paths `{nodebox, rootfs, images}` of what is built and current, or undefined. */
export function findPrograms(env = process.env) {
  const folder = placeOf(env);
  return existsSync(folder) ? layout(folder) : undefined;
}

async function talosSource(talos = talosModule) {
  const args = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "github.com/siderolabs/talos"];
  const { code, stdout, stderr } = await capture("go", args, { cwd: join(root, talos) });
  if (code !== 0) {
    throw new ToolError(`the source of Talos cannot be found:\n${stderr.trim()}`);
  }
  return stdout.trim();
}

/** Builds the programs of the nodes, their root file system and their images, unless they are current. */
export async function ensurePrograms(machined, env = process.env) {
  const folder = placeOf(env);
  if (!existsSync(folder)) {
    await buildGoTools("real Talos nodes, once, up to 20 minutes", folder, builds(), async (half) => {
      makeRoot(join(half, "rootfs"), half, { source: await talosSource(), version: versions().talos, machined });
      await makeImages(join(half, "images"), half);
    });
  }
  return layout(folder);
}

function placeOfNext(env) {
  const pins = ["go.mod", "go.sum"].map((file) => join(root, nextTalosModule, file));
  const version = pinned(nextTalosModule, "github.com/siderolabs/talos");
  return { version, folder: join(toolCache(env), "realnode-next", `${version}-${hashOf([...sources(), ...pins])}`) };
}

/** The root file system of nodes of the next release of Talos, if it is built and current, or undefined. */
export function findNextRoot(env = process.env) {
  const { folder } = placeOfNext(env);
  return existsSync(folder) ? join(folder, "rootfs") : undefined;
}

/** Builds it beside the programs of the other nodes, unless it is current. */
export async function ensureNextRoot({ nodebox }, env = process.env) {
  const { folder, version } = placeOfNext(env);
  if (!existsSync(folder)) {
    const build = {
      name: "machined",
      module: nextTalosModule,
      package: "github.com/siderolabs/talos/internal/app/machined",
    };
    await buildGoTools(`Talos ${version}, once, up to 20 minutes`, folder, [build], async (half) => {
      const source = await talosSource(nextTalosModule);
      makeRoot(join(half, "rootfs"), dirname(nodebox), { source, version, machined: join(half, "machined") });
    });
  }
  return join(folder, "rootfs");
}
