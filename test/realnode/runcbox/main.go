// Command runcbox stands before runc. On a machine without CAP_SYS_RESOURCE nothing may become less likely to be killed
// for memory, and runc fails when it is told to see to that: the wish is removed from the OCI configuration first.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const runc = "/usr/bin/runc.real"

func main() {
	if !may(unix.CAP_SYS_RESOURCE) {
		removeWishes(os.Args)
	}
	err := syscall.Exec(runc, os.Args, os.Environ())
	fmt.Fprintln(os.Stderr, "runcbox:", err)
	os.Exit(1)
}

func may(capability int) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[capability/32].Effective&(1<<(capability%32)) != 0
}

func removeWishes(args []string) {
	for i, arg := range args {
		flag, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		switch flag {
		case "--bundle", "-b":
			removeWish(filepath.Join(value, "config.json"), "process")
		case "--process", "-p":
			removeWish(value, "")
		}
	}
}

// removeWish removes a negative oomScoreAdj from the process in a file: the whole document, or what it has as key.
// Whatever is wrong with the file, runc itself reports it.
func removeWish(file, key string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return
	}
	var document map[string]json.RawMessage
	if json.Unmarshal(text, &document) != nil {
		return
	}
	process := document
	if key != "" {
		process = nil
		if json.Unmarshal(document[key], &process) != nil {
			return
		}
	}
	var adjustment int
	if json.Unmarshal(process["oomScoreAdj"], &adjustment) != nil || adjustment >= 0 {
		return
	}
	delete(process, "oomScoreAdj")
	if key != "" {
		if document[key], err = json.Marshal(process); err != nil {
			return
		}
	}
	if text, err = json.Marshal(document); err == nil {
		_ = os.WriteFile(file, text, 0o600)
	}
}
