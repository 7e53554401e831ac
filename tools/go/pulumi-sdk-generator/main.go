// pulumi-sdk-generator LANGUAGE SCHEMA FOLDER
//
// Checks a package schema as Pulumi's own tools do and writes the SDK of one language with Pulumi's own generator. It
// stands in for `pulumi package gen-sdk` where a language's host is not published as a Go module. Which languages it
// knows depends on the build: languages.go, or dotnet.go with the tag dotnet and -modfile=dotnet.mod.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi-sdk-generator"

type generator func(pkg *schema.Package) (map[string][]byte, error)

func run(language, file, folder string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	pkg, diagnostics, err := bind(spec)
	if err != nil {
		return err
	}
	for _, diagnostic := range diagnostics {
		fmt.Fprintf(os.Stderr, "%s: %s\n", diagnostic.Summary, diagnostic.Detail)
	}
	if len(diagnostics) > 0 {
		return fmt.Errorf("the schema has %d problems", len(diagnostics))
	}
	if language == "check" {
		return nil
	}
	if err := pkg.ImportLanguages(importers); err != nil {
		return err
	}
	generate, ok := generators[language]
	if !ok {
		known := []string{}
		for name := range generators {
			known = append(known, name)
		}
		sort.Strings(known)
		return fmt.Errorf("no generator for %s; expected one of %s", language, strings.Join(known, ", "))
	}
	files, err := generate(pkg)
	if err != nil {
		return err
	}
	return write(files, folder)
}

func write(files map[string][]byte, folder string) error {
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintf(os.Stderr, "usage: %s check|LANGUAGE SCHEMA FOLDER\n", tool)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", tool, err)
		os.Exit(1)
	}
}
