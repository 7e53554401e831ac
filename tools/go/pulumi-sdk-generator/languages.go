//go:build !dotnet

package main

import (
	"github.com/hashicorp/hcl/v2"
	gocodegen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

var importers = map[string]schema.Language{
	"go":     gocodegen.Importer,
	"python": python.Importer,
}

var generators = map[string]generator{
	"go": func(pkg *schema.Package) (map[string][]byte, error) {
		return gocodegen.GeneratePackage(tool, pkg, nil)
	},
	"python": func(pkg *schema.Package) (map[string][]byte, error) {
		return python.GeneratePackage(tool, pkg, nil, schema.NewPluginLoader(nil))
	},
}

func bind(spec schema.PackageSpec) (*schema.Package, hcl.Diagnostics, error) {
	return schema.BindSpec(spec, schema.NewPluginLoader(nil), schema.ValidationOptions{})
}
