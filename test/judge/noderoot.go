package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// makeRoot makes the directory the services see as their root.
func (n *node) makeRoot() error {
	// beside the binary, so that a hard link can do
	base := filepath.Join(filepath.Dir(n.opts.machined), "run")

	err := os.MkdirAll(base, 0o700)
	if err != nil {
		return err
	}

	sweep(base)

	if n.root, err = os.MkdirTemp(base, "node"); err != nil {
		return err
	}

	lock, err := lockDir(n.root)
	if err != nil {
		return err
	}

	n.closers = append(n.closers, lock)

	for _, service := range []string{"apid", "trustd"} {
		if err = linkOrCopy(n.opts.machined, filepath.Join(n.root, service)); err != nil {
			return err
		}
	}

	return nil
}

// sweep removes what nodes that were killed have left behind: directories
// whose lock nobody holds. Young ones may not be locked yet.
func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}

	for _, e := range entries {
		dir := filepath.Join(base, e.Name())

		if info, ierr := e.Info(); ierr != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}

		if lock, lerr := lockDir(dir); lerr == nil {
			_ = os.RemoveAll(dir)
			_ = lock.Close()
		}
	}
}

func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}

	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close() //nolint:errcheck

		return nil, err
	}

	return f, nil
}

func linkOrCopy(from, to string) error {
	if err := os.Link(from, to); err == nil {
		return nil
	}

	src, err := os.Open(from)
	if err != nil {
		return err
	}

	defer src.Close() //nolint:errcheck

	dst, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}

	if _, err = io.Copy(dst, src); err != nil {
		dst.Close() //nolint:errcheck

		return err
	}

	return dst.Close()
}

// socket listens on a unix socket at a path as the services see it.
func (n *node) socket(path string) (net.Listener, error) {
	full := filepath.Join(n.root, path)

	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return nil, err
	}

	// the kernel wants socket names of less than 108 bytes
	if len(full) > 100 {
		dir, err := os.Open(filepath.Dir(full))
		if err != nil {
			return nil, err
		}

		n.closers = append(n.closers, dir)
		full = fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(full))
	}

	return net.Listen("unix", full)
}
