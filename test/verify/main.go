// Command verify tells what Go's crypto/x509 says to chains of certificates: JSON cases on stdin, verdicts on stdout.
package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"os"
	"time"
)

type testCase struct {
	// PEM, the leaf first.
	Certificates string    `json:"certificates"`
	Trust        string    `json:"trust"`
	Purpose      string    `json:"purpose"`
	Now          time.Time `json:"now"`
	// DNS name or IP address; empty: any.
	Name string `json:"name"`
}

type verdict struct {
	OK bool `json:"ok"`
	// Whether Go's parser does not read one of the certificates.
	Unreadable bool   `json:"unreadable,omitempty"`
	Error      string `json:"error,omitempty"`
}

var errUnreadable = errors.New("cannot be read")

var usages = map[string]x509.ExtKeyUsage{
	"client":           x509.ExtKeyUsageClientAuth,
	"kubernetesClient": x509.ExtKeyUsageClientAuth,
	"server":           x509.ExtKeyUsageServerAuth,
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		log.Fatal(err)
	}

	verdicts := make([]verdict, len(cases))

	for i, c := range cases {
		verdicts[i].OK = true
		if err := verify(c); err != nil {
			verdicts[i] = verdict{Error: err.Error(), Unreadable: errors.Is(err, errUnreadable)}
		}
	}

	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}

func verify(c testCase) error {
	certificates, err := parse(c.Certificates)
	if err != nil {
		return err
	}

	trusted, err := parse(c.Trust)
	if err != nil {
		return err
	}

	if len(certificates) == 0 {
		return errors.New("no certificate")
	}

	chains, err := certificates[0].Verify(x509.VerifyOptions{
		Roots:         pool(trusted),
		Intermediates: pool(certificates[1:]),
		CurrentTime:   c.Now,
		KeyUsages:     []x509.ExtKeyUsage{usages[c.Purpose]},
		DNSName:       c.Name,
	})
	if err != nil || c.Purpose != "client" {
		return err
	}

	return exactUsage(chains[0])
}

// exactUsage is the further rule of apid: whoever is no authority is good for client authentication and nothing else.
func exactUsage(chain []*x509.Certificate) error {
	for _, certificate := range chain {
		usages := certificate.ExtKeyUsage
		if !certificate.IsCA && (len(usages) != 1 || usages[0] != x509.ExtKeyUsageClientAuth) {
			return fmt.Errorf("%q is not for client authentication alone", certificate.Subject)
		}
	}

	return nil
}

func pool(certificates []*x509.Certificate) *x509.CertPool {
	all := x509.NewCertPool()
	for _, certificate := range certificates {
		all.AddCert(certificate)
	}

	return all
}

func parse(text string) (all []*x509.Certificate, err error) {
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUnreadable, err)
		}

		all = append(all, certificate)
	}

	return all, nil
}
