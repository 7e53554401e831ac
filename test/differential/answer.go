package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"go.yaml.in/yaml/v4"
)

// request is either a set of `talosctl gen config` options, or a config to patch.
type request struct {
	// Secrets is a bundle as `talosctl gen secrets` writes it.
	Secrets           string              `json:"secrets"`
	ClusterName       string              `json:"clusterName"`
	Endpoint          string              `json:"endpoint"`
	MachineType       string              `json:"machineType"`
	TalosVersion      string              `json:"talosVersion"`
	KubernetesVersion string              `json:"kubernetesVersion"`
	AdditionalSANs    []string            `json:"additionalSans"`
	DNSDomain         string              `json:"dnsDomain"`
	InstallDisk       string              `json:"installDisk"`
	InstallImage      string              `json:"installImage"`
	RegistryMirrors   map[string][]string `json:"registryMirrors"`
	KubeSpan          bool                `json:"kubeSpan"`
	ClusterDiscovery  bool                `json:"clusterDiscovery"`

	// Config is patched as it is, with nothing generated.
	Config  string   `json:"config"`
	Patches []string `json:"patches"`
}

type response struct {
	Config string `json:"config"`
	Error  string `json:"error,omitempty"`
}

func answer(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	encoder := json.NewEncoder(out)

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

		config, err := handle(req)

		resp := response{Config: config}
		if err != nil {
			resp = response{Error: err.Error()}
		}

		if err = encoder.Encode(resp); err != nil {
			return err
		}
	}
}

func handle(req request) (config string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()

	patches := make([]configpatcher.Patch, 0, len(req.Patches))

	for _, text := range req.Patches {
		patch, err := configpatcher.LoadPatch([]byte(text))
		if err != nil {
			return "", err
		}

		patches = append(patches, patch)
	}

	if req.Config != "" {
		patched, err := configpatcher.Apply(configpatcher.WithBytes([]byte(req.Config)), patches)
		if err != nil {
			return "", err
		}

		bytes, err := patched.Bytes()

		return string(bytes), err
	}

	return generated(req, patches)
}

func generated(req request, patches []configpatcher.Patch) (string, error) {
	contract, err := config.ParseContractFromVersion(req.TalosVersion)
	if err != nil {
		return "", err
	}

	var bundle secrets.Bundle
	if err = yaml.Unmarshal([]byte(req.Secrets), &bundle); err != nil {
		return "", err
	}

	bundle.Clock = secrets.NewClock()

	options := []generate.Option{
		generate.WithVersionContract(contract),
		generate.WithSecretsBundle(&bundle),
		generate.WithInstallDisk(req.InstallDisk),
		generate.WithInstallImage(req.InstallImage),
		generate.WithAdditionalSubjectAltNames(req.AdditionalSANs),
		generate.WithDNSDomain(req.DNSDomain),
		generate.WithClusterDiscovery(req.ClusterDiscovery),
	}

	for host, urls := range req.RegistryMirrors {
		options = append(options, generate.WithRegistryMirror(host, urls...))
	}

	if req.KubeSpan {
		options = append(options, generate.WithKubeSpanEnabled(true))
	}

	input, err := generate.NewInput(req.ClusterName, req.Endpoint, strings.TrimPrefix(req.KubernetesVersion, "v"), options...)
	if err != nil {
		return "", err
	}

	machineType, err := machine.ParseType(req.MachineType)
	if err != nil {
		return "", err
	}

	provider, err := input.Config(machineType)
	if err != nil {
		return "", err
	}

	patched, err := configpatcher.Apply(configpatcher.WithConfig(provider), patches)
	if err != nil {
		return "", err
	}

	result, err := patched.Config()
	if err != nil {
		return "", err
	}

	bytes, err := result.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))

	return string(bytes), err
}
