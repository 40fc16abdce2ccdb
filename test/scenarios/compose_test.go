package scenarios

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"alertscale/test/shipped"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// composed checks a docker-compose.yml, with those that go on top of it, by the specification of such files: their
// keys and types, and that what the services name is there.
func composed(t *testing.T, file string, more ...string) {
	var files []types.ConfigFile
	for _, name := range append([]string{file}, more...) {
		files = append(files, types.ConfigFile{Filename: path.Base(name), Content: []byte(shipped.File(t, name))})
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  filepath.Join(shipped.Dir, path.Dir(file)),
		ConfigFiles: files,
		Environment: answers(t, path.Join(path.Dir(file), "rancher-compose.yml")),
	}, func(o *loader.Options) { o.SetProjectName("alertscale", true) })
	require.NoError(t, err)
	for name, c := range project.Configs {
		require.FileExists(t, c.File, name)
	}
	for name, s := range project.Services {
		require.NotEmpty(t, s.Image, name)
		require.NotContains(t, strings.Join(s.Command, " "), "$", name)
	}
	require.Empty(t, project.Services["alertscale"].Ports, "whoever can post to it can scale")
}

// answers returns a value for each variable of the example: what a catalog's question has as its default, where
// there is one.
func answers(t *testing.T, questions string) types.Mapping {
	values := types.Mapping{"MANAGER": "node-1", "DOCKER_GID": "999"}
	text, err := os.ReadFile(filepath.Join(shipped.Dir, questions))
	if os.IsNotExist(err) {
		return values
	}
	require.NoError(t, err)
	var r catalogFile
	require.NoError(t, yaml.Unmarshal(text, &r))
	for _, q := range r.Catalog.Questions {
		values[q.Variable] = "x"
		if s, ok := q.Default.(string); ok {
			values[q.Variable] = s
		} else if q.Default != nil {
			values[q.Variable] = "9091"
		}
	}
	return values
}
