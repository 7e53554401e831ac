// Command judge tells whether PKI material made by this project is accepted by
// the code of Talos Linux, and runs Talos's own apid and trustd on it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
)

const usage = `usage: judge COMMAND [flags] ...

  bundle SECRETS.yaml                                    judge a secrets bundle
  config CONFIG.yaml [--bundle SECRETS.yaml ...]         judge a machine configuration
  talosconfig FILE --bundle SECRETS.yaml                 judge a Talos client configuration
  k8s FILE --bundle SECRETS.yaml                         judge a Kubernetes client configuration
  csr --endpoint IP:PORT --config WORKER.yaml            ask trustd for a node certificate
  node --config FILE --machined FILE --rules FILE        run the real apid (and trustd) on that PKI
  trustd --config FILE --machined FILE --rules FILE      run the real trustd on that PKI
  rules --talos-src DIR --out FILE                       read machined's RBAC rules from the Talos source

"judge COMMAND --help" lists the flags. The judging commands print one JSON
object; exit code 0 accepted, 1 not accepted, 2 wrong usage.
`

// errUsage marks errors of the caller, not of the judged material.
var errUsage = errors.New("usage")

func init() {
	// Pdeathsig is tied to the thread that starts the child: keep main on its thread.
	runtime.LockOSThread()
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}

	commands := map[string]func([]string) (int, error){
		"bundle":      cmdBundle,
		"config":      cmdConfig,
		"talosconfig": cmdTalosconfig,
		"k8s":         cmdK8s,
		"csr":         cmdCSR,
		"node":        cmdNode,
		"trustd":      cmdTrustd,
		"rules":       cmdRules,
		"__child":     cmdChild,
	}

	run, ok := commands[os.Args[1]]
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}

	code, err := run(os.Args[2:])

	switch {
	case errors.Is(err, flag.ErrHelp):
		code = 2
	case err != nil:
		fmt.Fprintf(os.Stderr, "judge %s: %s\n", os.Args[1], err)

		code = max(code, 1)
		if errors.Is(err, errUsage) {
			code = 2
		}
	}

	os.Exit(code)
}
