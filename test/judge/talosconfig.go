package main

import (
	"bytes"
	stdx509 "crypto/x509"
	"encoding/base64"
	"os"
	"slices"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/client"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
)

func cmdTalosconfig(args []string) (int, error) {
	var roles stringsFlag

	fs := newFlags("talosconfig")
	bundlePath := fs.String("bundle", "", "secrets bundle whose OS CA must have issued the certificate")
	contextName := fs.String("context", "", "context to judge (default: the current one)")
	ttl := fs.Duration("ttl", constants.TalosAPIDefaultCertificateValidityDuration, "expected lifetime, 0 to skip")
	fs.Var(&roles, "roles", "expected roles (default os:admin)")

	files, err := parseArgs(fs, args, 1)
	if err != nil {
		return 2, err
	}

	if *bundlePath == "" {
		return 2, usageError("want --bundle")
	}

	if len(roles) == 0 {
		roles = stringsFlag{string(role.Admin)}
	}

	r := newReport("talosconfig")
	judgeTalosconfig(r, files[0], *bundlePath, *contextName, roles, *ttl)

	return r.finish()
}

func judgeTalosconfig(r *Report, path, bundlePath, contextName string, wantRoles []string, ttl time.Duration) {
	now := time.Now()

	// Not clientconfig.Open, which makes the file when there is none.
	raw, err := os.ReadFile(path)
	if !r.check("read", err) {
		return
	}

	cfg, err := clientconfig.FromBytes(raw)
	if !r.check("client/config", err) {
		return
	}

	if contextName == "" {
		contextName = cfg.Context
	}

	ctx := cfg.Contexts[contextName]
	if ctx == nil {
		r.problem("no context %q", contextName)

		return
	}

	r.Facts["context"] = contextName
	r.Facts["endpoints"] = ctx.Endpoints
	r.Facts["nodes"] = ctx.Nodes

	if again, berr := cfg.Bytes(); berr == nil && !bytes.Equal(again, raw) {
		r.diff("talosctl would write the file with other bytes")
	}

	ca, err := base64.StdEncoding.DecodeString(ctx.CA)
	if !r.check("ca", err) {
		return
	}

	crt, err := base64.StdEncoding.DecodeString(ctx.Crt)
	if !r.check("crt", err) {
		return
	}

	key, err := base64.StdEncoding.DecodeString(ctx.Key)
	if !r.check("key", err) {
		return
	}

	// The way the real client reads the same context.
	if _, err = client.CertificateFromConfigContext(ctx); err != nil {
		r.problem("talosctl's client refuses the client certificate: %s", oneLine(err.Error()))
	}

	_, caCerts, err := poolOf(ca)
	if !r.check("ca", err) {
		return
	}

	for _, c := range caCerts {
		if !c.IsCA {
			r.problem("ca: %q is not CA:TRUE", c.Subject)
		}

		judgeTime(r, "ca", c, now)
	}

	bundle, err := readBundle(bundlePath)
	if !r.check("bundle", err) {
		return
	}

	roots, osCA, err := poolOf(bundle.Certs.OS.Crt)
	if !r.check("bundle", err) {
		return
	}

	if !slices.ContainsFunc(caCerts, func(c *stdx509.Certificate) bool { return bytes.Equal(c.Raw, osCA[0].Raw) }) {
		r.problem("ca: doesn't have the OS CA of the bundle, the client would refuse the nodes")
	}

	cert := judgeClientLeaf(r, "client certificate", crt, key, roots, now, true)
	if cert == nil {
		return
	}

	got, unknown := role.Parse(cert.Subject.Organization)
	want, _ := role.Parse(wantRoles)

	r.Facts["roles"] = got.Strings()

	if !slices.Equal(got.Strings(), want.Strings()) {
		r.problem("roles are %v, expected %v", got.Strings(), want.Strings())
	}

	if len(unknown) > 0 {
		r.problem("roles unknown to Talos: %v", unknown)
	}

	if ttl != 0 {
		compareValidity(r, "client certificate", cert, ttl, clockTolerance)
	}

	reference, err := bundle.GenerateTalosAPIClientCertificateWithTTL(want, time.Hour)
	if !r.check("make the reference certificate", err) {
		return
	}

	compareLeaf(r, "client certificate", crt, key, reference.Crt, reference.Key, bundle.Certs.OS.Crt)
}

// compareLeaf compares the form of a client certificate with the one Talos made.
func compareLeaf(r *Report, where string, crt, key, wantCrt, wantKey, issuerPEM []byte) {
	issuer, _, err := parseCert(issuerPEM)
	if err != nil {
		r.problem("issuer of %s: %s", where, err)

		return
	}

	gotCert, gotBlock, err := parseCert(crt)
	if err != nil {
		return
	}

	wantCert, wantBlock, err := parseCert(wantCrt)
	if err != nil {
		r.problem("reference %s: %s", where, err)

		return
	}

	certShape(crt, gotCert, gotBlock, issuer).compare(r, where, certShape(wantCrt, wantCert, wantBlock, issuer))

	gotKey, _, err := keyShape(key)
	if err != nil {
		return
	}

	if wantKeyShape, _, werr := keyShape(wantKey); werr == nil {
		gotKey.compare(r, where, wantKeyShape)
	}
}
