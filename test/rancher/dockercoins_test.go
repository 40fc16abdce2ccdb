package rancher_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
	"alertscale/test/shipped"
	"alertscale/test/stack"
)

// TestDockercoins runs alertscale and Alertmanager on the files of examples/dockercoins, five times as fast as they are: with
// what Rancher gives to its container alertscale scales worker and rng, and back to one when the load has gone.
func TestDockercoins(t *testing.T) {
	server := rancher.Start(t, rancher.Options{Speed: 10})
	coins, ids := server.AddStack(server.Project(), "dockercoins"), map[string]string{}
	for _, name := range []string{"worker", "rng", "hasher", "store", "webui"} {
		ids[name] = server.AddService(rancher.ServiceSpec{Stack: coins, Name: name, Scale: 1})
	}
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Env: inAContainer(server)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: shipped.Replace(t, shipped.FasterBy(t, 5, shipped.File(t, "dockercoins/config.yml"), 3), "http://alertscale:9098", a.URL),
	})
	config := shipped.FasterBy(t, 5, shipped.File(t, "dockercoins/rancher/alertscale.yml"), 10)
	require.NoError(t, os.WriteFile(a.Config, []byte(shipped.Replace(t, config, "http://alertmanager:9093", am.URL)), 0o600))
	a.Start(t)
	scales := func(what string, enough func(worker, rng int) bool) {
		t.Helper()
		stack.Eventually(t, time.Minute, func() error {
			if worker, rng := server.Scale(ids["worker"]), server.Scale(ids["rng"]); !enough(worker, rng) {
				return fmt.Errorf("%d workers and %d rngs, want %s", worker, rng, what)
			}
			return nil
		})
	}
	alerts := func(end time.Time, names ...string) (all []stack.Alert) {
		for _, name := range names {
			all = append(all, stack.Alert{Labels: map[string]string{"alertname": name}, EndsAt: end})
		}
		return all
	}

	am.Post(t, alerts(time.Time{}, "CoinsWanted", "CoinsShort")...)
	scales("a step, and again", func(worker, rng int) bool { return worker >= 3 && rng == 1 })
	am.Post(t, alerts(time.Now(), "CoinsShort")...)
	am.Post(t, alerts(time.Time{}, "RngSlow")...)
	scales("an rng more", func(worker, rng int) bool { return worker >= 3 && rng >= 2 })
	am.Post(t, alerts(time.Now(), "RngSlow", "CoinsWanted")...)
	scales("one of each", func(worker, rng int) bool { return worker == 1 && rng == 1 })
	for _, name := range []string{"hasher", "store", "webui"} {
		require.Equal(t, 1, server.Scale(ids[name]), name)
	}
}
