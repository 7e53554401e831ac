package main

import (
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
	"github.com/siderolabs/talos/pkg/machinery/constants"
)

// platformMode is the validation.RuntimeMode of a platform.
type platformMode string

func (m platformMode) String() string        { return string(m) }
func (m platformMode) RequiresInstall() bool { return m == "metal" }
func (m platformMode) InContainer() bool     { return m == "container" }

func parseMode(s string) (platformMode, error) {
	switch s {
	case "metal", "cloud", "container":
		return platformMode(s), nil
	default:
		return "", usageError("--mode must be metal, cloud or container, not %q", s)
	}
}

func cmdConfig(args []string) (int, error) {
	var (
		in      generateInput
		patches listFlag
		sans    stringsFlag
	)

	fs := newFlags("config")
	modeName := fs.String("mode", "metal", "platform: metal, cloud or container")
	fs.StringVar(&in.bundle, "bundle", "", "secrets bundle to regenerate the configuration from")
	fs.StringVar(&in.cluster, "cluster", "", "cluster name")
	fs.StringVar(&in.endpoint, "endpoint", "", "cluster endpoint URL")
	fs.StringVar(&in.machineType, "type", "", "controlplane or worker")
	fs.StringVar(&in.talosVersion, "talos-version", "", "version contract (default: current)")
	fs.StringVar(&in.kubernetesVersion, "kubernetes-version", constants.DefaultKubernetesVersion, "Kubernetes version")
	fs.Var(&patches, "patch", "configuration patch: FILE, @FILE or literal (repeatable)")
	fs.StringVar(&in.installDisk, "install-disk", "", "as talosctl gen config --install-disk (talosctl's own default is /dev/sda)")
	fs.StringVar(&in.installImage, "install-image", "", "as talosctl gen config --install-image")
	fs.StringVar(&in.dnsDomain, "dns-domain", "cluster.local", "as talosctl gen config --dns-domain")
	fs.Var(&sans, "san", "additional subject alternative name (repeatable)")
	fs.BoolVar(&in.discovery, "with-cluster-discovery", true, "as talosctl gen config")
	fs.BoolVar(&in.kubespan, "with-kubespan", false, "as talosctl gen config")

	files, err := parseArgs(fs, args, 1)
	if err != nil {
		return 2, err
	}

	mode, err := parseMode(*modeName)
	if err != nil {
		return 2, err
	}

	if in.bundle != "" && (in.cluster == "" || in.endpoint == "" || in.machineType == "") {
		return 2, usageError("--bundle wants --cluster, --endpoint and --type as well")
	}

	in.patches = patches
	in.sans = sans

	r := newReport("config")
	judgeConfig(r, files[0], mode, &in)

	return r.finish()
}

func judgeConfig(r *Report, path string, mode platformMode, in *generateInput) {
	raw, err := os.ReadFile(path)
	if !r.check("read", err) {
		return
	}

	cfg, err := configloader.NewFromBytes(raw)
	if !r.check("configloader", err) {
		return
	}

	warnings, err := cfg.Validate(mode, validation.WithLocal())
	r.check("Validate for "+mode.String(), err)

	for _, w := range warnings {
		r.Warnings = append(r.Warnings, oneLine(w))
	}

	if cfg.RawV1Alpha1() == nil || cfg.Machine() == nil || cfg.Cluster() == nil {
		r.problem("no v1alpha1 document")

		return
	}

	r.Facts["type"] = cfg.Machine().Type().String()
	judgeConfigPKI(r, cfg)

	if in.bundle != "" {
		judgeGenerated(r, raw, cfg, in)
	}
}
