package main

import (
	"bytes"
	"encoding/base64"
	"regexp"

	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
)

var tokenForm = regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`)

func judgeTokens(r *Report, bundle, reference *secrets.Bundle) {
	for _, t := range []struct{ name, token string }{
		{"secrets.bootstraptoken", bundle.Secrets.BootstrapToken},
		{"trustdinfo.token", bundle.TrustdInfo.Token},
	} {
		if !tokenForm.MatchString(t.token) {
			r.problem("%s: is not of the form xxxxxx.xxxxxxxxxxxxxxxx", t.name)
		}
	}

	if bundle.Secrets.BootstrapToken == bundle.TrustdInfo.Token {
		r.problem("trustdinfo.token is the same as secrets.bootstraptoken")
	}

	blobs := []struct {
		name      string
		got, want string
		enc       *base64.Encoding
	}{
		{"cluster.id", bundle.Cluster.ID, reference.Cluster.ID, base64.URLEncoding},
		{"cluster.secret", bundle.Cluster.Secret, reference.Cluster.Secret, base64.StdEncoding},
		{"secrets.secretboxencryptionsecret", bundle.Secrets.SecretboxEncryptionSecret, reference.Secrets.SecretboxEncryptionSecret, base64.StdEncoding},
		{"secrets.aescbcencryptionsecret", bundle.Secrets.AESCBCEncryptionSecret, reference.Secrets.AESCBCEncryptionSecret, base64.StdEncoding},
	}

	seen := map[string]string{}

	for _, b := range blobs {
		if b.got == "" {
			// whether it should be there is the business of compareKeys and Validate
			continue
		}

		data, err := b.enc.Strict().DecodeString(b.got)
		if err != nil {
			r.problem("%s: %s", b.name, err)

			continue
		}

		size := 32

		if b.want != "" {
			if want, werr := b.enc.DecodeString(b.want); werr == nil {
				size = len(want)
			}
		}

		if len(data) != size {
			r.problem("%s: holds %d bytes, Talos makes %d", b.name, len(data), size)
		}

		if len(data) > 0 && bytes.Count(data, data[:1]) == len(data) {
			r.problem("%s: all bytes are the same", b.name)
		}

		if other, ok := seen[string(data)]; ok {
			r.problem("%s: is the same as %s", b.name, other)
		}

		seen[string(data)] = b.name
	}
}
