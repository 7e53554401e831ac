package main

import (
	"encoding"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
)

// schema is what a config patch needs to know of the Go types behind the documents, in a compact notation:
//
//	s string, b bool, i8..i64, u8..u64, f64, a anything
//	*T pointer, [T list, [name:T list with a merge of its own, {T map
//	=name struct, %name enumeration, !name type with its own reading and writing
type schema struct {
	Documents map[string]document `json:"documents"`
	Structs   map[string]string   `json:"structs"`
	Enums     map[string]string   `json:"enums"`
}

type document struct {
	Type      string   `json:"type"`
	Named     bool     `json:"named,omitempty"`
	Conflicts []string `json:"conflicts,omitempty"`
}

// Types that read and write themselves, by the name that the notation has for them.
var custom = map[string]string{
	"x509.PEMEncodedCertificateAndKey": "certKey",
	"x509.PEMEncodedCertificate":       "cert",
	"x509.PEMEncodedKey":               "key",
	"v1alpha1.Endpoint":                "endpoint",
	"meta.URL":                         "url",
	"time.Duration":                    "duration",
	"v1alpha1.Args":                    "args",
	"meta.Args":                        "args",
	"v1alpha1.Base64Bytes":             "base64",
	"nethelpers.HardwareAddr":          "mac",
	"network.Addr":                     "addr",
	"network.Prefix":                   "prefix",
	"network.AddrPort":                 "addrPort",
	"meta.Addr":                        "addr",
	"meta.Prefix":                      "prefix",
	"meta.AddrPort":                    "addrPort",
	"netip.Addr":                       "addr",
	"netip.Prefix":                     "prefix",
	"netip.AddrPort":                   "addrPort",
	"block.ByteSize":                   "byteSize",
	"block.PercentageSize":             "percentage",
	"block.Size":                       "size",
	"cel.Expression":                   "expression",
	"network.PortRange":                "portRange",
	"v1alpha1.FileMode":                "fileMode",
	"runtime.EtcFileMode":              "fileMode",
	"v1alpha1.DiskSize":                "diskSize",
	"v1alpha1.InstallDiskSizeMatcher":  "diskSizeMatch",
}

// Lists that merge or read in their own way.
var lists = map[string]string{
	"v1alpha1.NetworkDeviceList":         "devices",
	"v1alpha1.VlanList":                  "vlans",
	"v1alpha1.AdmissionPluginConfigList": "plugins",
	"extensions.ConfigFileList":          "configFiles",
	"security.ImageVerificationRules":    "rules",
	"v1alpha1.ClusterInlineManifests":    "inlineManifests",
	"network.SearchDomainList":           "keepEmpty",
}

// Structs that call themselves zero when only these fields are.
var zeroFields = map[string]string{
	"runtime.ProvisioningSpec": "diskSelector",
	"storage.ProvisioningSpec": "volumeSelector",
	"block.EncryptionSpec":     "provider keys",
	"block.ProvisioningSpec":   "diskSelector grow minSize maxSize",
	"block.FilesystemSpec":     "type projectQuotaSupport xfs",
}

type dumper struct {
	out schema
}

func dumpSchema(machinery string) (schema, error) {
	d := dumper{schema{Documents: map[string]document{}, Structs: map[string]string{}, Enums: map[string]string{}}}

	kinds, err := documentKinds(machinery)
	if err != nil {
		return d.out, err
	}

	for _, kind := range append([]string{""}, kinds...) {
		source := "apiVersion: v1alpha1\nkind: " + kind + "\n"
		switch kind {
		case "":
			source = "version: v1alpha1\nmachine: {}\n"
		case "VethConfig": // refuses two ends of one name
			source += "name: a\npeer: {name: b}\n"
		}

		provider, err := configloader.NewFromBytes([]byte(source))
		if err != nil {
			continue // not a kind of document
		}

		doc := provider.Documents()[0]

		entry := document{Type: d.structType(reflect.TypeOf(doc).Elem())}
		_, entry.Named = doc.(config.NamedDocument)

		if conflicting, ok := doc.(config.ConflictingDocument); ok {
			entry.Conflicts = conflicting.ConflictsWithKinds()
		}

		d.out.Documents[kind] = entry
	}

	return d.out, nil
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

func (d *dumper) typeOf(t reflect.Type) string {
	if name, ok := custom[t.String()]; ok {
		return "!" + name
	}

	switch t.Kind() { //nolint:exhaustive
	case reflect.Pointer:
		return "*" + d.typeOf(t.Elem())
	case reflect.Slice:
		if name, ok := lists[t.String()]; ok {
			return "[" + name + ":" + d.typeOf(t.Elem())
		}

		return "[" + d.typeOf(t.Elem())
	case reflect.Map:
		return "{" + d.typeOf(t.Elem())
	case reflect.Interface:
		return "a"
	case reflect.Struct:
		if t.NumField() == 1 && t.Field(0).Tag.Get("yaml") == ",inline" && t.Field(0).Type.Kind() == reflect.Map {
			return "!unstructured"
		}

		return "=" + d.structType(t)
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	default:
		if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			return "%" + d.enum(t)
		}

		if t.Kind() == reflect.Int || t.Kind() == reflect.Uint {
			return t.Kind().String()[:1] + "64"
		}

		kind := t.Kind().String()

		return kind[:1] + strings.TrimLeft(kind, "abcdefghijklmnopqrstuvwxyz")
	}
}

