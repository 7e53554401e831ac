// Command nodebox does for one Talos node what a container engine does for `talosctl cluster create docker`: it runs
// machined as PID 1 in namespaces of its own, on a read-only root and with the volumes that Talos wants.
//
//	nodebox --name cp1 --cgroup ID --rootfs DIR --state DIR [--userdata FILE] [--reset-wipes]
//
// Start it in the network namespace that the node is to have. The node's output goes to stdout. When the node reboots,
// nodebox starts it again; when the node powers off, nodebox ends. SIGTERM kills the node at once.
package main

import (
	"encoding/base64"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

type node struct {
	name, cgroup, rootfs, state, userdata string
	resetWipes                            bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("nodebox: ")

	if len(os.Args) == 6 && os.Args[1] == "init" {
		log.Fatal(becomeInit(os.Args[2], os.Args[3], os.Args[4], strings.Split(os.Args[5], ",")))
	}

	var n node
	flag.StringVar(&n.name, "name", "", "host name of the node")
	flag.StringVar(&n.cgroup, "cgroup", "", "name of the node's cgroups")
	flag.StringVar(&n.rootfs, "rootfs", "", "root file system, shared by all nodes and read-only")
	flag.StringVar(&n.state, "state", "", "folder for what the node keeps")
	flag.StringVar(&n.userdata, "userdata", "", "file of the machine config to boot with (default: none, maintenance mode)")
	flag.BoolVar(&n.resetWipes, "reset-wipes", false,
		"when the node powers off, forget what it keeps and start it again: what a reset does to a machine, but not to a container")
	flag.Parse()

	if n.name == "" || n.cgroup == "" || n.rootfs == "" || n.state == "" {
		flag.Usage()
		os.Exit(2)
	}

	code, err := n.run()
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// run starts the node as often as it reboots; its result is an exit code.
func (n node) run() (int, error) {
	runtime.LockOSThread() // a parent death signal is sent when the thread that started the child ends

	env, err := n.environment()
	if err != nil {
		return 0, err
	}
	cgroups, err := enterCgroups(n.cgroup)
	if err != nil {
		return 0, fmt.Errorf("cgroups: %w", err)
	}
	defer leaveCgroups(cgroups)

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, unix.SIGTERM, unix.SIGINT)

	for {
		if err := makeVolumes(n.rootfs, n.state); err != nil {
			return 0, err
		}
		cmd := exec.Command("/proc/self/exe", "init", n.name, n.rootfs, n.state, strings.Join(controllers(cgroups), ","))
		cmd.Env = env
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP,
			Setsid:     true,
			Pdeathsig:  unix.SIGKILL,
		}
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		done := make(chan struct{})
		go func() {
			_ = cmd.Wait() // how the node ended is read from ProcessState
			close(done)
		}()

		select {
		case <-stop:
			_ = cmd.Process.Kill()
			<-done
			return 0, nil
		case <-done:
		}

		// How reboot(2) ends a PID namespace.
		switch status := cmd.ProcessState.Sys().(syscall.WaitStatus); {
		case status.Signaled() && status.Signal() == unix.SIGHUP:
			log.Printf("%s: reboot", n.name)
			awaitEmpty(cgroups)
		case status.Signaled() && status.Signal() == unix.SIGINT:
			log.Printf("%s: power off", n.name)
			if !n.resetWipes {
				return 0, nil
			}
			awaitEmpty(cgroups)
			if err := os.RemoveAll(filepath.Join(n.state, volumesFolder)); err != nil {
				return 0, err
			}
		default:
			log.Printf("%s: ended: %s", n.name, cmd.ProcessState)
			return 1, nil
		}
	}
}

func (n node) environment() ([]string, error) {
	env := []string{"PLATFORM=container", "TALOSSKU=2CPU-4096RAM"}
	if n.userdata == "" {
		return env, nil
	}
	config, err := os.ReadFile(n.userdata)
	if err != nil {
		return nil, err
	}
	return append(env, "USERDATA="+base64.StdEncoding.EncodeToString(config)), nil
}
