package main

import (
	"context"
	"sync"
	"time"

	"github.com/siderolabs/talos/pkg/grpc/middleware/authz"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// etcdStartTime is how long the stub's etcd takes from Bootstrap to Running.
const etcdStartTime = time.Second

const etcdMemberID = 0x1

// etcdStub is an etcd of one member that is nothing but its state: enough for
// a client to bootstrap it and to look at it.
type etcdStub struct {
	mu     sync.Mutex
	events []*machine.ServiceEvent
	began  time.Time
}

func (e *etcdStub) note(state, message string) {
	e.events = append(e.events, &machine.ServiceEvent{Msg: message, State: state, Ts: timestamppb.Now()})
}

// bootstrap answers as machined does for a data directory that is not empty.
func (e *etcdStub) bootstrap() error {
	e.mu.Lock()
	defer e.mu.Unlock()

	if !e.began.IsZero() {
		return status.Error(codes.AlreadyExists, "etcd data directory is not empty")
	}

	e.began = time.Now()
	e.note("Preparing", "Bootstrap requested")

	return nil
}

func (e *etcdStub) isRunning() bool {
	e.mu.Lock()
	defer e.mu.Unlock()

	return !e.began.IsZero() && time.Since(e.began) >= etcdStartTime
}

func (e *etcdStub) service() *machine.ServiceInfo {
	running := e.isRunning()

	e.mu.Lock()
	defer e.mu.Unlock()

	state := "Preparing"
	if running {
		state = "Running"
	}

	return &machine.ServiceInfo{
		Id:     "etcd",
		State:  state,
		Events: &machine.ServiceEvents{Events: e.events},
		Health: &machine.ServiceHealth{Unknown: !running, Healthy: running},
	}
}

// Bootstrap starts the stub of etcd.
func (s *machineStub) Bootstrap(ctx context.Context, _ *machine.BootstrapRequest) (*machine.BootstrapResponse, error) {
	// as ApplyConfiguration, it is open to readers for the sake of maintenance mode
	if !authz.HasRole(ctx, role.Admin) {
		return nil, authz.ErrNotAuthorized
	}

	if !s.node.config().Machine().Type().IsControlPlane() {
		return nil, status.Error(codes.FailedPrecondition, "bootstrap can only be performed on a control plane node")
	}

	if err := s.node.etcd.bootstrap(); err != nil {
		return nil, err
	}

	return &machine.BootstrapResponse{Messages: []*machine.Bootstrap{{}}}, nil
}

// ServiceList lists the services that a node of the type has.
func (s *machineStub) ServiceList(context.Context, *emptypb.Empty) (*machine.ServiceListResponse, error) {
	names := []string{"machined", "apid", "kubelet"}
	isControlPlane := s.node.config().Machine().Type().IsControlPlane()

	if isControlPlane {
		names = append(names, "trustd")
	}

	var services []*machine.ServiceInfo

	for _, name := range names {
		services = append(services, &machine.ServiceInfo{
			Id:     name,
			State:  "Running",
			Events: &machine.ServiceEvents{},
			Health: &machine.ServiceHealth{Healthy: true},
		})
	}

	if isControlPlane {
		services = append(services, s.node.etcd.service())
	}

	return &machine.ServiceListResponse{Messages: []*machine.ServiceList{{Services: services}}}, nil
}

func (s *machineStub) mustRunEtcd() error {
	if s.node.etcd.isRunning() {
		return nil
	}

	return status.Error(codes.Unavailable, "etcd does not run")
}

// EtcdMemberList lists the one member.
func (s *machineStub) EtcdMemberList(context.Context, *machine.EtcdMemberListRequest) (*machine.EtcdMemberListResponse, error) {
	if err := s.mustRunEtcd(); err != nil {
		return nil, err
	}

	host := hostOf(s.node.opts.listen)

	return &machine.EtcdMemberListResponse{Messages: []*machine.EtcdMembers{{
		Members: []*machine.EtcdMember{{
			Id:         etcdMemberID,
			Hostname:   s.node.opts.hostname,
			PeerUrls:   []string{"https://" + host + ":2380"},
			ClientUrls: []string{"https://" + host + ":2379"},
		}},
	}}}, nil
}

// EtcdStatus says that the member leads itself.
func (s *machineStub) EtcdStatus(context.Context, *emptypb.Empty) (*machine.EtcdStatusResponse, error) {
	if err := s.mustRunEtcd(); err != nil {
		return nil, err
	}

	return &machine.EtcdStatusResponse{Messages: []*machine.EtcdStatus{{
		MemberStatus: &machine.EtcdMemberStatus{MemberId: etcdMemberID, Leader: etcdMemberID},
	}}}, nil
}

// EtcdAlarmList knows of no alarm.
func (s *machineStub) EtcdAlarmList(context.Context, *emptypb.Empty) (*machine.EtcdAlarmListResponse, error) {
	if err := s.mustRunEtcd(); err != nil {
		return nil, err
	}

	return &machine.EtcdAlarmListResponse{Messages: []*machine.EtcdAlarm{{}}}, nil
}
