package stack

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKustomizeRenders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "kustomization.yaml", "namePrefix: my-\nresources: [web.yaml]\n")
	writeFile(t, dir, "web.yaml", Deployment("shop", "web", 3))
	require.Contains(t, Render(t, dir), "name: my-web")
}
