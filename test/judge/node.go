package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cosi-project/runtime/pkg/state"
	machineconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"google.golang.org/grpc"
)

// node is a Talos node reduced to its API: real apid and trustd on the PKI of
// a machine configuration, with a stub in the place of machined.
type node struct {
	opts *nodeOptions
	st   state.State

	root     string
	servers  []*grpc.Server
	closers  []io.Closer
	children []*child
	exits    chan error
	apply    chan applyRequest

	etcd etcdStub
	// held while a configuration is being applied
	applying sync.Mutex

	mu  sync.Mutex
	cfg machineconfig.Provider
}

// patience is how long a service may take to come up.
const patience = 30 * time.Second

type applyRequest struct {
	cfg  machineconfig.Provider
	done chan error
}

func (n *node) config() machineconfig.Provider {
	n.mu.Lock()
	defer n.mu.Unlock()

	return n.cfg
}

func (n *node) start(ctx context.Context, signals <-chan os.Signal) (string, error) {
	cfg, err := n.readConfig()
	if err != nil {
		return "", err
	}

	if n.opts.trustdListen != "" && !cfg.Machine().Type().IsControlPlane() {
		return "", errors.New("trustd runs on control plane nodes only")
	}

	if !cfg.Machine().Type().IsControlPlane() && len(n.opts.trustd) == 0 {
		return "", errors.New("a worker needs --trustd HOST:PORT to get its API certificate from")
	}

	rules, err := loadRules(n.opts.rules)
	if err != nil {
		return "", err
	}

	if n.st, err = newState(ctx); err != nil {
		return "", err
	}

	if err = putNetwork(ctx, n.st, n.opts.hostname, n.addresses()); err != nil {
		return "", err
	}

	if err = n.use(ctx, cfg); err != nil {
		return "", err
	}

	go n.applyLoop(ctx)

	if err = n.makeRoot(); err != nil {
		return "", err
	}

	machinedSocket, err := n.socket(constants.MachineSocketPath)
	if err != nil {
		return "", err
	}

	n.servers = append(n.servers, serveMachined(n, rules, machinedSocket))

	var ready []string

	if n.opts.listen != "" {
		addr, aerr := n.startAPID(ctx)
		if aerr != nil {
			return "", aerr
		}

		if err = n.waitFor(addr, signals, n.apiServerCert); err != nil {
			return "", err
		}

		ready = append(ready, "apid="+addr)
	}

	if n.opts.trustdListen != "" {
		addr, terr := n.startService("trustd", n.opts.trustdListen, constants.TrustdRuntimeSocketPath, fmt.Sprintf("127.0.0.1:%d", constants.TrustdPort))
		if terr != nil {
			return "", terr
		}

		if err = n.waitFor(addr, signals, n.trustdServerCert); err != nil {
			return "", err
		}

		ready = append(ready, "trustd="+addr)
	}

	return strings.Join(ready, " "), nil
}

func (n *node) readConfig() (machineconfig.Provider, error) {
	cfg, err := configloader.NewFromFile(n.opts.configPath)
	if err != nil {
		return nil, err
	}

	if cfg.RawV1Alpha1() == nil || cfg.Machine() == nil {
		return nil, errors.New("no v1alpha1 document in the configuration")
	}

	if _, err = cfg.Validate(n.opts.mode); err != nil {
		return nil, fmt.Errorf("validate: %w", err)
	}

	return cfg, nil
}

// addresses are the IP addresses the node says it has.
func (n *node) addresses() []netip.Addr {
	list := []netip.Addr{netip.MustParseAddr("127.0.0.1")}

	for _, s := range []string{hostOf(n.opts.listen), hostOf(n.opts.trustdListen)} {
		if a, err := netip.ParseAddr(s); err == nil && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}

	return list
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}

	return host
}

func (n *node) close() {
	for _, c := range n.children {
		_ = c.cmd.Process.Signal(syscall.SIGTERM)
	}

	deadline := time.After(15 * time.Second)

	for _, c := range n.children {
		select {
		case <-c.done:
		case <-deadline:
			_ = c.cmd.Process.Kill()
			deadline = time.After(0)
		}
	}

	for _, srv := range n.servers {
		srv.Stop()
	}

	for _, c := range n.closers {
		_ = c.Close()
	}

	if n.root != "" {
		_ = os.RemoveAll(n.root)
	}

	if n.opts.readyFile != "" {
		_ = os.Remove(n.opts.readyFile)
	}
}
