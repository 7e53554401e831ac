package main

import (
	"fmt"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/config"
)

// judgeConfigPKI looks at the key pairs a node takes from its configuration.
func judgeConfigPKI(r *Report, cfg config.Provider) {
	now := time.Now()
	controlPlane := cfg.Machine().Type().IsControlPlane()

	// a worker may know its CAs from acceptedCAs alone
	if controlPlane || cfg.Machine().Security().IssuingCA() != nil || len(cfg.Machine().Security().AcceptedCAs()) == 0 {
		judgeCA(r, "machine.ca", cfg.Machine().Security().IssuingCA(), now, controlPlane)
	}

	if controlPlane || cfg.Cluster().IssuingCA() != nil || len(cfg.Cluster().AcceptedCAs()) == 0 {
		judgeCA(r, "cluster.ca", cfg.Cluster().IssuingCA(), now, controlPlane)
	}

	for i, ca := range cfg.Machine().Security().AcceptedCAs() {
		judgeAccepted(r, fmt.Sprintf("machine.acceptedCAs[%d]", i), ca)
	}

	for i, ca := range cfg.Cluster().AcceptedCAs() {
		judgeAccepted(r, fmt.Sprintf("cluster.acceptedCAs[%d]", i), ca)
	}

	if token := cfg.Machine().Security().Token(); !tokenForm.MatchString(token) {
		r.problem("machine.token: is not of the form xxxxxx.xxxxxxxxxxxxxxxx")
	}

	if !controlPlane {
		return
	}

	judgeCA(r, "cluster.aggregatorCA", cfg.Cluster().AggregatorCA(), now, true)
	judgeCA(r, "cluster.etcd.ca", cfg.Cluster().Etcd().CA(), now, true)

	if sa := cfg.Cluster().ServiceAccount(); sa == nil {
		r.problem("cluster.serviceAccount: missing")
	} else if _, _, err := keyShape(sa.Key); err != nil {
		r.problem("cluster.serviceAccount: %s", err)
	}
}

func judgeAccepted(r *Report, where string, ca *x509.PEMEncodedCertificate) {
	_, certs, err := poolOf(ca.Crt)
	if err != nil {
		r.problem("%s: %s", where, err)

		return
	}

	for _, cert := range certs {
		if !cert.IsCA {
			r.problem("%s: not CA:TRUE", where)
		}

		judgeTime(r, where, cert, time.Now())
	}
}
