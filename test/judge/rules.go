package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"

	"github.com/siderolabs/talos/pkg/machinery/role"
)

// rulesSource is the file of the Talos module that has machined's RBAC rules.
const rulesSource = "internal/app/machined/pkg/system/services/machined.go"

// roleNames are the role constants the rules are written with.
var roleNames = map[string]role.Role{
	"Admin":         role.Admin,
	"Operator":      role.Operator,
	"Reader":        role.Reader,
	"EtcdBackup":    role.EtcdBackup,
	"ImageVerifier": role.ImageVerifier,
	"MetaWriter":    role.MetaWriter,
	"Impersonator":  role.Impersonator,
}

// cmdRules reads machined's RBAC rules out of the Talos source, because the
// package they live in can't be imported and they are not ours to copy.
func cmdRules(args []string) (int, error) {
	fs := newFlags("rules")
	src := fs.String("talos-src", "", "directory of the module github.com/siderolabs/talos")
	out := fs.String("out", "", "JSON file to write")

	if _, err := parseArgs(fs, args, 0); err != nil {
		return 2, err
	}

	if *src == "" || *out == "" {
		return 2, usageError("want --talos-src and --out")
	}

	rules, err := extractRules(filepath.Join(*src, rulesSource))
	if err != nil {
		return 1, err
	}

	data, err := json.MarshalIndent(rules, "", "  ")
	if err != nil {
		return 1, err
	}

	if err = os.MkdirAll(filepath.Dir(*out), 0o755); err != nil {
		return 1, err
	}

	if err = os.WriteFile(*out, append(data, '\n'), 0o644); err != nil {
		return 1, err
	}

	fmt.Printf("PASS rules: %d methods\n", len(rules))

	return 0, nil
}

func extractRules(path string) (map[string][]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}

	var table *ast.CompositeLit

	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && len(spec.Names) == 1 && spec.Names[0].Name == "rules" && len(spec.Values) == 1 {
			table, _ = spec.Values[0].(*ast.CompositeLit)
		}

		return table == nil
	})

	if table == nil {
		return nil, errors.New("no variable rules in " + rulesSource)
	}

	rules := map[string][]string{}

	for _, elt := range table.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			return nil, errors.New("unexpected element in the rules")
		}

		key, ok := kv.Key.(*ast.BasicLit)
		if !ok {
			return nil, errors.New("unexpected key in the rules")
		}

		method, err := strconv.Unquote(key.Value)
		if err != nil {
			return nil, err
		}

		call, ok := kv.Value.(*ast.CallExpr)
		if !ok {
			return nil, fmt.Errorf("unexpected value in the rule for %s", method)
		}

		for _, arg := range call.Args {
			sel, ok := arg.(*ast.SelectorExpr)
			if !ok {
				return nil, fmt.Errorf("unexpected role in the rule for %s", method)
			}

			r, ok := roleNames[sel.Sel.Name]
			if !ok {
				return nil, fmt.Errorf("unknown role %s in the rule for %s", sel.Sel.Name, method)
			}

			rules[method] = append(rules[method], string(r))
		}
	}

	if len(rules) < 10 {
		return nil, fmt.Errorf("only %d rules found", len(rules))
	}

	return rules, nil
}

// loadRules reads what cmdRules wrote.
func loadRules(path string) (map[string]role.Set, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("RBAC rules: %w", err)
	}

	var raw map[string][]string
	if err = json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("RBAC rules: %w", err)
	}

	rules := make(map[string]role.Set, len(raw))

	for method, names := range raw {
		rules[method], _ = role.Parse(names)
	}

	return rules, nil
}
