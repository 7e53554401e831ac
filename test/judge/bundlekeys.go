package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"go.yaml.in/yaml/v4"
)

// compareKeys compares which keys the YAML documents have.
func compareKeys(r *Report, raw []byte, reference *secrets.Bundle) {
	wantRaw, err := yaml.Marshal(reference)
	if err != nil {
		r.problem("marshal the reference bundle: %s", err)

		return
	}

	got, err := yamlPaths(raw)
	if !r.check("keys", err) {
		return
	}

	want, err := yamlPaths(wantRaw)
	if !r.check("reference keys", err) {
		return
	}

	for _, k := range keysOf(got, want) {
		_, inGot := got[k]
		_, inWant := want[k]

		switch {
		case inGot && !inWant:
			r.diff("key %s is there, Talos writes none", k)
		case !inGot && inWant:
			r.diff("key %s is missing", k)
		case got[k] != want[k]:
			r.diff("key %s is a YAML %s, Talos writes a %s", k, got[k], want[k])
		}
	}
}

// yamlPaths lists the paths of all leaves of the only document in raw.
func yamlPaths(raw []byte) (map[string]string, error) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))

	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}

	var more any
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one YAML document")
	}

	paths := map[string]string{}
	walkPaths("", doc, paths)

	return paths, nil
}

func walkPaths(prefix string, v any, out map[string]string) {
	switch t := v.(type) {
	case map[string]any:
		for k, e := range t {
			walkPaths(strings.TrimPrefix(prefix+"."+k, "."), e, out)
		}
	case nil:
		out[prefix] = "null"
	default:
		out[prefix] = fmt.Sprintf("%T", t)
	}
}
