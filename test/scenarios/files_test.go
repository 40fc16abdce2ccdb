package scenarios

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// A fileCheck checks the file of examples/ at a path.
type fileCheck func(t *testing.T, file string)

// TestEveryFile checks each file of examples/ with the program that it is for. A file that nothing checks is an
// error.
func TestEveryFile(t *testing.T) {
	checks := map[string]fileCheck{
		"alertscale.yml":      configured(shipped.Build(t)),
		"alertscale.test.yml": commanded(shipped.Build(t), "test"),
		"history.jsonl":       commanded(shipped.Build(t), "replay"),
		"rules.conf":          tool(stack.Prometheus, "promtool", "check", "rules", "--lint=all", "--lint-fatal"),
		"rules_test.yml":      tool(stack.Prometheus, "promtool", "test", "rules"),
		"prometheus.yml":      prometheusConfig,
		"config.yml":          tool(stack.Alertmanager, "amtool", "check-config"),
		"docker-compose.yml":  func(t *testing.T, file string) { composed(t, file) },
		"rancher-compose.yml": strict, // and rancherCatalog
		"kustomization.yaml":  func(t *testing.T, file string) { stack.Render(t, filepath.Join(shipped.Dir, path.Dir(file))) },
		"README.md":           linked,
		"Dockerfile":          copies,
		"coins.svg":           func(*testing.T, string) {}, // made by TestDockercoins of test/swarm, which runs up.sh
		"up.sh":               func(*testing.T, string) {},
		"page.html":           func(*testing.T, string) {}, // a part of what is built
	}
	special := map[string]fileCheck{
		"rancher/catalog/config.yml":     strict,                                                        // and rancherCatalog
		"dockercoins/Dockerfile":         func(t *testing.T, file string) { copiesFrom(t, file, "..") }, // of the whole tree
		"dockercoins/rancher/Dockerfile": func(t *testing.T, file string) { copiesFrom(t, file, "dockercoins") },
		"swarm/http.yml":                 credentials(shipped.Build(t)),
		"upgrades/push.json":             commanded(shipped.Build(t), "explain", "--config.file=alertscale.yml", "--hook=push"),
		"swarm/docker-compose.auth.yml": func(t *testing.T, file string) {
			composed(t, "swarm/docker-compose.yml", file)
		},
	}
	require.NoError(t, fs.WalkDir(os.DirFS(shipped.Dir), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		check := special[file]
		if check == nil {
			check = checks[path.Base(file)]
		}
		switch {
		case check == nil && path.Ext(file) == ".yaml":
			check = manifest
		case check == nil && path.Ext(file) == ".go":
			check = func(*testing.T, string) {} // it is a part of what is built
		}
		t.Run(file, func(t *testing.T) {
			require.NotNil(t, check, "nothing checks it")
			check(t, file)
		})
		return nil
	}))
}

// tool has a program check the file, in the folder that the file is in.
func tool(component stack.Component, name string, args ...string) fileCheck {
	return func(t *testing.T, file string) {
		out, err := stack.Run(t, filepath.Join(shipped.Dir, path.Dir(file)), component, name, append(args, path.Base(file))...)
		require.NoError(t, err, out)
		require.Contains(t, out, "SUCCESS")
		require.NotContains(t, out, "FAILED")
	}
}

func configured(program string) fileCheck {
	return func(t *testing.T, file string) {
		out, err := exec.CommandContext(t.Context(), program, "check", "--lint=fail", filepath.Join(shipped.Dir, file)).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "SUCCESS")
	}
}

// credentials checks a file for --http.config.file: with it, alertscale asks, where nobody answers. The secret is
// elsewhere here.
func credentials(program string) fileCheck {
	return func(t *testing.T, file string) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "password"), []byte("made-up"), 0o600))
		text := shipped.Replace(t, shipped.File(t, file), "/run/secrets/alertscale-password", "password")
		require.NoError(t, os.WriteFile(filepath.Join(dir, "http.yml"), []byte(text), 0o600))
		out, err := exec.CommandContext(t.Context(), program, "targets", "--http.config.file="+filepath.Join(dir, "http.yml"),
			"--url=http://127.0.0.1:1").CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(out), "connection refused")
	}
}

// commanded has a command of alertscale take the file, in the folder that the file is in.
func commanded(program string, command ...string) fileCheck {
	return func(t *testing.T, file string) {
		cmd := exec.CommandContext(t.Context(), program, append(command, path.Base(file))...)
		cmd.Dir = filepath.Join(shipped.Dir, path.Dir(file))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.NotContains(t, string(out), "left out")
	}
}

// prometheusConfig checks a file with the rules beside it. What a pod is given stands elsewhere here.
func prometheusConfig(t *testing.T, file string) {
	const pod = "/var/run/secrets/kubernetes.io/serviceaccount"
	dir := t.TempDir()
	for name, text := range map[string]string{
		"prometheus.yml": strings.ReplaceAll(shipped.File(t, file), pod, dir),
		"rules.conf":     rulesOf(t, file),
		"token":          token,
		"ca.crt":         string(cluster.API.CA),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	out, err := stack.Run(t, dir, stack.Prometheus, "promtool", "check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")
	require.NoError(t, err, out)
	require.Contains(t, out, "SUCCESS: 1 rule files found")
}

// rulesOf returns the rules beside a file, or above it where several share them.
func rulesOf(t *testing.T, file string) string {
	dir := path.Dir(file)
	if !exists(filepath.Join(shipped.Dir, dir, "rules.conf")) {
		dir = path.Dir(dir)
	}
	return shipped.File(t, path.Join(dir, "rules.conf"))
}

func strict(t *testing.T, file string) {
	require.NoError(t, yaml.UnmarshalStrict([]byte(shipped.File(t, file)), &map[string]any{}))
}

// manifest checks that a kustomization brings the file, so that it is applied by the test of that.
func manifest(t *testing.T, file string) {
	require.NotEmpty(t, objects(t, shipped.File(t, file)))
	var k struct{ Resources []string }
	require.NoError(t, yaml.Unmarshal([]byte(shipped.File(t, path.Join(path.Dir(file), "kustomization.yaml"))), &k))
	require.Contains(t, k.Resources, path.Base(file))
}

var link = regexp.MustCompile(`\]\(([^):]+)\)`)

// linked checks that what a page leads to is there: files, and headings of its own.
func linked(t *testing.T, file string) {
	text := shipped.File(t, file)
	for _, found := range link.FindAllStringSubmatch(text, -1) {
		target, heading, _ := strings.Cut(found[1], "#")
		if target != "" {
			require.True(t, exists(filepath.Join(shipped.Dir, path.Dir(file), target)), found[1])
		} else {
			require.Contains(t, headings(text), heading)
		}
	}
}

// headings returns those of a page as links name them.
func headings(text string) (all []string) {
	for _, found := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(found[1]), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

// copies checks that what a Dockerfile copies is there, beside it.
func copies(t *testing.T, file string) { copiesFrom(t, file, path.Dir(file)) }

// copiesFrom checks that what a Dockerfile copies is there, in the folder that it is built in.
func copiesFrom(t *testing.T, file, dir string) {
	copied := regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(shipped.File(t, file), -1)
	require.NotEmpty(t, copied)
	for _, line := range copied {
		for _, source := range strings.Fields(line[1]) {
			require.True(t, exists(filepath.Join(shipped.Dir, dir, source)), source)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
