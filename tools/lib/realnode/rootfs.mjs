import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { packImage } from "./image.mjs";
import { staticBusybox } from "./machine.mjs";

/** Folders of Talos's image, see its Dockerfile, that something mounts on or looks into. */
const folders = [
  ..."boot/EFI dev home mnt opt/cni/bin opt/containerd/bin opt/containerd/lib proc root run sys system tmp".split(" "),
  ..."usr/bin usr/etc usr/lib/firmware usr/lib/modules usr/libexec/kubernetes usr/local/share usr/share/spdx".split(
    " ",
  ),
  ..."usr/local/lib/kubelet/credentialproviders usr/share/zoneinfo/Etc var .extra".split(" "),
  ..."cni/net.d containerd cri/conf.d/hosts iscsi kubernetes/manifests lvm nvme selinux/targeted/contexts/files ssl/certs"
    .split(" ")
    .map((name) => `etc/${name}`),
];

/** Files that machined mounts its own over. */
const mountPoints = [
  ..."extensions.yaml hostname hosts iscsi/initiatorname.iscsi machine-id nvme/hostid nvme/hostnqn resolv.conf".split(
    " ",
  ),
  ..."cri.toml 01-registries.part 20-customization.part base-spec.json".split(" ").map((name) => `cri/conf.d/${name}`),
  "selinux/targeted/contexts/files/file_contexts",
  "ssl/certs/ca-certificates.crt",
];

const links = [
  ["bin", "usr/bin"],
  ["sbin", "usr/bin"],
  ["usr/sbin", "bin"],
  ["lib", "usr/lib"],
  ["lib64", "usr/lib"],
  ["var/run", "/run"],
  ["etc/localtime", "/usr/share/zoneinfo/Etc/UTC"],
  ["etc/pki", "/etc/ssl"],
  ["etc/ssl/certs/ca-certificates", "ca-certificates.crt"],
];

/** What Talos's image takes from the folder hack/ of its source. */
const copies = [
  ["containerd.toml", "etc/containerd/config.toml"],
  ["cri-containerd.toml", "etc/cri/containerd.toml"],
  ["cri-plugin.part", "etc/cri/conf.d/00-base.part"],
  ["nfsmount.conf", "etc/nfsmount.conf"],
  ["zoneinfo/Etc/UTC", "usr/share/zoneinfo/Etc/UTC"],
];

/** The kubelet calls a node ready when it sees a network plugin. No pod of the host network asks for it. */
const networkPlugin = { cniVersion: "1.0.0", name: "none", plugins: [{ type: "loopback" }] };

/** Puts a program at `path`, without a second copy where the file system allows. */
function putProgram(program, path) {
  mkdirSync(dirname(path), { recursive: true });
  try {
    linkSync(program, path);
  } catch {
    copyFileSync(program, path);
    chmodSync(path, 0o755);
  }
}

function writeText(path, text, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

/**
 * Makes the root file system of the nodes in `root`: the layout of Talos's image, with the programs of the folder
 * `programs` that machined starts in container mode. `talos` is `{source, version, machined}`.
 */
export function makeRoot(root, programs, talos) {
  const at = (path) => join(root, path);
  folders.forEach((path) => mkdirSync(at(path), { recursive: true }));
  mountPoints.forEach((path) => writeText(at(`etc/${path}`), ""));
  links.forEach(([path, target]) => symlinkSync(target, at(path)));
  copies.forEach(([from, to]) => {
    copyFileSync(join(talos.source, "hack", from), at(to));
    chmodSync(at(to), 0o644);
  });
  ["init", "poweroff", "shutdown", "dashboard"].forEach((name) => putProgram(talos.machined, at(`usr/bin/${name}`)));
  ["containerd", "containerd-shim-runc-v2"].forEach((name) => putProgram(join(programs, name), at(`usr/bin/${name}`)));
  putProgram(join(programs, "runcbox"), at("usr/bin/runc"));
  putProgram(join(programs, "runc"), at("usr/bin/runc.real"));
  const { version } = talos;
  writeText(
    at("etc/os-release"),
    `NAME="Talos"\nID=talos\nVERSION_ID=v${version}\nPRETTY_NAME="Talos (v${version})"\n`,
  );
  writeText(at("usr/etc/in-container"), "true\n");
  writeText(at("etc/cni/net.d/10-none.conflist"), `${JSON.stringify(networkPlugin)}\n`);
}

function makeUsers(folder) {
  writeText(join(folder, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
  writeText(join(folder, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  mkdirSync(join(folder, "tmp"));
}

/** The kubelet and the control plane are one program, so one image. */
function makeKubernetes(folder, programs) {
  const at = (path) => join(folder, path);
  makeUsers(folder);
  putProgram(join(programs, "kube"), at("usr/local/bin/kube"));
  ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].forEach((name) =>
    symlinkSync("kube", at(`usr/local/bin/${name}`)),
  );
  putProgram(join(programs, "kubeletbox"), at("usr/local/bin/kubelet"));
  // The kubelet runs mount and umount.
  putProgram(staticBusybox(), at("bin/busybox"));
  ["mount", "umount"].forEach((name) => symlinkSync("busybox", at(`bin/${name}`)));
  // machined mounts the node's /run on /var/run; the kubelet looks in /run.
  ["run", "var"].forEach((name) => mkdirSync(at(name)));
  symlinkSync("/run", at("var/run"));
}

/** Images by their name without its host, which the registry of the nodes plays for all hosts. */
const images = [
  {
    names: ["pause"],
    entrypoint: "/pause",
    fill: (folder, programs) => putProgram(join(programs, "pause"), join(folder, "pause")),
  },
  {
    names: ["etcd"],
    fill: (folder, programs) => {
      makeUsers(folder);
      putProgram(join(programs, "etcd"), join(folder, "usr/local/bin/etcd"));
    },
  },
  {
    names: ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "siderolabs/kubelet"],
    fill: makeKubernetes,
  },
];

/** Makes the images of the nodes in `folder`: `index.json` has the digest of each by its name, `blobs` all content. */
export async function makeImages(folder, programs) {
  mkdirSync(folder, { recursive: true });
  const index = {};
  for (const { names, entrypoint, fill } of images) {
    const content = mkdtempSync(join(folder, "content-"));
    fill(content, programs);
    const digest = await packImage(join(folder, "blobs"), content, entrypoint);
    names.forEach((name) => (index[name] = digest));
    rmSync(content, { recursive: true });
  }
  writeText(join(folder, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
}
