package chaos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// policies is a file under which an alert Busy grows a Deployment every two seconds, at most to eight, and three seconds
// after it is over one replica goes each second, until there are as many as before.
func policies(namespace string) string {
	return fmt.Sprintf(`
targets:
  web:
    driver: kubernetes
    kind: Deployment
    namespace: %s
    name: web
    max: 8
    cooldown: 0s
    restore: {after: 3s, down: 1, every: 1s}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 2, repeat: 2s}
  - {name: deploying, matchers: ['alertname="Deploying"'], target: web, hold: both}
`, namespace)
}

// TestGrowsWhileItBurnsAndGoesBack takes steps on a real API server that no notification asks for, with a kill and a hold in
// between.
func TestGrowsWhileItBurnsAndGoesBack(t *testing.T) {
	s := newShop(t, 3, "web")
	watch := admin.WatchReplicas(t, s.object("web"))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: policies(string(s)), Kubeconfig: account(t)})
	busy := s.firing("Busy", "web")
	post(t, a, 200, "scaled", busy)
	watch.Wait(t, 2, wait) // 5, 7
	a.Kill(t)
	a.Start(t)
	watch.Wait(t, 3, wait) // 8, and no further
	post(t, a, 200, "resolved", busy.resolved())
	watch.Wait(t, 4, wait) // 7
	deploying := s.firing("Deploying", "web")
	tell(t, a, deploying)
	seen := len(watch.Values())
	time.Sleep(quiet)
	require.LessOrEqual(t, len(watch.Values()), seen+1, "what was under way when the hold began")
	tell(t, a, deploying.resolved())
	watch.Wait(t, 8, wait)
	time.Sleep(quiet)
	require.Equal(t, []int{3, 5, 7, 8, 7, 6, 5, 4, 3}, watch.Values())
}

// TestPauseOutlivesAKill pauses a Deployment over HTTP.
func TestPauseOutlivesAKill(t *testing.T) {
	s := newShop(t, 3, "web")
	watch := admin.WatchReplicas(t, s.object("web"))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: policies(string(s)), Kubeconfig: account(t)})
	body := fmt.Sprintf(`{"ref": %q, "direction": "up", "for": "1h"}`, s.ref("web"))
	code, text := a.Post(t, "/api/v1/targets/pause", body)
	require.Equal(t, 200, code, text)
	a.Kill(t)
	a.Start(t)
	post(t, a, 200, "paused", s.firing("Busy", "web"))
	_, targets := a.Get(t, "/api/v1/targets")
	require.Contains(t, targets, `"paused":true,"pauses":[{"direction":"up"`)
	time.Sleep(quiet)
	watch.Exactly(t, 0, 0, 0)
	code, text = a.Post(t, "/api/v1/targets/resume", strings.Replace(body, `, "for": "1h"`, "", 1))
	require.Equal(t, 200, code, text)
	watch.Wait(t, 1, wait)
}

// tell posts a notification, whatever it comes to.
func tell(t *testing.T, a *stack.Alertscale, alerts ...alert) {
	t.Helper()
	got, err := send(t.Context(), a.URL, notification(alerts...))
	require.NoError(t, err)
	require.Equal(t, 200, got.Code, "%+v", got)
}
