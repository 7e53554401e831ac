// Command kubeletbox is what the kubelet's image calls "kubelet". It prepares what a host with cgroups of version 1
// lacks, and what one machine that plays several nodes must not give away, then becomes the kubelet.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const cgroupRoot = "/sys/fs/cgroup"

// tunables belong to no namespace, so to the machine. The kubelet sets them unless they are right: it is shown that
// they are.
var tunables = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

func main() {
	err := prepare()
	if err == nil {
		args := append([]string{"/usr/local/bin/kubelet"}, os.Args[1:]...)
		// The kubelet refuses version 1 unless told otherwise.
		err = syscall.Exec("/usr/local/bin/kube", append(args, "--fail-cgroupv1=false"), os.Environ())
	}
	fmt.Fprintln(os.Stderr, "kubeletbox:", err)
	os.Exit(1)
}

func prepare() error {
	if err := mountCgroups(); err != nil {
		return err
	}
	for name, value := range tunables {
		if err := show(filepath.Join("/proc/sys", name), value); err != nil {
			return err
		}
	}
	return nil
}

// mountCgroups mounts the hierarchies of version 1 again: machined's bind of /sys/fs/cgroup is not recursive, since
// with version 2 there is nothing below it.
func mountCgroups() error {
	f, err := os.Open("/proc/self/cgroup")
	if err != nil {
		return err
	}
	defer f.Close()

	for s := bufio.NewScanner(f); s.Scan(); {
		part := strings.SplitN(s.Text(), ":", 3)
		if len(part) != 3 || part[1] == "" {
			continue // version 2
		}
		name, options := part[1], part[1]
		if named, found := strings.CutPrefix(name, "name="); found {
			name, options = named, "none,"+options
		}
		dir := filepath.Join(cgroupRoot, name)
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil {
			continue
		}
		flags := uintptr(syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC)
		if err := syscall.Mount("cgroup", dir, "cgroup", flags, options); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	return nil
}

// show lets file hold value, for this container only.
func show(file, value string) error {
	if text, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(text)) == value {
		return nil
	}
	shown := filepath.Join("/tmp", strings.ReplaceAll(strings.TrimPrefix(file, "/"), "/", "."))
	if err := os.WriteFile(shown, []byte(value+"\n"), 0o644); err != nil {
		return err
	}
	if err := syscall.Mount(shown, file, "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount on %s: %w", file, err)
	}
	return nil
}
