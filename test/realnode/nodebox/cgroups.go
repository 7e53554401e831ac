package main

import (
	"bufio"
	"errors"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const cgroupRoot = "/sys/fs/cgroup"

// cgroup is the node's in one hierarchy of version 1.
type cgroup struct {
	controller string // cpu, memory, … and "systemd", which is a hierarchy without a controller
	home       string // where this process came from
	dir        string // the node's own
}

func controllers(cgroups []cgroup) []string {
	var names []string
	for _, c := range cgroups {
		names = append(names, c.controller)
	}
	return names
}

// enterCgroups makes a cgroup for the node below the one this process is in, in every hierarchy of version 1, and moves
// this process there: it becomes the root of the cgroup namespace that is made after that.
func enterCgroups(name string) ([]cgroup, error) {
	f, err := os.Open("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	defer f.Close()

	var cgroups []cgroup
	for s := bufio.NewScanner(f); s.Scan(); {
		part := strings.SplitN(s.Text(), ":", 3)
		if len(part) != 3 || part[1] == "" {
			continue // version 2
		}
		c := cgroup{controller: strings.TrimPrefix(part[1], "name=")}
		c.home = filepath.Join(cgroupRoot, c.controller, part[2])
		c.dir = filepath.Join(c.home, name)
		if err := c.enter(); err != nil {
			return nil, err
		}
		cgroups = append(cgroups, c)
	}
	if len(cgroups) == 0 {
		return nil, errors.New("no hierarchy of version 1")
	}
	return cgroups, nil
}

func (c cgroup) enter() error {
	if err := os.Mkdir(c.dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if c.controller == "cpuset" {
		// A new cpuset is empty, and takes no process before it has processors and memory.
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(c.home, name))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(c.dir, name), value, 0); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(c.dir, "cgroup.clone_children"), []byte("1"), 0); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(c.dir, "cgroup.procs"), []byte("0"), 0)
}

// awaitEmpty waits until the processes of the node are gone: the kernel kills all of a PID namespace with its PID 1, but
// not before that one can be waited for.
func awaitEmpty(cgroups []cgroup) {
	for range 50 {
		if processes(cgroups[0].dir) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// processes counts those below dir, but for this one. A cgroup may vanish while it is read.
func processes(dir string) int {
	count := 0
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "cgroup.procs" {
			return nil
		}
		text, _ := os.ReadFile(path)
		for _, line := range strings.Fields(string(text)) {
			// 0 is a process that this PID namespace does not have.
			if pid, _ := strconv.Atoi(line); pid != os.Getpid() && pid != 0 {
				count++
			}
		}
		return nil
	})
	return count
}

func leaveCgroups(cgroups []cgroup) {
	awaitEmpty(cgroups)
	for _, c := range cgroups {
		if err := os.WriteFile(filepath.Join(c.home, "cgroup.procs"), []byte("0"), 0); err != nil {
			log.Print(err)
		}
		removeTree(c.dir)
		if _, err := os.Stat(c.dir); err == nil {
			log.Printf("could not remove %s", c.dir)
		}
	}
}

// removeTree removes a cgroup and those below it, the deepest first.
func removeTree(dir string) {
	var dirs []string
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for i := len(dirs) - 1; i >= 0; i-- {
		// A process that has ended still counts for a moment.
		for range 20 {
			if err := unix.Rmdir(dirs[i]); !errors.Is(err, unix.EBUSY) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}
