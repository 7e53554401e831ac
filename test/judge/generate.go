package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config"
	configbundle "github.com/siderolabs/talos/pkg/machinery/config/bundle"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"go.yaml.in/yaml/v4"
)

// generateInput is what the configuration claims to have been generated from.
type generateInput struct {
	bundle, cluster, endpoint, machineType string
	talosVersion, kubernetesVersion        string
	patches                                []string
	installDisk, installImage, dnsDomain   string
	sans                                   []string
	discovery, kubespan                    bool
}

// generateConfig makes the configuration as talosctl gen config does.
func generateConfig(in *generateInput) (config.Provider, error) {
	secretsBundle, err := readBundle(in.bundle)
	if err != nil {
		return nil, err
	}

	contract, err := parseContract(in.talosVersion)
	if err != nil {
		return nil, err
	}

	opts := []generate.Option{
		generate.WithVersionContract(contract),
		generate.WithSecretsBundle(secretsBundle),
		generate.WithInstallDisk(in.installDisk),
		generate.WithInstallImage(in.installImage),
		generate.WithAdditionalSubjectAltNames(in.sans),
		generate.WithDNSDomain(in.dnsDomain),
		generate.WithClusterDiscovery(in.discovery),
	}

	if in.kubespan {
		opts = append(opts, generate.WithKubeSpanEnabled(true))
	}

	sources := make([]string, 0, len(in.patches))

	for _, p := range in.patches {
		if _, serr := os.Stat(p); serr == nil {
			p = "@" + p
		}

		sources = append(sources, p)
	}

	patches, err := configpatcher.LoadPatches(sources)
	if err != nil {
		return nil, fmt.Errorf("patch: %w", err)
	}

	generated, err := configbundle.NewBundle(
		configbundle.WithVerbose(false),
		configbundle.WithInputOptions(&configbundle.InputOptions{
			ClusterName: in.cluster,
			Endpoint:    in.endpoint,
			KubeVersion: strings.TrimPrefix(in.kubernetesVersion, "v"),
			GenOptions:  opts,
		}),
		configbundle.WithPatch(patches),
	)
	if err != nil {
		return nil, err
	}

	t, err := machine.ParseType(in.machineType)
	if err != nil {
		return nil, err
	}

	switch t { //nolint:exhaustive
	case machine.TypeControlPlane:
		return generated.ControlPlane(), nil
	case machine.TypeWorker:
		return generated.Worker(), nil
	default:
		return nil, fmt.Errorf("no configuration for type %s", t)
	}
}

func judgeGenerated(r *Report, raw []byte, cfg config.Provider, in *generateInput) {
	want, err := generateConfig(in)
	if !r.check("regenerate", err) {
		return
	}

	plain := encoder.WithComments(encoder.CommentsDisabled)

	wantPlain, err := want.EncodeBytes(plain)
	if !r.check("encode the regenerated configuration", err) {
		return
	}

	r.Facts["bytes-equal"] = bytes.Equal(raw, wantPlain)

	// Both go through the same loader, so that only meaning is compared.
	wantLoaded, err := configloader.NewFromBytes(wantPlain)
	if !r.check("load the regenerated configuration", err) {
		return
	}

	gotDocs, err := normalDocuments(cfg)
	if !r.check("normalise", err) {
		return
	}

	wantDocs, err := normalDocuments(wantLoaded)
	if !r.check("normalise the regenerated configuration", err) {
		return
	}

	for _, n := range keysOf(gotDocs, wantDocs) {
		got, inGot := gotDocs[n]
		expected, inWant := wantDocs[n]

		switch {
		case !inGot:
			r.diff("document %s is missing", n)
		case !inWant:
			r.diff("document %s is there, Talos generates none", n)
		default:
			diffTrees(r, n+":", got, expected)
		}
	}
}

// normalDocuments encodes what Talos understood of the configuration and
// decodes that into plain trees, by document name.
func normalDocuments(cfg config.Provider) (map[string]any, error) {
	encoded, err := cfg.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
	if err != nil {
		return nil, err
	}

	docs := map[string]any{}
	dec := yaml.NewDecoder(bytes.NewReader(encoded))

	for {
		var doc map[string]any

		err = dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}

		if err != nil {
			return nil, err
		}

		name := "v1alpha1"
		if kind, ok := doc["kind"]; ok {
			name = fmt.Sprintf("%v", kind)
			if n, named := doc["name"]; named {
				name += fmt.Sprintf("/%v", n)
			}
		}

		if _, twice := docs[name]; twice {
			return nil, fmt.Errorf("document %s is there twice", name)
		}

		docs[name] = doc
	}
}
