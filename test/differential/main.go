// Command differential answers with what the real Talos machinery makes of the same options and patches.
//
//	differential            reads requests, one JSON object per line, and answers each with one line
//	differential schema DIR prints the types behind the documents; DIR holds the sources of the machinery
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "schema" {
		dump, err := dumpSchema(args[1])
		if err != nil {
			return err
		}

		return json.NewEncoder(os.Stdout).Encode(dump)
	}

	return answer(os.Stdin, os.Stdout)
}
