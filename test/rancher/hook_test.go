package rancher_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
	"alertscale/test/shipped"
	"alertscale/test/stack"
)

// TestTheHookOfTheReadme runs what examples/rancher/README.md says of senders other than Alertmanager: the file, and
// twice the command.
func TestTheHookOfTheReadme(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skipf("NOT TESTED: the command of the page: %v", err)
	}
	text := shipped.File(t, "rancher/README.md")
	file := regexp.MustCompile("(?ms)^```yaml\\n(hooks:.*?)^```").FindStringSubmatch(text)
	command := regexp.MustCompile(`(?m)^curl (-X POST .*)$`).FindStringSubmatch(text)
	require.NotNil(t, file)
	require.NotNil(t, command)

	server := rancher.Start(t, rancher.Options{Speed: 10})
	web := shop(server, map[string]int{"web": 1})["web"]
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("made-up\n"), 0o600))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: "drivers: {rancher: {}}\n" + shipped.Replace(t, file[1], "/run/secrets/hook", token, "max: 4", "max: 4, cooldown: 0s"),
		Env:    inAContainer(server),
	})
	for _, want := range []int{3, 4} { // the second step ends at max
		post := exec.CommandContext(t.Context(), "sh", "-c", curl+" -sSf "+shipped.Replace(t, command[1], "http://alertscale:9098", a.URL))
		post.Env = append(os.Environ(), "TOKEN=made-up")
		out, err := post.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, want, server.Scale(web), "%s", out)
		time.Sleep(time.Second)
	}
}
