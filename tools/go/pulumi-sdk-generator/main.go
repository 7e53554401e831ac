// pulumi-sdk-generator LANGUAGE SCHEMA FOLDER
//
// Checks a package schema as Pulumi's own tools do and writes the SDK of one language with Pulumi's own generator. It
// stands in for `pulumi package gen-sdk`, which needs language hosts that are not published as Go modules.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	gocodegen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi-sdk-generator"

var importers = map[string]schema.Language{
	"go":     gocodegen.Importer,
	"python": python.Importer,
}

var generators = map[string]func(pkg *schema.Package, loader schema.ReferenceLoader) (map[string][]byte, error){
	"go": func(pkg *schema.Package, _ schema.ReferenceLoader) (map[string][]byte, error) {
		return gocodegen.GeneratePackage(tool, pkg, nil)
	},
	"python": func(pkg *schema.Package, loader schema.ReferenceLoader) (map[string][]byte, error) {
		return python.GeneratePackage(tool, pkg, nil, loader)
	},
}

func run(language, file, folder string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	loader := schema.NewPluginLoader(nil)
	pkg, diagnostics, err := schema.BindSpec(spec, loader, schema.ValidationOptions{})
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
	files, err := generate(pkg, loader)
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
		fmt.Fprintf(os.Stderr, "usage: %s check|go|python SCHEMA FOLDER\n", tool)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", tool, err)
		os.Exit(1)
	}
}
