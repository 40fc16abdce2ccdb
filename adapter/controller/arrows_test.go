package controller_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// arrows say which packages of the module each of its rooms may import. The longest prefix counts.
var arrows = map[string][]string{
	"alertscale":                        {"alertscale/adapter/controller"},
	"alertscale/rules":                  {"alertscale/rules/yamldoc"},
	"alertscale/rules/yamldoc":          {},
	"alertscale/adapter/controller":     {"alertscale/rules"},
	"alertscale/adapter/cli":            {"alertscale/adapter/controller", "alertscale/rules", "alertscale/examples"},
	"alertscale/adapter/config":         {"alertscale/adapter/controller", "alertscale/adapter/driver", "alertscale/adapter/source/hook", "alertscale/rules"},
	"alertscale/adapter/web":            {"alertscale/adapter/controller", "alertscale/rules"},
	"alertscale/adapter/driver":         {"alertscale/adapter/controller", "alertscale/rules"},
	"alertscale/adapter/store":          {"alertscale/adapter/controller", "alertscale/rules"},
	"alertscale/adapter/source/webhook": {"alertscale/rules"},
	"alertscale/adapter/source/hook":    {"alertscale/rules"},
	"alertscale/examples":               {},
}

// exact are the imports that are allowed without what lies under them: adapter imports no driver, no store, and
// nothing else that is wired to it.
var exact = []string{"alertscale/adapter/controller"}

// below may import all that lies under adapter: they wire it.
var below = []string{"alertscale", "alertscale/adapter/cli"}

// impure is what rules may not import: I/O, logs, networks.
var impure = []string{"os", "net", "net/http", "log", "log/slog", "io/fs", "github.com/go-kit/log", "github.com/prometheus/client_golang/prometheus"}

func TestArrows(t *testing.T) {
	imports := importsOf(t, "../..")
	require.Contains(t, imports, "alertscale/rules")
	for pkg, list := range imports {
		for _, imported := range list {
			if pkg == "alertscale/rules" || pkg == "alertscale/rules/yamldoc" {
				require.NotContains(t, impure, imported, pkg)
			}
			if imported == "alertscale" || strings.HasPrefix(imported, "alertscale/") {
				require.True(t, allowed(pkg, imported), "%s must not import %s", pkg, imported)
			}
		}
	}
}

func allowed(pkg, imported string) bool {
	room := pkg
	for arrows[room] == nil {
		room = room[:strings.LastIndex(room, "/")]
	}
	if strings.HasPrefix(pkg, "alertscale/adapter/driver/") && strings.HasPrefix(imported, "alertscale/adapter/driver/") {
		// Drivers never import drivers; what two of them need is in internal.
		return strings.HasPrefix(imported, pkg) || strings.HasPrefix(imported, "alertscale/adapter/driver/internal/")
	}
	if pkg == "alertscale/adapter/store" { // it opens what --storage names
		return true
	}
	return slices.ContainsFunc(arrows[room], func(to string) bool {
		if imported == to {
			return true
		}
		return strings.HasPrefix(imported, to+"/") && (!slices.Contains(exact, to) || slices.Contains(below, room))
	})
}

// importsOf lists what each package of the module imports, its tests left out.
func importsOf(t *testing.T, root string) map[string][]string {
	all := map[string][]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() && (rel == "test" || strings.HasPrefix(rel, ".") && rel != "." || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := strings.TrimSuffix("alertscale/"+filepath.ToSlash(filepath.Dir(rel)), "/.")
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			all[pkg] = append(all[pkg], name)
		}
		return nil
	}))
	return all
}
