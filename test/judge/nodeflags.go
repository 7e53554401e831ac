package main

import (
	"net/netip"
	"time"
)

type nodeOptions struct {
	configPath   string
	listen       string
	trustdListen string
	hostname     string
	trustd       stringsFlag
	hostNet      bool
	mode         platformMode
	machined     string
	rules        string
	readyFile    string
	applyTime    time.Duration
	withParent   bool
}

func nodeFlags(name string, args []string) (*nodeOptions, error) {
	var (
		opts     nodeOptions
		modeName string
	)

	fs := newFlags(name)
	fs.StringVar(&opts.configPath, "config", "", "machine configuration; read again on SIGHUP")
	fs.StringVar(&opts.listen, "listen", "127.0.0.1:0", "loopback address to listen on, port 0 for any")
	fs.StringVar(&opts.hostname, "hostname", "judge", "hostname of the node")
	fs.StringVar(&modeName, "mode", "metal", "platform for validation: metal, cloud or container")
	fs.StringVar(&opts.machined, "machined", "", "Talos's machined binary, linked statically")
	fs.StringVar(&opts.rules, "rules", "", "RBAC rules, as `judge rules` writes them")
	fs.StringVar(&opts.readyFile, "ready-file", "", "file to write the listening addresses into when ready")

	fs.BoolVar(&opts.withParent, "die-with-parent", false, "end when the starting process ends, however it does")

	if name == "node" {
		fs.StringVar(&opts.trustdListen, "trustd-listen", "", "run the real trustd as well, on this loopback address")
		fs.Var(&opts.trustd, "trustd", "trustd endpoint HOST:PORT a worker gets its certificate from (repeatable)")
		fs.DurationVar(&opts.applyTime, "apply-time", 0, "how long ApplyConfiguration takes to answer once the configuration is in use; another one in that time is rejected")
		fs.BoolVar(&opts.hostNet, "host-net", false, "let apid listen in the host's network namespace, so that it can proxy to other nodes (they all need port 50000)")
	}

	_, err := parseArgs(fs, args, 0)
	if err != nil {
		return nil, err
	}

	if opts.configPath == "" || opts.machined == "" || opts.rules == "" {
		return nil, usageError("want --config, --machined and --rules")
	}

	if opts.mode, err = parseMode(modeName); err != nil {
		return nil, err
	}

	for _, l := range []string{opts.listen, opts.trustdListen} {
		if l == "" {
			continue
		}

		addr, aerr := netip.ParseAddrPort(l)
		if aerr != nil || !addr.Addr().IsLoopback() {
			return nil, usageError("%q is no loopback IP:PORT", l)
		}
	}

	return &opts, nil
}
