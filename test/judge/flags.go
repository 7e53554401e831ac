package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
)

// stringsFlag is a flag that may be given several times, or comma separated.
type stringsFlag []string

func (f *stringsFlag) String() string { return strings.Join(*f, ",") }

func (f *stringsFlag) Set(v string) error {
	for s := range strings.SplitSeq(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			*f = append(*f, s)
		}
	}

	return nil
}

// listFlag is a flag that may be given several times, kept verbatim.
type listFlag []string

func (f *listFlag) String() string { return strings.Join(*f, " ") }

func (f *listFlag) Set(v string) error {
	*f = append(*f, v)

	return nil
}

func newFlags(name string) *flag.FlagSet {
	return flag.NewFlagSet("judge "+name, flag.ContinueOnError)
}

// parseArgs parses flags given before, between and after the positional
// arguments, and wants the number of those.
func parseArgs(fs *flag.FlagSet, args []string, want int) ([]string, error) {
	var positional []string

	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}

			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}

		if args = fs.Args(); len(args) == 0 {
			break
		}

		positional = append(positional, args[0])
		args = args[1:]
	}

	if len(positional) != want {
		return nil, usageError("want %d file argument(s), got %d", want, len(positional))
	}

	return positional, nil
}

func usageError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUsage, fmt.Sprintf(format, args...))
}
