package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	harmless      = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	volumesFolder = "volumes"
)

// volumes outlive a reboot of the node, as the volumes of a container do.
var volumes = []string{"/var", "/system/state", "/etc/cni", "/etc/kubernetes", "/usr/libexec/kubernetes", "/opt"}

func volumeDir(state, volume string) string {
	return filepath.Join(state, volumesFolder, strings.ReplaceAll(strings.Trim(volume, "/"), "/", "-"))
}

// makeVolumes makes those that do not exist yet, with what the root has in their place.
func makeVolumes(rootfs, state string) error {
	for _, volume := range volumes {
		dir, from := volumeDir(state, volume), filepath.Join(rootfs, volume)
		if _, err := os.Stat(dir); err == nil {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			return err
		}
	}
	return nil
}

// becomeInit is PID 1 of the node: it builds the node's view of the file system, then becomes machined.
func becomeInit(name, rootfs, state string, controllers []string) error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	root := filepath.Join(state, "root")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	if err := mount(rootfs, root, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if err := mount("", root, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return mountKernel(root) },
		func() error { return mountCgroups(root, controllers) },
		func() error { return makeDevices(filepath.Join(root, "dev")) },
		func() error { return mountVolumes(root, state) },
		func() error { return writeFiles(root, state, name) },
		func() error { return maskTunables(root, state) },
		func() error { return unix.Sethostname([]byte(name)) },
		func() error { return enterRoot(root) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return unix.Exec("/sbin/init", []string{"/sbin/init"}, os.Environ())
}

func mountKernel(root string) error {
	for _, m := range []struct {
		fs, target, data string
		flags            uintptr
	}{
		{"proc", "/proc", "", harmless},
		{"sysfs", "/sys", "", harmless},
		{"tmpfs", cgroupRoot, "mode=755", harmless},
		{"tmpfs", "/dev", "mode=755", unix.MS_NOSUID},
		{"tmpfs", "/run", "mode=755", unix.MS_NOSUID | unix.MS_NODEV},
		{"tmpfs", "/system", "mode=755", 0},
		{"tmpfs", "/tmp", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV},
	} {
		if err := mount(m.fs, filepath.Join(root, m.target), m.fs, m.flags, m.data); err != nil {
			return err
		}
	}
	return nil
}

func mountCgroups(root string, controllers []string) error {
	for _, controller := range controllers {
		options := controller
		if controller == "systemd" {
			options = "none,name=systemd"
		}
		dir := filepath.Join(root, cgroupRoot, controller)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if err := mount("cgroup", dir, "cgroup", harmless, options); err != nil {
			return err
		}
	}
	return nil
}

func mountVolumes(root, state string) error {
	for _, volume := range volumes {
		target := filepath.Join(root, volume)
		if err := os.MkdirAll(target, 0o755); err != nil && !errors.Is(err, unix.EROFS) {
			return err
		}
		if err := mount(volumeDir(state, volume), target, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles makes what an engine writes for a container.
func writeFiles(root, state, name string) error {
	for file, text := range map[string]string{
		"hostname":    name + "\n",
		"hosts":       "127.0.0.1 localhost " + name + "\n::1 localhost\n",
		"resolv.conf": "",
	} {
		if err := overlay(state, file, text, filepath.Join(root, "etc", file)); err != nil {
			return err
		}
	}
	if may(unix.CAP_SYS_RESOURCE) {
		return nil
	}
	// Without the capability machined cannot protect containerd from being killed for memory, and gives up. In a user
	// namespace it would not mind; this is how it finds out whether it is in one.
	return overlay(state, "uid_map", "         0          0 4294967294\n", filepath.Join(root, "proc/1/uid_map"))
}

// maskTunables gives machined files of its own to write to: these parameters belong to no namespace, so to the machine.
func maskTunables(root, state string) error {
	for _, path := range []string{"kernel/panic", "vm/overcommit_memory", "fs/aio-max-nr"} {
		value, err := os.ReadFile(filepath.Join("/proc/sys", path))
		if err != nil {
			return err
		}
		file := strings.ReplaceAll(path, "/", ".")
		if err := overlay(state, file, string(value), filepath.Join(root, "proc/sys", path)); err != nil {
			return err
		}
	}
	return nil
}

// overlay writes a file in the node's folder and mounts it over target.
func overlay(state, file, text, target string) error {
	source := filepath.Join(state, file)
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		return err
	}
	return mount(source, target, "", unix.MS_BIND, "")
}

func enterRoot(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount the old root: %w", err)
	}
	return os.Chdir("/")
}

func may(capability int) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[capability/32].Effective&(1<<(capability%32)) != 0
}

func makeDevices(dev string) error {
	unix.Umask(0)
	for _, n := range []struct {
		name         string
		major, minor uint32
	}{
		{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"kmsg", 1, 11},
		{"tty", 5, 0}, {"fuse", 10, 229},
	} {
		device := int(unix.Mkdev(n.major, n.minor))
		if err := unix.Mknod(filepath.Join(dev, n.name), unix.S_IFCHR|0o666, device); err != nil {
			return fmt.Errorf("mknod %s: %w", n.name, err)
		}
	}
	unix.Umask(0o022)
	for _, m := range []struct {
		fs, name, data string
		flags          uintptr
	}{
		{"devpts", "pts", "newinstance,ptmxmode=0666,mode=0620", unix.MS_NOSUID | unix.MS_NOEXEC},
		{"tmpfs", "shm", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV},
		{"mqueue", "mqueue", "", harmless},
	} {
		target := filepath.Join(dev, m.name)
		if err := os.Mkdir(target, 0o755); err != nil {
			return err
		}
		if err := mount(m.fs, target, m.fs, m.flags, m.data); err != nil {
			return err
		}
	}
	for link, to := range map[string]string{
		"ptmx": "pts/ptmx", "fd": "/proc/self/fd",
		"stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(to, filepath.Join(dev, link)); err != nil {
			return err
		}
	}
	return nil
}

func mount(source, target, fstype string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, fstype, flags, data); err != nil {
		return fmt.Errorf("mount %s %s on %s: %w", fstype, source, target, err)
	}
	return nil
}
