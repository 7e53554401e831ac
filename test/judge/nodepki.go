package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/siderolabs/crypto/x509"
	machineconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/secrets"
)

// use takes the PKI of a configuration into use, as the controllers of a node would.
func (n *node) use(ctx context.Context, cfg machineconfig.Provider) error {
	n.mu.Lock()
	n.cfg = cfg
	n.mu.Unlock()

	root, err := rootOf(cfg)
	if err != nil {
		return err
	}

	sans := sansOf(root, n.opts.hostname, n.addresses())

	if err = putConfig(ctx, n.st, cfg, config.ActiveID, config.PersistentID); err != nil {
		return err
	}

	if err = putRoot(ctx, n.st, cfg, root, sans); err != nil {
		return err
	}

	var api *secrets.APICertsSpec

	if cfg.Machine().Type().IsControlPlane() {
		if api, err = apiCerts(root, sans); err != nil {
			return err
		}

		trustd, terr := trustdCerts(root, sans)
		if terr != nil {
			return terr
		}

		err = safe.StateModify(ctx, n.st, secrets.NewTrustd(), func(r *secrets.Trustd) error {
			*r.TypedSpec() = *trustd

			return nil
		})
		if err != nil {
			return err
		}
	} else {
		waitCtx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()

		ca, server, rerr := requestCert(waitCtx, root, sans, n.opts.trustd)
		if rerr != nil {
			return fmt.Errorf("get the API certificate from trustd: %w", rerr)
		}

		api = &secrets.APICertsSpec{AcceptedCAs: []*x509.PEMEncodedCertificate{{Crt: ca}}, Server: server}
	}

	return safe.StateModify(ctx, n.st, secrets.NewAPI(), func(r *secrets.API) error {
		*r.TypedSpec() = *api

		return nil
	})
}

// applyLoop takes configurations into use one after the other; like on a node
// a configuration that is valid but has unusable PKI leaves the old one running.
func (n *node) applyLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case req := <-n.apply:
			err := n.use(ctx, req.cfg)
			if err != nil {
				fmt.Fprintf(os.Stderr, "judge: can't take the new PKI into use: %s\n", err)
			}

			if req.done != nil {
				req.done <- err
			}
		}
	}
}

// applyLater is ApplyConfiguration: control plane nodes are done when it
// returns, workers go on to ask trustd for a new certificate.
func (n *node) applyLater(cfg machineconfig.Provider) error {
	req := applyRequest{cfg: cfg}
	if cfg.Machine().Type().IsControlPlane() {
		req.done = make(chan error, 1)
	}

	select {
	case n.apply <- req:
	case <-time.After(patience):
		return errors.New("the previous configuration is still being applied")
	}

	if req.done != nil {
		// its error is in the log: a node would answer OK here
		<-req.done
	}

	return nil
}

func (n *node) reload(ctx context.Context) error {
	cfg, err := n.readConfig()
	if err != nil {
		return err
	}

	req := applyRequest{cfg: cfg, done: make(chan error, 1)}

	select {
	case n.apply <- req:
		return <-req.done
	case <-ctx.Done():
		return ctx.Err()
	}
}
