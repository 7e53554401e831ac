// Command validate answers with what the real Talos machinery of one version says of machine configs.
//
//	validate        reads requests, one JSON object per line, and answers each with one line
//	validate fields prints the kinds of documents and the fields that this version reads
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
)

type request struct {
	Config string   `json:"config"`
	Modes  []string `json:"modes"`
}

// response holds, for each mode, what is rejected; or why the config cannot be read.
type response struct {
	Unreadable string              `json:"unreadable,omitempty"`
	Rejected   map[string][]string `json:"rejected,omitempty"`
}

// mode is the platform that a config is validated for, as talosctl has it.
type mode string

func (m mode) String() string        { return string(m) }
func (m mode) RequiresInstall() bool { return m == "metal" }
func (m mode) InContainer() bool     { return m == "container" }

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)

	if len(args) == 2 && args[0] == "fields" {
		fields, err := dumpFields(args[1])
		if err != nil {
			return err
		}

		return encoder.Encode(fields)
	}

	lines := bufio.NewReader(os.Stdin)

	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}

		if err != nil {
			return err
		}

		var req request
		if err = json.Unmarshal(line, &req); err != nil {
			return err
		}

		if err = encoder.Encode(answer(req)); err != nil {
			return err
		}
	}
}

func answer(req request) (resp response) {
	defer func() {
		if p := recover(); p != nil {
			resp = response{Unreadable: fmt.Sprintf("panic: %v", p)}
		}
	}()

	provider, err := configloader.NewFromBytes([]byte(req.Config))
	if err != nil {
		return response{Unreadable: err.Error()}
	}

	rejected := map[string][]string{}

	for _, m := range req.Modes {
		_, err := provider.Validate(mode(m), validation.WithLocal())
		rejected[m] = messages("", err)
	}

	return response{Rejected: rejected}
}

// messages takes an error apart into the single things that are wrong.
func messages(prefix string, err error) []string {
	if err == nil {
		return nil
	}

	var parts []error

	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		parts = joined.Unwrap()
	} else if several, ok := err.(interface{ WrappedErrors() []error }); ok {
		parts = several.WrappedErrors()
	}

	if parts != nil {
		var list []string

		for _, part := range parts {
			list = append(list, messages(prefix, part)...)
		}

		return list
	}

	if inner := errors.Unwrap(err); inner != nil {
		if text, found := strings.CutSuffix(err.Error(), inner.Error()); found {
			return messages(prefix+text, inner)
		}
	}

	return []string{prefix + err.Error()}
}
