package main

import (
	stdx509 "crypto/x509"
	"slices"
	"time"
)

// judgeClientLeaf says everything that makes a client certificate unusable for
// a server that trusts roots and, like apid, wants exactly clientAuth.
func judgeClientLeaf(r *Report, where string, crtPEM, keyPEM []byte, roots *stdx509.CertPool, now time.Time, exactEKU bool) *stdx509.Certificate {
	cert, block, err := parseCert(crtPEM)
	if err != nil {
		r.problem("%s: certificate: %s", where, err)

		return nil
	}

	if block.Type != "CERTIFICATE" {
		r.problem("%s: certificate PEM label is %q", where, block.Type)
	}

	if _, err = cert.Verify(stdx509.VerifyOptions{
		Roots:       roots,
		CurrentTime: now,
		KeyUsages:   []stdx509.ExtKeyUsage{stdx509.ExtKeyUsageClientAuth},
	}); err != nil {
		r.problem("%s: doesn't verify for client authentication: %s", where, err)
	}

	judgeTime(r, where, cert, now)

	if cert.IsCA {
		r.problem("%s: is itself a CA", where)
	}

	ekus := cert.ExtKeyUsage

	switch {
	case exactEKU && !(len(cert.UnknownExtKeyUsage) == 0 && slices.Equal(ekus, []stdx509.ExtKeyUsage{stdx509.ExtKeyUsageClientAuth})):
		r.problem("%s: extended key usage is %q, must be exactly clientAuth", where, extKeyUsageString(cert))
	case !slices.Contains(ekus, stdx509.ExtKeyUsageClientAuth):
		r.problem("%s: extended key usage is %q, has no clientAuth", where, extKeyUsageString(cert))
	}

	if cert.KeyUsage&stdx509.KeyUsageDigitalSignature == 0 {
		r.problem("%s: key usage has no digitalSignature", where)
	}

	_, key, err := keyShape(keyPEM)
	if err != nil {
		r.problem("%s: key: %s", where, err)

		return cert
	}

	if !samePublic(key.Public(), cert.PublicKey) {
		r.problem("%s: key doesn't match the certificate", where)
	}

	return cert
}
