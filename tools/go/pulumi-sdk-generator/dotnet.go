//go:build dotnet

package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// The generator of C# has left this module since, for one that cannot be fetched: dotnet.mod pins the version.

var importers = map[string]schema.Language{"csharp": dotnet.Importer}

// One transparent pixel. Encoded beforehand: another release of Go may compress in another way.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII="

var generators = map[string]generator{
	"dotnet": func(pkg *schema.Package) (map[string][]byte, error) {
		image, err := base64.StdEncoding.DecodeString(pixel)
		if err != nil {
			return nil, err
		}
		// It fetches a logo, and it would look for one on the internet.
		logo := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
			_, _ = answer.Write(image)
		}))
		defer logo.Close()
		pkg.LogoURL = logo.URL
		return dotnet.GeneratePackage(tool, pkg, nil, nil)
	},
}

func bind(spec schema.PackageSpec) (*schema.Package, hcl.Diagnostics, error) {
	return schema.BindSpec(spec, schema.NewPluginLoader(nil))
}
