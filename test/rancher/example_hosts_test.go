package rancher_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
	"alertscale/test/shipped"
	"alertscale/test/stack"
)

// hostsFile is the file of examples/rancher with its hosts no longer a dry run, and their cooldown over at once.
func hostsFile(t *testing.T, oldnew ...string) string {
	t.Helper()
	return shipped.Replace(t, shipped.Acting(t, shipped.File(t, "rancher/alertscale.yml"), "web-hosts"), slices.Concat([]string{
		"cooldown: {up: 15m, down: 1h}", "cooldown: 0s",
	}, oldnew)...)
}

// postHosts posts the notification of an alert of rules.conf about hosts, and returns the answer.
func postHosts(t *testing.T, a *stack.Alertscale, alert, status string) (int, string) {
	t.Helper()
	labels := map[string]string{"alertname": alert, "pool": "web", "severity": "warning"}
	body, err := json.Marshal(map[string]any{
		"version": "4", "receiver": "alertscale", "status": status, "groupKey": "{}:" + alert,
		"groupLabels": labels, "commonLabels": labels, "alerts": []any{map[string]any{
			"status": status, "labels": labels, "fingerprint": alert, "startsAt": "2026-01-01T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
		}},
	})
	require.NoError(t, err)
	return a.Post(t, "/webhook", string(body))
}

func hostsAre(t *testing.T, server *rancher.Server, want ...string) {
	t.Helper()
	stack.Eventually(t, time.Minute, func() error {
		if got := server.Hostnames(server.Project()); !slices.Equal(got, want) {
			return fmt.Errorf("hosts: %v", got)
		}
		return nil
	})
}

// TestHostsOfTheExamplesWithTheKeyForThem does what the comment in alertscale.yml says: an API key of the environment
// in the file, in a container that has a key of its own and the url.
func TestHostsOfTheExamplesWithTheKeyForThem(t *testing.T) {
	server := rancher.Start(t, rancher.Options{Speed: 10})
	shop(server, nil)
	key, file := server.ProjectKey(), filepath.Join(t.TempDir(), "hosts_secret_key")
	require.NoError(t, os.WriteFile(file, []byte(key.Secret), 0o600))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Env: inAContainer(server), Config: hostsFile(t,
		"  rancher: {}\n", "", "# rancher: {access_key:", "rancher: {access_key:", "ABC", key.Access, "/etc/alertscale/hosts_secret_key", file)})
	code, answer := postHosts(t, a, "HostsFull", "firing")
	require.Equal(t, http.StatusOK, code, answer)
	hostsAre(t, server, "web01", "web02", "web03")
}

// TestHostsOfTheExamplesWithAContainersKey: hosts go, and a step up is refused with advice, once in the answer and once
// in the log, and nothing is asked of the server that it refuses.
func TestHostsOfTheExamplesWithAContainersKey(t *testing.T) {
	server := rancher.Start(t, rancher.Options{Speed: 10})
	shop(server, nil)
	server.AddHost(rancher.HostSpec{Project: server.Project(), Hostname: "web03", Labels: map[string]string{"pool": "web"}})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Env: inAContainer(server), Config: hostsFile(t)})

	code, answer := postHosts(t, a, "HostsFull", "firing")
	require.Equal(t, http.StatusUnprocessableEntity, code, answer)
	for _, text := range []string{"set access_key and secret_key_file to an API key of the environment", "rejected"} {
		require.Contains(t, answer, text)
		a.WaitLog(t, text)
	}
	require.Empty(t, server.Writes())

	_, answer = postHosts(t, a, "HostsFull", "resolved")
	require.NotContains(t, answer, "rejected")
	code, answer = postHosts(t, a, "HostsIdle", "firing")
	require.Equal(t, http.StatusOK, code, answer)
	hostsAre(t, server, "web01", "web02")
}

// TestTheLogOfAKeyWithoutARole: what is missing is in the answer and in the log of a container without the label.
func TestTheLogOfAKeyWithoutARole(t *testing.T) {
	server := rancher.Start(t, rancher.Options{Speed: 10})
	shop(server, nil)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: hostsFile(t), Env: server.ContainerEnv(server.ContainerKey(server.Project(), rancher.Roleless)),
	})
	code, answer := postHosts(t, a, "HostsFull", "firing")
	require.Equal(t, http.StatusUnprocessableEntity, code, answer)
	const advice = "io.rancher.container.agent.role: environment beside io.rancher.container.create_agent: 'true'"
	require.Contains(t, answer, advice)
	a.WaitLog(t, `msg="Rancher cannot be used`)
	a.WaitLog(t, advice)
}
