package main

import (
	stdx509 "crypto/x509"
	"fmt"
	"strings"
)

var keyUsageNames = []string{
	"digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement",
	"certSign", "crlSign", "encipherOnly", "decipherOnly",
}

func keyUsageString(ku stdx509.KeyUsage) string {
	var names []string

	for i, name := range keyUsageNames {
		if ku&(1<<i) != 0 {
			names = append(names, name)
		}
	}

	return strings.Join(names, ",")
}

func extKeyUsageString(cert *stdx509.Certificate) string {
	known := map[stdx509.ExtKeyUsage]string{
		stdx509.ExtKeyUsageAny:        "any",
		stdx509.ExtKeyUsageServerAuth: "serverAuth",
		stdx509.ExtKeyUsageClientAuth: "clientAuth",
	}

	names := make([]string, 0, len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage))

	for _, eku := range cert.ExtKeyUsage {
		name, ok := known[eku]
		if !ok {
			name = fmt.Sprintf("eku#%d", eku)
		}

		names = append(names, name)
	}

	for _, oid := range cert.UnknownExtKeyUsage {
		names = append(names, oid.String())
	}

	return strings.Join(names, ",")
}
