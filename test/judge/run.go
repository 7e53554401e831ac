package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

func cmdNode(args []string) (int, error) {
	opts, err := nodeFlags("node", args)
	if err != nil {
		return 2, err
	}

	return runNode(opts, "node")
}

func cmdTrustd(args []string) (int, error) {
	opts, err := nodeFlags("trustd", args)
	if err != nil {
		return 2, err
	}

	opts.trustdListen, opts.listen = opts.listen, ""

	return runNode(opts, "trustd")
}

func runNode(opts *nodeOptions, name string) (int, error) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)

	if opts.withParent {
		if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0, 0, 0); err != nil {
			return 1, err
		}
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	n := &node{
		opts:  opts,
		exits: make(chan error, 2),
		apply: make(chan applyRequest),
	}

	defer n.close()

	ready, err := n.start(ctx, signals)
	if err != nil {
		fmt.Printf("FAIL %s: %s\n", name, oneLine(err.Error()))

		return 1, nil
	}

	if opts.readyFile != "" {
		if err = writeAtomic(opts.readyFile, ready+"\n"); err != nil {
			return 1, err
		}
	}

	fmt.Printf("READY %s %s\n", name, ready)

	for {
		select {
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				return 0, nil
			}

			if err = n.reload(ctx); err != nil {
				fmt.Fprintf(os.Stderr, "judge: reload: %s\n", err)
			} else {
				fmt.Fprintln(os.Stderr, "judge: configuration read again")
			}
		case err = <-n.exits:
			fmt.Printf("FAIL %s: %s\n", name, oneLine(err.Error()))

			return 1, nil
		}
	}
}

func writeAtomic(path, text string) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, []byte(text), 0o644); err != nil {
		return err
	}

	return os.Rename(tmp, path)
}
