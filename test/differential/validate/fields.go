package main

import (
	"encoding"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
)

// dumpFields lists every kind of document with the dotted paths that it reads; [] stands for the items of a list, {}
// for the values of a map.
func dumpFields(machinery string) (map[string][]string, error) {
	kinds, err := documentKinds(machinery)
	if err != nil {
		return nil, err
	}

	fields := map[string][]string{}

	for _, kind := range append([]string{""}, kinds...) {
		source := "apiVersion: v1alpha1\nkind: " + kind + "\n"
		if kind == "" {
			source = "version: v1alpha1\nmachine: {}\n"
		}

		if kind == "VethConfig" { // rejects two ends of one name
			source += "name: a\npeer: {name: b}\n"
		}

		provider, err := configloader.NewFromBytes([]byte(source))
		if err != nil {
			continue // not a kind of document
		}

		fields[kind] = fieldsOf(reflect.TypeOf(provider.Documents()[0]), "", nil)
	}

	return fields, nil
}

// documentKinds reads the kinds out of the sources: the registry is internal to the module.
func documentKinds(machinery string) ([]string, error) {
	pattern := regexp.MustCompile(`=\s*"([A-Z]\w+)"`)
	kinds := map[string]bool{}

	err := filepath.Walk(filepath.Join(machinery, "config", "types"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}

		source, err := os.ReadFile(path)

		for _, match := range pattern.FindAllStringSubmatch(string(source), -1) {
			kinds[match[1]] = true
		}

		return err
	})

	list := make([]string, 0, len(kinds))
	for kind := range kinds {
		list = append(list, kind)
	}

	slices.Sort(list)

	return list, err
}

func fieldsOf(t reflect.Type, path string, within []reflect.Type) []string {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) || slices.Contains(within, t) {
		return nil
	}

	switch t.Kind() { //nolint:exhaustive
	case reflect.Pointer:
		return fieldsOf(t.Elem(), path, within)
	case reflect.Slice:
		return fieldsOf(t.Elem(), path+"[]", within)
	case reflect.Map:
		return fieldsOf(t.Elem(), path+"{}", within)
	case reflect.Struct:
	default:
		return nil
	}

	var fields []string

	for i := range t.NumField() {
		field := t.Field(i)
		name, flags, _ := strings.Cut(field.Tag.Get("yaml"), ",")

		if !field.IsExported() || name == "-" {
			continue
		}

		if strings.Contains(flags, "inline") {
			fields = append(fields, fieldsOf(field.Type, path, within)...)

			continue
		}

		if name == "" {
			name = strings.ToLower(field.Name)
		}

		at := strings.TrimPrefix(path+"."+name, ".")
		fields = append(append(fields, at), fieldsOf(field.Type, at, append(within, t))...)
	}

	return fields
}
