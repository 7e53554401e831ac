package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// childSpec tells `judge __child` what to run.
//
// The child is a process of its own because it may live in its own network
// namespace, where the service listens on its real port and can't reach
// anything else. Connections accepted outside (file descriptor 3) are carried
// in to Forward.
type childSpec struct {
	Service string `json:"service"` // apid or trustd, also the name of the binary in Root
	Root    string `json:"root"`    // chroot of the service
	Netns   bool   `json:"netns"`
	Forward string `json:"forward,omitempty"`
}

// child is a started service.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// startChild starts the service; the caller owns the returned process.
func startChild(spec childSpec, listener *os.File) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}

	arg, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}

	cmd := exec.Command(self, "__child", string(arg))
	cmd.Stdout = os.Stderr
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL,
		// keep the terminal's Ctrl-C to the parent, which ends the child in order
		Setpgid: true,
	}

	if listener != nil {
		cmd.ExtraFiles = []*os.File{listener}
	}

	if spec.Netns {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET
	}

	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}

	if err = cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s (needs root or unprivileged user namespaces): %w", spec.Service, err)
	}

	return cmd, nil
}

// cmdChild is the other end of startChild.
func cmdChild(args []string) (int, error) {
	if len(args) != 1 {
		return 2, usageError("internal command")
	}

	var spec childSpec
	if err := json.Unmarshal([]byte(args[0]), &spec); err != nil {
		return 2, err
	}

	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)

	if spec.Forward != "" {
		// the listener is the child's business, not the service's
		syscall.CloseOnExec(3)
	}

	if spec.Netns {
		if err := loopbackUp(); err != nil {
			return 1, fmt.Errorf("loopback: %w", err)
		}
	}

	// the reason for which a client is refused in its handshake is in the log of gRPC alone
	env := []string{"TCELL_MINIMIZE=1", "GRPC_GO_LOG_SEVERITY_LEVEL=info"}

	service := &exec.Cmd{
		Path:   "/" + spec.Service,
		Args:   []string{spec.Service},
		Dir:    "/",
		Env:    env,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		SysProcAttr: &syscall.SysProcAttr{
			Chroot:    spec.Root,
			Pdeathsig: syscall.SIGKILL,
			Setpgid:   true,
		},
	}

	if err := service.Start(); err != nil {
		return 1, fmt.Errorf("%s: %w", spec.Service, err)
	}

	done := make(chan error, 1)

	go func() { done <- service.Wait() }()

	if spec.Forward != "" {
		listener, err := net.FileListener(os.NewFile(3, "listener"))
		if err != nil {
			return 1, fmt.Errorf("listener: %w", err)
		}

		defer listener.Close() //nolint:errcheck

		go forward(listener, spec.Forward)
	}

	for {
		select {
		case <-signals:
			_ = service.Process.Signal(syscall.SIGTERM)

			select {
			case <-done:
			case <-time.After(12 * time.Second):
				_ = service.Process.Kill()
				<-done
			}

			return 0, nil
		case err := <-done:
			return 1, fmt.Errorf("%s ended: %w", spec.Service, errors.Join(err))
		}
	}
}
