package main

import (
	"bytes"
	stdx509 "crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"
)

// shape is everything about a certificate or key that does not depend on
// chance or on the clock, as name=value lines that can be compared.
type shape map[string]string

func (s shape) compare(r *Report, where string, want shape) {
	for _, k := range keysOf(s, want) {
		if s[k] != want[k] {
			r.diff("%s: %s is %q, Talos makes %q", where, k, s[k], want[k])
		}
	}
}

func certShape(data []byte, cert *stdx509.Certificate, block *pem.Block, issuer *stdx509.Certificate) shape {
	serial := "positive, at most 16 bytes"

	switch {
	case cert.SerialNumber.Sign() <= 0:
		serial = "not positive"
	case len(cert.SerialNumber.Bytes()) > 16:
		serial = fmt.Sprintf("%d bytes", len(cert.SerialNumber.Bytes()))
	case len(cert.SerialNumber.Bytes()) < 8:
		serial = fmt.Sprintf("only %d bytes", len(cert.SerialNumber.Bytes()))
	}

	extensions := extensionShape(cert)
	sans := len(cert.DNSNames) + len(cert.IPAddresses) + len(cert.EmailAddresses) + len(cert.URIs)

	return shape{
		"PEM label":            block.Type,
		"PEM headers":          fmt.Sprint(len(block.Headers)),
		"PEM text":             pemForm(data, block),
		"version":              fmt.Sprint(cert.Version),
		"signature algorithm":  cert.SignatureAlgorithm.String(),
		"public key":           publicKeyKind(cert.PublicKey),
		"subject":              nameShape(cert.RawSubject),
		"issuer":               nameShape(cert.RawIssuer),
		"key usage":            keyUsageString(cert.KeyUsage),
		"extended key usage":   extKeyUsageString(cert),
		"basic constraints":    fmt.Sprintf("present=%v CA=%v maxPathLen=%d zero=%v", cert.BasicConstraintsValid, cert.IsCA, cert.MaxPathLen, cert.MaxPathLenZero),
		"extensions":           strings.Join(slices.Sorted(slices.Values(extensions)), " "),
		"extension order":      strings.Join(extensions, " "),
		"subject key id":       skidForm(cert),
		"authority key id":     akidForm(cert, issuer),
		"subject alt names":    fmt.Sprint(sans),
		"serial number":        serial,
		"unhandled extensions": fmt.Sprint(len(cert.UnhandledCriticalExtensions)),
	}
}

// compareValidity compares the length of validity, with a tolerance for the clock.
func compareValidity(r *Report, where string, cert *stdx509.Certificate, want, tolerance time.Duration) {
	got := cert.NotAfter.Sub(cert.NotBefore)

	if d := got - want; d > tolerance || d < -tolerance {
		r.diff("%s: valid for %s, Talos makes %s", where, got, want)
	}
}

// nameShape shows a distinguished name with the string types of its values.
func nameShape(raw []byte) string {
	var rdns []asn1.RawValue

	if _, err := asn1.Unmarshal(raw, &rdns); err != nil {
		return "unreadable: " + err.Error()
	}

	var parts []string

	for _, set := range rdns {
		rest := set.Bytes

		for len(rest) > 0 {
			var atv struct {
				Type  asn1.ObjectIdentifier
				Value asn1.RawValue
			}

			var err error

			if rest, err = asn1.Unmarshal(rest, &atv); err != nil {
				return "unreadable: " + err.Error()
			}

			parts = append(parts, fmt.Sprintf("%s=(tag %d)%s", atv.Type, atv.Value.Tag, atv.Value.Bytes))
		}
	}

	return strings.Join(parts, "/")
}

// extensionShape lists the extensions in their order, the critical ones with a mark.
func extensionShape(cert *stdx509.Certificate) []string {
	list := make([]string, 0, len(cert.Extensions))

	for _, e := range cert.Extensions {
		s := e.Id.String()
		if e.Critical {
			s += "!"
		}

		list = append(list, s)
	}

	return list
}

// skidForm tells how the subject key id was made: Talos takes 20 random bytes.
func skidForm(cert *stdx509.Certificate) string {
	if len(cert.SubjectKeyId) == 0 {
		return "absent"
	}

	return fmt.Sprintf("%d bytes", len(cert.SubjectKeyId))
}

func akidForm(cert *stdx509.Certificate, issuer *stdx509.Certificate) string {
	switch {
	case len(cert.AuthorityKeyId) == 0:
		return "absent"
	case issuer != nil && bytes.Equal(cert.AuthorityKeyId, issuer.SubjectKeyId):
		return "issuer's subject key id"
	default:
		return "something else: " + hex.EncodeToString(cert.AuthorityKeyId)
	}
}
