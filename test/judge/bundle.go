package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"go.yaml.in/yaml/v4"
)

// clockTolerance is how far apart two validity lengths may be and still count as the same.
const clockTolerance = 5 * time.Second

func cmdBundle(args []string) (int, error) {
	fs := newFlags("bundle")
	talosVersion := fs.String("talos-version", "", "version contract the bundle was made for (default: current)")

	files, err := parseArgs(fs, args, 1)
	if err != nil {
		return 2, err
	}

	contract, err := parseContract(*talosVersion)
	if err != nil {
		return 2, usageError("%s", err)
	}

	r := newReport("bundle")
	judgeBundle(r, files[0], contract)

	return r.finish()
}

func parseContract(version string) (*config.VersionContract, error) {
	if version == "" {
		return config.TalosVersionCurrent, nil
	}

	return config.ParseContractFromVersion(version)
}

// readBundle loads a bundle the way talosctl does.
func readBundle(path string) (*secrets.Bundle, error) {
	bundle, err := secrets.LoadBundle(path)
	if err != nil {
		return nil, fmt.Errorf("LoadBundle: %w", err)
	}

	if bundle == nil {
		return nil, errors.New("LoadBundle: empty document")
	}

	if err = bundle.Validate(); err != nil {
		return nil, fmt.Errorf("Validate: %w", err)
	}

	return bundle, nil
}

func judgeBundle(r *Report, path string, contract *config.VersionContract) {
	now := time.Now()

	raw, err := os.ReadFile(path)
	if !r.check("read", err) {
		return
	}

	bundle, err := secrets.LoadBundle(path)
	if !r.check("LoadBundle", err) {
		return
	}

	if bundle == nil {
		r.problem("LoadBundle: empty document")

		return
	}

	if !r.check("Validate", bundle.Validate()) {
		// Validate has named what is missing or unreadable: go on with what is there.
		if bundle.Certs == nil || bundle.Secrets == nil || bundle.Cluster == nil || bundle.TrustdInfo == nil {
			return
		}
	}

	reference, err := secrets.NewBundle(secrets.NewFixedClock(now), contract)
	if !r.check("make the reference bundle", err) {
		return
	}

	pairs := []struct {
		name      string
		got, want *x509.PEMEncodedCertificateAndKey
	}{
		{"certs.etcd", bundle.Certs.Etcd, reference.Certs.Etcd},
		{"certs.k8s", bundle.Certs.K8s, reference.Certs.K8s},
		{"certs.k8saggregator", bundle.Certs.K8sAggregator, reference.Certs.K8sAggregator},
		{"certs.os", bundle.Certs.OS, reference.Certs.OS},
	}

	keysSeen := map[string]string{}

	for _, p := range pairs {
		cert := judgeCA(r, p.name, p.got, now, true)
		if cert == nil {
			continue
		}

		if other, seen := keysSeen[string(cert.RawSubjectPublicKeyInfo)]; seen {
			r.problem("%s: has the same key as %s", p.name, other)
		}

		keysSeen[string(cert.RawSubjectPublicKeyInfo)] = p.name

		compareCA(r, p.name, p.got, p.want)
	}

	if bundle.Certs.K8sServiceAccount != nil {
		got, _, kerr := keyShape(bundle.Certs.K8sServiceAccount.Key)
		if r.check("certs.k8sserviceaccount", kerr) {
			if want, _, werr := keyShape(reference.Certs.K8sServiceAccount.Key); werr == nil {
				got.compare(r, "certs.k8sserviceaccount", want)
			}
		}
	}

	judgeTokens(r, bundle, reference)
	compareKeys(r, raw, reference)

	if again, merr := yaml.Marshal(bundle); merr == nil && !bytes.Equal(again, raw) {
		r.diff("talosctl would write the file with other bytes")
	}
}

// compareCA compares the form of a CA pair with the one Talos made.
func compareCA(r *Report, where string, got, want *x509.PEMEncodedCertificateAndKey) {
	gotCert, gotBlock, err := parseCert(got.Crt)
	if err != nil {
		return
	}

	wantCert, wantBlock, err := parseCert(want.Crt)
	if err != nil {
		r.problem("reference %s: %s", where, err)

		return
	}

	certShape(got.Crt, gotCert, gotBlock, gotCert).compare(r, where, certShape(want.Crt, wantCert, wantBlock, wantCert))
	compareValidity(r, where, gotCert, wantCert.NotAfter.Sub(wantCert.NotBefore), clockTolerance)

	gotKey, _, err := keyShape(got.Key)
	if err != nil {
		return
	}

	wantKey, _, err := keyShape(want.Key)
	if err != nil {
		r.problem("reference %s: %s", where, err)

		return
	}

	gotKey.compare(r, where, wantKey)
}
