package main

import (
	"context"
	"log"
	"net"
	"os"
	goruntime "runtime"
	"time"

	"github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/cosi-project/runtime/pkg/state/protobuf/server"
	"github.com/siderolabs/talos/pkg/grpc/factory"
	"github.com/siderolabs/talos/pkg/grpc/middleware/authz"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// talosTag is the version the stub claims to be: that of the real apid in front of it.
const talosTag = "v1.13.0"

// machineStub is the little of machined that is needed behind apid.
type machineStub struct {
	machine.UnimplementedMachineServiceServer

	node *node
}

// Register implements factory.Registrator.
func (s *machineStub) Register(srv *grpc.Server) {
	machine.RegisterMachineServiceServer(srv, s)
	v1alpha1.RegisterStateServer(srv, server.NewState(state.Filter(s.node.st, apiFilter())))
}

// serveMachined serves the stub with the real authorization middleware and
// the real rules, so that roles mean what they mean on a node.
func serveMachined(n *node, rules map[string]role.Set, listener net.Listener) *grpc.Server {
	injector := &authz.Injector{Mode: authz.MetadataOnly}
	authorizer := &authz.Authorizer{
		Rules:         rules,
		FallbackRoles: role.MakeSet(role.Admin),
		Logger:        log.New(os.Stderr, "machined stub: ", log.LstdFlags).Printf,
	}

	srv := factory.NewServer(
		&machineStub{node: n},
		factory.WithLog("machined stub: ", os.Stderr),
		factory.ServerOptions(
			grpc.MaxRecvMsgSize(constants.GRPCMaxMessageSize),
			// services the stub doesn't have are still subject to the rules
			grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
				method, _ := grpc.MethodFromServerStream(stream)

				return status.Errorf(codes.Unimplemented, "the judge's stub has no %s", method)
			}),
		),
		factory.WithUnaryInterceptor(injector.UnaryInterceptor()),
		factory.WithStreamInterceptor(injector.StreamInterceptor()),
		factory.WithUnaryInterceptor(authorizer.UnaryInterceptor()),
		factory.WithStreamInterceptor(authorizer.StreamInterceptor()),
	)

	go srv.Serve(listener) //nolint:errcheck

	return srv
}

func (s *machineStub) Version(context.Context, *emptypb.Empty) (*machine.VersionResponse, error) {
	return &machine.VersionResponse{
		Messages: []*machine.Version{{
			Version: &machine.VersionInfo{
				Tag:       talosTag,
				Sha:       "judge",
				GoVersion: goruntime.Version(),
				Os:        goruntime.GOOS,
				Arch:      goruntime.GOARCH,
			},
			Platform: &machine.PlatformInfo{Name: "judge", Mode: s.node.opts.mode.String()},
			Features: &machine.FeaturesInfo{Rbac: true},
		}},
	}, nil
}

// Reboot does nothing; it is there because operators may call it and readers may not.
func (s *machineStub) Reboot(context.Context, *machine.RebootRequest) (*machine.RebootResponse, error) {
	return &machine.RebootResponse{Messages: []*machine.Reboot{{ActorId: "judge"}}}, nil
}

// ApplyConfiguration takes a new configuration, and with it the new PKI, into use.
func (s *machineStub) ApplyConfiguration(ctx context.Context, in *machine.ApplyConfigurationRequest) (*machine.ApplyConfigurationResponse, error) {
	// readers pass the rules for the sake of maintenance mode, which the stub has not
	if !authz.HasRole(ctx, role.Admin) {
		return nil, authz.ErrNotAuthorized
	}

	cfg, err := configloader.NewFromBytes(in.GetData())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}

	if cfg.RawV1Alpha1() == nil {
		return nil, status.Error(codes.InvalidArgument, "no v1alpha1 document in the configuration")
	}

	warnings, err := cfg.Validate(s.node.opts.mode)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}

	if in.GetDryRun() || in.GetMode() == machine.ApplyConfigurationRequest_TRY || in.GetMode() == machine.ApplyConfigurationRequest_STAGED {
		return nil, status.Error(codes.Unimplemented, "the judge's stub takes a configuration into use at once or not at all")
	}

	// as machined does from 1.14
	if !s.node.applying.TryLock() {
		return nil, status.Error(codes.FailedPrecondition, "another configuration is being applied")
	}
	defer s.node.applying.Unlock()

	if err = s.node.applyLater(cfg); err != nil {
		return nil, err
	}

	time.Sleep(s.node.opts.applyTime)

	return &machine.ApplyConfigurationResponse{
		Messages: []*machine.ApplyConfiguration{{
			Warnings:    warnings,
			Mode:        in.GetMode(),
			ModeDetails: "taken into use by the judge",
		}},
	}, nil
}
