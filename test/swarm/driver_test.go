package swarm

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDriver has the driver's own tests, which are of another module, run on the swarm: the suite of all
// drivers, among others.
func TestDriver(t *testing.T) {
	d := swarm(t)
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-run=^TestRealSwarm$", "./adapter/driver/swarm")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "ALERTSCALE_TEST_SWARM="+d.host, "ALERTSCALE_TEST_SWARM_IMAGE="+image)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
	require.Contains(t, string(out), "\n--- PASS: TestRealSwarm ")
	require.NotContains(t, string(out), "\n--- SKIP: TestRealSwarm ")
}
