package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

func diffTrees(r *Report, path string, got, want any) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}

		for _, k := range keysOf(g, w) {
			gv, inGot := g[k]
			wv, inWant := w[k]

			switch {
			case !inGot:
				r.diff("%s.%s is missing, Talos generates %s", path, k, show(wv))
			case !inWant:
				r.diff("%s.%s is %s, Talos generates none", path, k, show(gv))
			default:
				diffTrees(r, path+"."+k, gv, wv)
			}
		}

		return
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}

		for i := range max(len(g), len(w)) {
			at := fmt.Sprintf("%s[%d]", path, i)

			switch {
			case i >= len(g):
				r.diff("%s is missing, Talos generates %s", at, show(w[i]))
			case i >= len(w):
				r.diff("%s is %s, Talos generates none", at, show(g[i]))
			default:
				diffTrees(r, at, g[i], w[i])
			}
		}

		return
	}

	if show(got) != show(want) {
		r.diff("%s is %s, Talos generates %s", path, show(got), show(want))
	}
}

func show(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v", v)
	}

	return clip(string(out), 80)
}

// keysOf lists the keys of both maps in order, each once.
func keysOf[V any](a, b map[string]V) []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(all)

	return slices.Compact(all)
}
