package main

import (
	"context"
	stdx509 "crypto/x509"
	"encoding/pem"
	"net/netip"
	"slices"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/resources/secrets"
)

func cmdCSR(args []string) (int, error) {
	var (
		endpoints, orgs stringsFlag
		timeout         time.Duration
	)

	fs := newFlags("csr")
	configPath := fs.String("config", "", "machine configuration with the token and the CA")
	token := fs.String("token", "", "use this token instead")
	fs.Var(&endpoints, "endpoint", "trustd at HOST:PORT (repeatable)")
	fs.Var(&orgs, "org", "organization to ask for, which trustd must refuse to grant")
	fs.DurationVar(&timeout, "timeout", 6*time.Second, "how long to try")

	if _, err := parseArgs(fs, args, 0); err != nil {
		return 2, err
	}

	if len(endpoints) == 0 || *configPath == "" {
		return 2, usageError("want --endpoint and --config")
	}

	r := newReport("csr")

	cfg, err := configloader.NewFromFile(*configPath)
	if !r.check("config", err) {
		return r.finish()
	}

	root, err := rootOf(cfg)
	if !r.check("config", err) {
		return r.finish()
	}

	if *token != "" {
		root.Token = *token
	}

	sans := sansOf(&secrets.OSRootSpec{}, "judge-worker", []netip.Addr{netip.MustParseAddr("127.0.0.1")})
	judgeCSR(r, root, sans, endpoints, orgs, timeout)

	return r.finish()
}

func judgeCSR(r *Report, root *secrets.OSRootSpec, sans *secrets.CertSANSpec, endpoints, orgs []string, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()

	var opts []x509.Option
	if len(orgs) > 0 {
		opts = append(opts, x509.Organization(orgs...))
	}

	ca, pair, err := requestCert(ctx, root, sans, endpoints, opts...)
	if !r.check("trustd", err) {
		return
	}

	cert, _, err := parseCert(pair.Crt)
	if !r.check("certificate from trustd", err) {
		return
	}

	// judged against what the node had before it asked, not against what came back
	pool := stdx509.NewCertPool()

	for _, c := range root.AcceptedCAs {
		pool.AppendCertsFromPEM(c.Crt)
	}

	now := time.Now()

	_, err = cert.Verify(stdx509.VerifyOptions{
		Roots:       pool,
		CurrentTime: now,
		DNSName:     sans.FQDN,
		KeyUsages:   []stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth},
	})
	r.check("certificate from trustd", err)

	if !slices.Equal(cert.ExtKeyUsage, []stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}) {
		r.problem("certificate from trustd: extended key usage is %q", extKeyUsageString(cert))
	}

	if len(cert.Subject.Organization) > 0 {
		r.problem("certificate from trustd: was granted the organization %q", cert.Subject.Organization)
	}

	_, key, err := keyShape(pair.Key)
	if r.check("key of the CSR", err) && !samePublic(key.Public(), cert.PublicKey) {
		r.problem("certificate from trustd: is for another key")
	}

	if block, _ := pem.Decode(ca); block == nil {
		r.problem("trustd returned no CA")
	}

	r.Facts["subject"] = cert.Subject.String()
	r.Facts["notAfter"] = cert.NotAfter.UTC().Format(time.RFC3339)
}