// enum finds the values by trying numbers: a name that reads back as its own number is one.
func (d *dumper) enum(t reflect.Type) string {
	if _, ok := d.out.Enums[t.String()]; ok {
		return t.String()
	}

	var names []string

	for i := range 1 << 17 {
		value := reflect.New(t).Elem()

		if value.CanUint() {
			if value.OverflowUint(uint64(i)) {
				break
			}

			value.SetUint(uint64(i))
		} else {
			value.SetInt(int64(i))
		}

		text, err := value.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			continue
		}

		back := reflect.New(t)
		isValue := back.Interface().(encoding.TextUnmarshaler).UnmarshalText(text) == nil && back.Elem().Equal(value)

		switch {
		case i == 0 && isValue: // not written where an empty one is left out
			names = append(names, "0:"+string(text))
		case i == 0: // written, but never read
			names = append(names, "0="+string(text))
		case isValue:
			names = append(names, string(text))
		}
	}

	text := strings.Join(shortened(names), " ")
	if anyCase(t, names) {
		text = "~ " + text
	}

	d.out.Enums[t.String()] = text

	return t.String()
}

func (d *dumper) structType(t reflect.Type) string {
	name := t.String()
	if _, ok := d.out.Structs[name]; ok {
		return name
	}

	d.out.Structs[name] = ""
	fields := d.fields(t)

	if zero, ok := zeroFields[name]; ok {
		fields = append(fields, "zero="+strings.ReplaceAll(zero, " ", ","))
	}

	d.out.Structs[name] = strings.Join(fields, " ")

	return name
}

func (d *dumper) fields(t reflect.Type) []string {
	var fields []string

	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag.Get("yaml")

		if !field.IsExported() || tag == "-" {
			continue
		}

		name, flags, _ := strings.Cut(tag, ",")

		if strings.Contains(flags, "inline") {
			fields = append(fields, d.fields(field.Type)...)

			continue
		}

		if name == "" {
			name = strings.ToLower(field.Name)
		}

		if strings.Contains(flags, "omitempty") {
			name += "?"
		}

		if strings.Contains(field.Tag.Get("merge"), "replace") {
			name += "!"
		}

		if strings.Contains(flags, "flow") {
			panic("flow style is not foreseen: " + t.String() + "." + field.Name)
		}

		fields = append(fields, name+"="+d.typeOf(field.Type))
	}

	return fields
}

// anyCase tells whether the names are read in capitals too.
func anyCase(t reflect.Type, names []string) bool {
	for _, name := range names {
		capitals := strings.ToUpper(strings.TrimPrefix(name, "0:"))
		if capitals != strings.TrimPrefix(name, "0:") && reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(capitals)) == nil {
			return true
		}
	}

	return false
}

// shortened writes three or more consecutive numbers as 1..252.
func shortened(names []string) []string {
	var out []string

	for i := 0; i < len(names); {
		first, err := strconv.Atoi(names[i])
		last := i

		for err == nil && last+1 < len(names) && names[last+1] == strconv.Itoa(first+last+1-i) {
			last++
		}

		if last < i+2 {
			out = append(out, names[i])
			i++

			continue
		}

		out = append(out, names[i]+".."+names[last])
		i = last + 1
	}

	return out
}
