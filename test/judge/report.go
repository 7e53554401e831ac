package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Report is the verdict of one judge command.
//
// Problems make the material unacceptable, Differences are places where it is
// accepted but built otherwise than Talos would have built it.
type Report struct {
	Command     string         `json:"command"`
	OK          bool           `json:"ok"`
	Problems    []string       `json:"problems"`
	Differences []string       `json:"differences"`
	Warnings    []string       `json:"warnings"`
	Facts       map[string]any `json:"facts"`
}

func newReport(command string) *Report {
	return &Report{
		Command:     command,
		Problems:    []string{},
		Differences: []string{},
		Warnings:    []string{},
		Facts:       map[string]any{},
	}
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *Report) diff(format string, args ...any) {
	r.Differences = append(r.Differences, fmt.Sprintf(format, args...))
}

// check notes err as a problem and reports whether there was none.
func (r *Report) check(what string, err error) bool {
	if err != nil {
		r.problem("%s: %s", what, oneLine(err.Error()))

		return false
	}

	return true
}

// finish prints the verdict and returns the exit code.
func (r *Report) finish() (int, error) {
	r.OK = len(r.Problems)+len(r.Differences) == 0

	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)

	if err := out.Encode(r); err != nil {
		return 1, err
	}

	if !r.OK {
		return 1, nil
	}

	return 0, nil
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}

	return s[:n] + "..."
}
