package main

import (
	"bytes"
	stdx509 "crypto/x509"
	"time"

	"github.com/siderolabs/crypto/x509"
)

// judgeCA says everything that makes a CA pair unusable and returns its
// certificate, or nil.
func judgeCA(r *Report, where string, pair *x509.PEMEncodedCertificateAndKey, now time.Time, wantKey bool) *stdx509.Certificate {
	if pair == nil {
		r.problem("%s: missing", where)

		return nil
	}

	cert, block, err := parseCert(pair.Crt)
	if err != nil {
		r.problem("%s: certificate: %s", where, err)

		return nil
	}

	if block.Type != "CERTIFICATE" {
		r.problem("%s: certificate PEM label is %q", where, block.Type)
	}

	if !bytes.Equal(cert.RawIssuer, cert.RawSubject) {
		r.problem("%s: issuer %q is not the subject %q", where, cert.Issuer, cert.Subject)
	}

	// Certificate.CheckSignatureFrom refuses parents that are no CA: keep the two apart.
	if err = cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		r.problem("%s: not self-signed: %s", where, err)
	}

	if !cert.BasicConstraintsValid || !cert.IsCA {
		r.problem("%s: not CA:TRUE", where)
	}

	if cert.KeyUsage&stdx509.KeyUsageCertSign == 0 {
		r.problem("%s: key usage has no certSign", where)
	}

	judgeTime(r, where, cert, now)

	if len(cert.UnhandledCriticalExtensions) > 0 {
		r.problem("%s: unhandled critical extensions %v", where, cert.UnhandledCriticalExtensions)
	}

	if !wantKey {
		if len(pair.Key) > 0 {
			r.problem("%s: has a private key where none belongs", where)
		}

		return cert
	}

	_, key, err := keyShape(pair.Key)
	if err != nil {
		r.problem("%s: key: %s", where, err)

		return cert
	}

	if !samePublic(key.Public(), cert.PublicKey) {
		r.problem("%s: key doesn't match the certificate", where)
	}

	// The way Talos itself takes the pair into use: parse, issue a leaf, verify the leaf.
	ca, err := x509.NewCertificateAuthorityFromCertificateAndKey(pair)
	if err != nil {
		r.problem("%s: siderolabs/crypto refuses it as an authority: %s", where, err)

		return cert
	}

	leaf, err := x509.NewKeyPair(ca,
		x509.CommonName("judge"),
		x509.NotAfter(now.Add(time.Hour)),
		x509.KeyUsage(stdx509.KeyUsageDigitalSignature),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageClientAuth}),
	)
	if err != nil {
		r.problem("%s: siderolabs/crypto can't issue with it: %s", where, err)

		return cert
	}

	pool := stdx509.NewCertPool()
	pool.AddCert(cert)

	leafCert, err := stdx509.ParseCertificate(leaf.Certificate.Certificate[0])
	if err == nil {
		// the CA's own dates are judged above
		_, err = leafCert.Verify(stdx509.VerifyOptions{
			Roots:       pool,
			CurrentTime: leafCert.NotBefore.Add(time.Second),
			KeyUsages:   []stdx509.ExtKeyUsage{stdx509.ExtKeyUsageClientAuth},
		})
	}

	if err != nil {
		r.problem("%s: a certificate issued with it doesn't verify: %s", where, err)
	}

	return cert
}

func judgeTime(r *Report, where string, cert *stdx509.Certificate, now time.Time) {
	if now.After(cert.NotAfter) {
		r.problem("%s: expired at %s", where, cert.NotAfter.UTC().Format(time.RFC3339))
	}

	if now.Before(cert.NotBefore) {
		r.problem("%s: not valid before %s", where, cert.NotBefore.UTC().Format(time.RFC3339))
	}
}
