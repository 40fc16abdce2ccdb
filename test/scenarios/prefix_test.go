package scenarios

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestManifestsUnderAPath runs both ways to run alertscale in a cluster with what the page adds for a prefix. The probes find it
// alive and ready; where they were not told the prefix, they find it alive.
func TestManifestsUnderAPath(t *testing.T) {
	program := shipped.Build(t)
	said := regexp.MustCompile(`- (--web.route-prefix=\S+)\n +env:\n +- \{name: ALERTSCALE_URL, value: (\S+)\}`).FindStringSubmatch(operations(t))
	require.NotNil(t, said)
	for dir, kind := range map[string]string{"standalone": "Deployment alertscale", "sidecar": "StatefulSet alertmanager"} {
		t.Run(dir, func(t *testing.T) {
			kind, name, _ := strings.Cut(kind, " ")
			p := newPod(t, program, find(t, objects(t, stack.Render(t, filepath.Join(shipped.Dir, "kubernetes", dir))), kind, name))
			p.volume(t, "/etc/alertscale", map[string]string{"alertscale.yml": shipped.File(t, "alertscale.yml")})
			p.volume(t, "/data", nil)
			p.Args = append(p.Args, said[1])
			p.Env = append(p.Env, variable{Name: "ALERTSCALE_URL", Value: said[2]})
			p.runs(t)
			forgetful(t, p)
		})
	}
}
