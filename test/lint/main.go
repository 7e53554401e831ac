// Command lint tells what zlint, the linter of the Web PKI, says to certificates: a JSON list of PEM on stdin, for
// each a list of findings on stdout.
package main

import (
	"encoding/json"
	"encoding/pem"
	"log"
	"os"
	"sort"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

type finding struct {
	Lint   string `json:"lint"`
	Status string `json:"status"`
}

func main() {
	var certificates []string
	if err := json.NewDecoder(os.Stdin).Decode(&certificates); err != nil {
		log.Fatal(err)
	}

	// Only rules for every X.509 certificate: the Baseline Requirements are for public web sites.
	registry, err := lint.GlobalRegistry().Filter(lint.FilterOptions{
		IncludeSources: lint.SourceList{lint.RFC5280, lint.RFC3279, lint.RFC5480, lint.RFC8813},
	})
	if err != nil {
		log.Fatal(err)
	}

	answers := make([][]finding, len(certificates))

	for i, text := range certificates {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			log.Fatalf("certificate %d is no PEM", i)
		}

		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			log.Fatalf("certificate %d: %v", i, err)
		}

		answers[i] = findings(zlint.LintCertificateEx(certificate, registry))
	}

	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}

func findings(results *zlint.ResultSet) []finding {
	found := []finding{}

	for name, result := range results.Results {
		if result.Status >= lint.Notice {
			found = append(found, finding{Lint: name, Status: result.Status.String()})
		}
	}

	sort.Slice(found, func(i, j int) bool { return found[i].Lint < found[j].Lint })

	return found
}
