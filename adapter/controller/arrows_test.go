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

// adapter is where the rooms beside the rules lie.
const adapter = "alertscale/adapter/"

// arrows say which packages of the module each of its rooms may import, with what lies under them. The longest prefix
// of a package is its room. The controller imports no driver, store, source or sink; no driver imports another one.
var arrows = map[string][]string{
	"alertscale":              {adapter},
	"alertscale/rules":        {"alertscale/rules/yamldoc"},
	"alertscale/rules/engine": {"alertscale/rules"},

	"alertscale/rules/simulation": {"alertscale/rules"},
	"alertscale/rules/upgrade":    {"alertscale/rules"},
	"alertscale/rules/promql":     {"alertscale/rules/possible"},
	"alertscale/rules/routing":    {"alertscale/rules/possible", "alertscale/rules/yamldoc"},
	"alertscale/rules/chain":      {"alertscale/rules"},
	"alertscale/rules/backtest":   {"alertscale/rules"},

	"alertscale/examples":  {},
	adapter + "controller": {"alertscale/rules"},
	adapter + "cli":        {adapter, "alertscale/rules", "alertscale/examples"},
	adapter + "config":     {adapter + "controller", adapter + "driver", adapter + "promfiles", adapter + "source/hook", adapter + "source/sender", adapter + "source/alertmanager", adapter + "sink/remote", "alertscale/rules"},
	adapter + "driver":     {adapter + "controller", adapter + "driver/internal", "alertscale/rules"},
	adapter + "source":     {adapter + "source/internal", "alertscale/rules"},
	adapter + "store":      {adapter + "controller", adapter + "store", "alertscale/rules"},
	adapter + "recording":  {},
	adapter + "promfiles":  {"alertscale/rules"},
	adapter + "sink":       {adapter + "controller", adapter + "sink", "alertscale/rules"},
	adapter + "web":        {adapter + "controller", adapter + "sink/history", "alertscale/rules"},
}

// impure is what rules may not import: I/O, logs, networks.
var impure = []string{"os", "net", "net/http", "log", "log/slog", "io/fs", "github.com/go-kit/log", "github.com/prometheus/client_golang/prometheus"}

func TestArrows(t *testing.T) {
	imports := importsOf(t, "../..")
	require.Contains(t, imports, "alertscale/rules")
	for pkg, list := range imports {
		for _, imported := range list {
			if pkg == "alertscale/rules" || strings.HasPrefix(pkg, "alertscale/rules/") {
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
	if room == adapter+"driver" && imported == room { // what a type of driver is
		return true
	}
	return slices.ContainsFunc(append(arrows[room], pkg), func(to string) bool {
		return imported == strings.TrimSuffix(to, "/") || strings.HasPrefix(imported, strings.TrimSuffix(to, "/")+"/")
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
