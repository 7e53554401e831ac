package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	stdx509 "crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// parseKey reads a private key in any of the DER forms Go knows.
func parseKey(block *pem.Block) (key crypto.Signer, form string, err error) {
	type parser struct {
		form string
		fn   func([]byte) (any, error)
	}

	for _, p := range []parser{
		{"PKCS8", stdx509.ParsePKCS8PrivateKey},
		{"SEC1", func(b []byte) (any, error) { return stdx509.ParseECPrivateKey(b) }},
		{"PKCS1", func(b []byte) (any, error) { return stdx509.ParsePKCS1PrivateKey(b) }},
	} {
		k, perr := p.fn(block.Bytes)
		if perr != nil {
			continue
		}

		signer, ok := k.(crypto.Signer)
		if !ok {
			return nil, "", fmt.Errorf("%T can't sign", k)
		}

		return signer, p.form, nil
	}

	return nil, "", errors.New("private key is neither PKCS8 nor SEC1 nor PKCS1")
}

func publicKeyKind(pub crypto.PublicKey) string {
	switch k := pub.(type) {
	case ed25519.PublicKey:
		return "Ed25519"
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d e=%d", k.N.BitLen(), k.E)
	default:
		return fmt.Sprintf("%T", pub)
	}
}

func samePublic(a, b crypto.PublicKey) bool {
	eq, ok := a.(interface{ Equal(crypto.PublicKey) bool })

	return ok && eq.Equal(b)
}

func keyShape(data []byte) (shape, crypto.Signer, error) {
	block, err := onePEM(data)
	if err != nil {
		return nil, nil, err
	}

	key, form, err := parseKey(block)
	if err != nil {
		return nil, nil, err
	}

	return shape{
		"key PEM label":   block.Type,
		"key PEM headers": fmt.Sprint(len(block.Headers)),
		"key PEM text":    pemForm(data, block),
		"key DER form":    form,
		"key DER length":  derLength(key, block),
		"key algorithm":   publicKeyKind(key.Public()),
	}, key, nil
}

// derLength is the length of the key's encoding where that is constant.
func derLength(key crypto.Signer, block *pem.Block) string {
	if _, ok := key.(*rsa.PrivateKey); ok {
		return "varies"
	}

	return fmt.Sprint(len(block.Bytes))
}
