package main

import (
	"bytes"
	stdx509 "crypto/x509"
	"encoding/pem"
	"errors"
)

// onePEM decodes exactly one PEM block and nothing else.
func onePEM(data []byte) (*pem.Block, error) {
	block, rest := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no PEM block")
	}

	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("data after the PEM block")
	}

	return block, nil
}

func pemForm(data []byte, block *pem.Block) string {
	if bytes.Equal(pem.EncodeToMemory(block), data) {
		return "canonical"
	}

	return "not as Go's pem.Encode writes it"
}

func parseCert(data []byte) (*stdx509.Certificate, *pem.Block, error) {
	block, err := onePEM(data)
	if err != nil {
		return nil, nil, err
	}

	cert, err := stdx509.ParseCertificate(block.Bytes)

	return cert, block, err
}

// poolOf makes a pool of every certificate in the PEM texts.
func poolOf(pems ...[]byte) (*stdx509.CertPool, []*stdx509.Certificate, error) {
	pool := stdx509.NewCertPool()

	var certs []*stdx509.Certificate

	for _, data := range pems {
		found := 0

		for rest := data; ; {
			var block *pem.Block

			block, rest = pem.Decode(rest)
			if block == nil {
				if len(bytes.TrimSpace(rest)) > 0 {
					return nil, nil, errors.New("something that is no PEM among the CA certificates")
				}

				break
			}

			cert, err := stdx509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, err
			}

			pool.AddCert(cert)

			certs = append(certs, cert)
			found++
		}

		if found == 0 {
			return nil, nil, errors.New("no CA certificate")
		}
	}

	return pool, certs, nil
}
