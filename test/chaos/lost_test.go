package chaos

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// busy is Alertmanager's alert to which repeating takes steps.
var busy = stack.Alert{Labels: map[string]string{"alertname": "Busy"}}

// repeating is a file under which an alert Busy grows a Deployment each second, with more lines of the file.
func (s shop) repeating(name, more string) string {
	return fmt.Sprintf(`%s
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: %s, name: %s, max: 1000, cooldown: 0s}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 1, repeat: 1s}
`, more, s, name)
}

// asking are the lines of a file by which alerts are looked up soon.
func asking(urls ...string) string {
	return fmt.Sprintf("alertmanager: {urls: [%s], check: 1s}", strings.Join(urls, ", "))
}

const (
	gone    = `alertscale_alertmanager_lookups_total{outcome="gone"}`
	unknown = `alertscale_alertmanager_lookups_total{outcome="unknown"}`
)

// TestLostResolve has a rule that steps again and again while its alert fires, and the alert's resolve come to nobody. Where
// Alertmanager is asked that ends it; where it is not, the steps go on.
func TestLostResolve(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, "asks", "blind")
	asks, blind := admin.WatchReplicas(t, s.object("asks")), admin.WatchReplicas(t, s.object("blind"))
	// The programs know each other's addresses, so each comes to have a proxy before it is there.
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Kubeconfig: account(t)})
	b := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: s.repeating("blind", ""), Kubeconfig: account(t)})
	lost := map[*stack.Alertscale]*stack.Injected{}
	var webhooks []string
	for _, each := range []*stack.Alertscale{a, b} {
		proxy := stack.StartProxy(t, each.URL)
		lost[each] = proxy.Inject(stack.Fault{Match: resolves, Cut: stack.BeforeRequest})
		webhooks = append(webhooks, proxy.URL+"/webhook")
	}
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: stack.WebhookConfig(webhooks)})
	lookups := stack.StartProxy(t, am.URL)
	lookups.Age(am, time.Hour)
	a.WriteConfig(t, s.repeating("asks", asking(lookups.URL)))
	a.Start(t)

	am.Post(t, busy)
	asks.Wait(t, 3, wait)
	blind.Wait(t, 3, wait)
	require.Zero(t, a.Metric(t, gone))

	over := busy
	over.EndsAt = time.Now()
	am.Post(t, over)
	for _, each := range lost {
		each.WaitHits(t, 1, wait)
	}
	a.WaitMetric(t, gone, 1, wait)
	count := admin.Scale(t, s.object("asks"))
	blind.Wait(t, len(blind.Changes())+4, wait)
	require.Equal(t, count, admin.Scale(t, s.object("asks")))
	waitNotActive(t, a)
	require.InDelta(t, 1, a.Metric(t, `alertscale_notifications_total{code="200"}`), 0, "that of the firing alert")
}

// resolves matches notifications of alerts that are over.
func resolves(r stack.Request) bool { return bytes.Contains(r.Body, []byte(`"status":"resolved"`)) }

// waitNotActive waits until no rule is active for any ref.
func waitNotActive(t *testing.T, a *stack.Alertscale) {
	t.Helper()
	stack.Eventually(t, wait, func() error {
		if _, targets := a.Get(t, "/api/v1/targets"); !strings.Contains(targets, `"active":[]`) {
			return fmt.Errorf("a rule is active: %s", targets)
		}
		return nil
	})
}

// TestLookup_OneThatHasJustStarted asks two Alertmanagers. When the one that has the alert is gone, the other one, which does
// not have it, is not believed as long as it has just started.
func TestLookup_OneThatHasJustStarted(t *testing.T) {
	t.Parallel()
	s := newShop(t, 1, "web")
	web := admin.WatchReplicas(t, s.object("web"))
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Kubeconfig: account(t)})
	config := stack.WebhookConfig([]string{a.URL + "/webhook"})
	old, fresh := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: config}), stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: config})
	first, second := stack.StartProxy(t, old.URL), stack.StartProxy(t, fresh.URL)
	first.Age(old, time.Hour)
	a.WriteConfig(t, s.repeating("web", asking(first.URL, second.URL)))
	a.Start(t)

	old.Post(t, busy)
	web.Wait(t, 3, wait)
	require.Zero(t, a.Metric(t, unknown))
	old.Kill(t)
	a.WaitMetric(t, unknown, 2, wait)
	web.Wait(t, len(web.Changes())+3, wait)
	require.Zero(t, a.Metric(t, gone))
	asked := second.Requests(func(r stack.Request) bool { return r.Path == "/api/v2/status" })
	require.NotEmpty(t, asked)

	second.Age(fresh, time.Hour)
	a.WaitMetric(t, gone, 1, wait) // a status holds for half a minute
	count := admin.Scale(t, s.object("web"))
	time.Sleep(2 * quiet)
	require.Equal(t, count, admin.Scale(t, s.object("web")))
	waitNotActive(t, a)
}

// TestSilence silences all alerts of a group, of which Alertmanager then says nothing any more, and ends the silence again.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, version := range []stack.Component{stack.Alertmanager, stack.Alertmanager027} {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, 1, "web")
			web := admin.WatchReplicas(t, s.object("web"))
			a := stack.NewAlertscale(t, stack.AlertscaleOptions{Kubeconfig: account(t)})
			told := stack.StartProxy(t, a.URL)
			am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
				Version: version, Config: stack.WebhookConfig([]string{told.URL + "/webhook"}, "repeat_interval: 2s"),
			})
			lookups := stack.StartProxy(t, am.URL)
			lookups.Age(am, time.Hour)
			a.WriteConfig(t, s.repeating("web", asking(lookups.URL)))
			a.Start(t)
			am.Post(t, busy)
			web.Wait(t, 3, wait)

			silence := am.Silence(t, time.Hour, stack.Equal("alertname", "Busy"))
			a.WaitMetric(t, gone, 1, wait)
			waitNotActive(t, a)
			count, notifications := admin.Scale(t, s.object("web")), len(told.Requests(stack.Method(http.MethodPost)))
			time.Sleep(2 * quiet)
			require.Equal(t, count, admin.Scale(t, s.object("web")))
			require.Len(t, told.Requests(stack.Method(http.MethodPost)), notifications, "Alertmanager says nothing of what is silenced")

			am.Expire(t, silence)
			web.Wait(t, len(web.Changes())+3, wait)
		})
	}
}
