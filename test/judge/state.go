package main

import (
	"context"
	"errors"
	"net"

	"github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/cosi-project/runtime/pkg/resource/meta"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/cosi-project/runtime/pkg/state/impl/inmem"
	"github.com/cosi-project/runtime/pkg/state/impl/namespaced"
	"github.com/cosi-project/runtime/pkg/state/protobuf/server"
	"github.com/cosi-project/runtime/pkg/state/registry"
	"github.com/siderolabs/talos/pkg/grpc/middleware/authz"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/network"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/siderolabs/talos/pkg/machinery/resources/secrets"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// servedResources are the resources the stub keeps.
var servedResources = []meta.ResourceWithRD{
	&config.MachineConfig{},
	&config.MachineType{},
	&network.NodeAddress{},
	&network.HostnameStatus{},
	&runtime.APIServiceConfig{},
	&secrets.API{},
	&secrets.CertSAN{},
	&secrets.OSRoot{},
	&secrets.Trustd{},
}

func newState(ctx context.Context) (state.State, error) {
	st := state.WrapCore(namespaced.NewState(inmem.Build))

	namespaces := registry.NewNamespaceRegistry(st)
	if err := namespaces.RegisterDefault(ctx); err != nil {
		return nil, err
	}

	for _, ns := range []string{config.NamespaceName, network.NamespaceName, runtime.NamespaceName, secrets.NamespaceName} {
		if err := namespaces.Register(ctx, ns, "served by the judge"); err != nil {
			return nil, err
		}
	}

	resources := registry.NewResourceRegistry(st)
	if err := resources.RegisterDefault(ctx); err != nil {
		return nil, err
	}

	for _, r := range servedResources {
		if err := resources.Register(ctx, r); err != nil {
			return nil, err
		}
	}

	return st, nil
}

// serviceFilter lets apid and trustd see what their real counterparts may see.
func serviceFilter(service string) state.FilteringRule {
	allowed := map[string][]string{
		"apid":   {runtime.APIServiceConfigType, secrets.APIType, network.NodeAddressType, network.HostnameStatusType},
		"trustd": {secrets.TrustdType, secrets.OSRootType},
	}[service]

	return func(_ context.Context, access state.Access) error {
		if !access.Verb.Readonly() {
			return errors.New("read-only")
		}

		for _, t := range allowed {
			if access.ResourceType == t {
				return nil
			}
		}

		return errors.New("not for " + service)
	}
}

// apiFilter is the access policy for COSI calls that come in through apid.
func apiFilter() state.FilteringRule {
	sensitive := map[string]bool{}

	for _, r := range servedResources {
		rd := r.ResourceDefinition()
		sensitive[rd.Type] = rd.Sensitivity == meta.Sensitive
	}

	return func(ctx context.Context, access state.Access) error {
		if !access.Verb.Readonly() {
			return status.Error(codes.PermissionDenied, "read-only")
		}

		if access.ResourceNamespace == meta.NamespaceName {
			return nil
		}

		secret, known := sensitive[access.ResourceType]
		if !known {
			return status.Errorf(codes.PermissionDenied, "the judge doesn't serve %s", access.ResourceType)
		}

		if secret && !authz.HasRole(ctx, role.Admin) {
			return authz.ErrNotAuthorized
		}

		return nil
	}
}

// serveState serves the filtered state to one service on its unix socket.
func serveState(st state.State, service string, listener net.Listener) *grpc.Server {
	srv := grpc.NewServer(grpc.SharedWriteBuffer(true))
	v1alpha1.RegisterStateServer(srv, server.NewState(state.Filter(st, serviceFilter(service))))

	go srv.Serve(listener) //nolint:errcheck

	return srv
}
