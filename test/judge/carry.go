package main

import (
	"context"
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// loopbackUp sets the loopback interface of a fresh network namespace up.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}

	defer unix.Close(fd) //nolint:errcheck

	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}

	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)

	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req)
}

func forward(listener net.Listener, to string) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}

		go carry(conn, to)
	}
}

func carry(outer net.Conn, to string) {
	defer outer.Close() //nolint:errcheck

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()

	var dialer net.Dialer

	inner, err := dialer.DialContext(ctx, "tcp", to)
	if err != nil {
		return
	}

	defer inner.Close() //nolint:errcheck

	done := make(chan struct{}, 2)

	pipe := func(dst, src net.Conn) {
		_, _ = io.Copy(dst, src)

		if half, ok := dst.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}

		done <- struct{}{}
	}

	go pipe(inner, outer)
	go pipe(outer, inner)

	<-done
	<-done
}
