package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/siderolabs/talos/pkg/machinery/resources/secrets"
)

func (n *node) startAPID(ctx context.Context) (string, error) {
	listen := fmt.Sprintf(":%d", constants.ApidPort)
	if n.opts.hostNet {
		listen = n.opts.listen
	}

	err := safe.StateModify(ctx, n.st, runtime.NewAPIServiceConfig(), func(r *runtime.APIServiceConfig) error {
		r.TypedSpec().ListenAddress = listen

		return nil
	})
	if err != nil {
		return "", err
	}

	forwardTo := fmt.Sprintf("127.0.0.1:%d", constants.ApidPort)
	if n.opts.hostNet {
		forwardTo = ""
	}

	return n.startService("apid", n.opts.listen, constants.APIRuntimeSocketPath, forwardTo)
}

// startService starts apid or trustd. With forwardTo it lives in a network
// namespace of its own.
func (n *node) startService(service, listen, socketPath, forwardTo string) (string, error) {
	socket, err := n.socket(socketPath)
	if err != nil {
		return "", err
	}

	n.servers = append(n.servers, serveState(n.st, service, socket))

	spec := childSpec{Service: service, Root: n.root, Netns: forwardTo != "", Forward: forwardTo}

	var file *os.File

	if forwardTo != "" {
		listener, lerr := net.Listen("tcp", listen)
		if lerr != nil {
			return "", lerr
		}

		listen = listener.Addr().String()
		file, lerr = listener.(*net.TCPListener).File()
		listener.Close() //nolint:errcheck // the child has the copy

		if lerr != nil {
			return "", lerr
		}

		defer file.Close() //nolint:errcheck
	}

	cmd, err := startChild(spec, file)
	if err != nil {
		return "", err
	}

	c := &child{cmd: cmd, done: make(chan struct{})}
	n.children = append(n.children, c)

	go func() {
		werr := cmd.Wait()
		close(c.done)
		n.exits <- fmt.Errorf("%s ended: %v", service, werr)
	}()

	return listen, nil
}

// waitFor waits until the service at addr shows the certificate it should.
func (n *node) waitFor(addr string, signals <-chan os.Signal, want func() []byte) error {
	deadline := time.Now().Add(patience)

	var last error

	for time.Now().Before(deadline) {
		select {
		case err := <-n.exits:
			return err
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				return fmt.Errorf("ended by %s", sig)
			}
		case <-time.After(50 * time.Millisecond):
		}

		got, err := shownCert(addr)
		if err != nil {
			last = err

			continue
		}

		if block, _ := pem.Decode(want()); block != nil && bytes.Equal(block.Bytes, got) {
			return nil
		}

		last = errors.New("shows another certificate than it was given")
	}

	return fmt.Errorf("%s did not come up: %w", addr, last)
}

func shownCert(addr string) ([]byte, error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 2 * time.Second}, "tcp", addr, &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // only looks at the certificate
		NextProtos:         []string{"h2"},
		MinVersion:         tls.VersionTLS12,
	})
	if err != nil {
		return nil, err
	}

	defer conn.Close() //nolint:errcheck

	return conn.ConnectionState().PeerCertificates[0].Raw, nil
}

func (n *node) apiServerCert() []byte {
	r, err := safe.StateGetByID[*secrets.API](context.Background(), n.st, secrets.APIID)
	if err != nil {
		return nil
	}

	return r.TypedSpec().Server.Crt
}

func (n *node) trustdServerCert() []byte {
	r, err := safe.StateGetByID[*secrets.Trustd](context.Background(), n.st, secrets.TrustdID)
	if err != nil {
		return nil
	}

	return r.TypedSpec().Server.Crt
}
