package main

import (
	"context"
	"net/netip"

	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/cosi-project/runtime/pkg/state"
	machineconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	"github.com/siderolabs/talos/pkg/machinery/resources/secrets"
)

func putConfig(ctx context.Context, st state.State, cfg machineconfig.Provider, ids ...string) error {
	for _, id := range ids {
		fresh := config.NewMachineConfigWithID(cfg, id)

		_, err := st.Get(ctx, fresh.Metadata())
		switch {
		case state.IsNotFoundError(err):
		case err != nil:
			return err
		default:
			// the spec is opaque: replace the resource, as Talos does
			if err = st.Destroy(ctx, fresh.Metadata()); err != nil {
				return err
			}
		}

		if err = st.Create(ctx, fresh); err != nil {
			return err
		}
	}

	return nil
}

func putRoot(ctx context.Context, st state.State, cfg machineconfig.Provider, root *secrets.OSRootSpec, sans *secrets.CertSANSpec) error {
	err := safe.StateModify(ctx, st, config.NewMachineType(), func(r *config.MachineType) error {
		r.SetMachineType(cfg.Machine().Type())

		return nil
	})
	if err != nil {
		return err
	}

	err = safe.StateModify(ctx, st, secrets.NewOSRoot(secrets.OSRootID), func(r *secrets.OSRoot) error {
		*r.TypedSpec() = *root

		return nil
	})
	if err != nil {
		return err
	}

	return safe.StateModify(ctx, st, secrets.NewCertSAN(secrets.NamespaceName, secrets.CertSANAPIID), func(r *secrets.CertSAN) error {
		*r.TypedSpec() = *sans

		return nil
	})
}

func putNetwork(ctx context.Context, st state.State, hostname string, addresses []netip.Addr) error {
	err := safe.StateModify(ctx, st, network.NewHostnameStatus(network.NamespaceName, network.HostnameID), func(r *network.HostnameStatus) error {
		r.TypedSpec().Hostname = hostname

		return nil
	})
	if err != nil {
		return err
	}

	return safe.StateModify(ctx, st, network.NewNodeAddress(network.NamespaceName, network.NodeAddressCurrentID), func(r *network.NodeAddress) error {
		r.TypedSpec().Addresses = nil

		for _, a := range addresses {
			r.TypedSpec().Addresses = append(r.TypedSpec().Addresses, netip.PrefixFrom(a, a.BitLen()))
		}

		return nil
	})
}
