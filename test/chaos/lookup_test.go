package chaos

import (
	"slices"
	"testing"
	"time"

	"alertscale/adapter/source/alertmanager"
	"alertscale/rules"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// inhibiting is a configuration under which alerts Down inhibit those of Busy with the same pod.
func inhibiting(t *testing.T) string {
	return stack.WebhookConfig([]string{stack.StartReceiver(t).URL}) + `
inhibit_rules:
- source_matchers: ['alertname="Down"']
  target_matchers: ['alertname="Busy"']
  equal: [pod]
`
}

// lookups returns a client of Alertmanagers that keeps no answers. Its clock is ahead, so that they seem to have been up
// for longer than they have.
func lookups(t *testing.T, ahead time.Duration, servers ...*stack.AlertmanagerServer) func(...map[string]string) []string {
	t.Helper()
	c := &alertmanager.Config{Check: 1}
	for _, am := range servers {
		c.URLs = append(c.URLs, am.URL)
	}
	client, err := alertmanager.New(c, alertmanager.Options{Now: func() time.Time { return time.Now().Add(ahead) }})
	require.NoError(t, err)
	return func(alerts ...map[string]string) []string {
		var asked []rules.Labels
		for _, labels := range alerts {
			var ls rules.Labels
			for name, value := range labels {
				ls = append(ls, rules.Label{Name: name, Value: value})
			}
			asked = append(asked, ls)
		}
		var said []string
		for _, answer := range client.Ask(t.Context(), asked) {
			said = append(said, answer.String())
		}
		return said
	}
}

// pod is an alert Busy of a pod.
func pod(name string) map[string]string {
	return map[string]string{"alertname": "Busy", "pod": name, "deployment": "web"}
}

// TestLookup: what Alertmanager says of alerts that are looked up there.
func TestLookup(t *testing.T) {
	t.Parallel()
	for _, version := range []stack.Component{stack.Alertmanager, stack.Alertmanager027} {
		t.Run(string(version), func(t *testing.T) {
			am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Version: version, Config: inhibiting(t)})
			ask := lookups(t, 6*time.Minute, am)
			all := []map[string]string{pod("fires"), pod("silenced"), pod("inhibited"), pod("resolved"), pod("never")}
			for _, labels := range all[:4] {
				am.Post(t, stack.Alert{Labels: labels})
			}
			require.Equal(t, []string{"firing", "firing", "firing", "firing", "gone"}, ask(all...))

			silence := am.Silence(t, time.Hour, stack.Equal("pod", "silenced"))
			am.Post(t, stack.Alert{Labels: map[string]string{"alertname": "Down", "pod": "inhibited"}})
			am.Post(t, stack.Alert{Labels: all[3], EndsAt: time.Now()})
			waitSaid(t, ask, all, "firing", "gone", "gone", "gone", "gone")

			am.Expire(t, silence)
			am.Post(t, stack.Alert{Labels: map[string]string{"alertname": "Down", "pod": "inhibited"}, EndsAt: time.Now()})
			am.Post(t, stack.Alert{Labels: all[3]})
			waitSaid(t, ask, all, "firing", "firing", "firing", "firing", "gone")

			require.Equal(t, []string{"unknown"}, lookups(t, 0, am)(pod("fires")), "it has just started")
			am.Kill(t)
			require.Equal(t, []string{"unknown", "unknown"}, ask(pod("fires"), pod("never")))
		})
	}
}

func waitSaid(t *testing.T, ask func(...map[string]string) []string, alerts []map[string]string, want ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Equal(ask(alerts...), want) }, wait, 100*time.Millisecond, "want %q", want)
}

// TestLookup_Two: an alert is gone where neither of two Alertmanagers has it.
func TestLookup_Two(t *testing.T) {
	t.Parallel()
	one := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: inhibiting(t)})
	other := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Version: stack.Alertmanager027, Config: inhibiting(t)})
	ask := lookups(t, 6*time.Minute, one, other)
	other.Post(t, stack.Alert{Labels: pod("a")})
	require.Equal(t, []string{"firing", "gone"}, ask(pod("a"), pod("b")))
	one.Kill(t)
	require.Equal(t, []string{"firing", "gone"}, ask(pod("a"), pod("b")))
	other.Kill(t)
	require.Equal(t, []string{"unknown", "unknown"}, ask(pod("a"), pod("b")))
}

// TestLookup_Labels: alerts are found whatever their labels hold.
func TestLookup_Labels(t *testing.T) {
	t.Parallel()
	odd := []string{`"`, `\`, `\"`, "a\nb", "a\tb", "{", "}", "a,b", "=~", "a|b", ".*", "(", "^$", "%41", "a&filter=b", "+", "日本", "'", "`", " x ", "\u2028", "\x7f"}
	for _, version := range []stack.Component{stack.Alertmanager, stack.Alertmanager027} {
		t.Run(string(version), func(t *testing.T) {
			am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Version: version, Config: inhibiting(t)})
			ask := lookups(t, 6*time.Minute, am)
			var all, others []map[string]string
			for _, text := range odd {
				all = append(all, pod(text), map[string]string{"alertname": "Busy", text: "x"})
				others = append(others, pod(text+"."), map[string]string{"alertname": "Busy", text: "y"})
			}
			for _, labels := range all {
				am.Post(t, stack.Alert{Labels: labels})
			}
			for i := range all {
				require.Equal(t, []string{"firing", "gone"}, ask(all[i], others[i]), "%q", all[i])
			}
			for i, said := range ask(append(all, others...)...) {
				require.Equal(t, []string{"firing", "gone"}[i/len(all)], said)
			}
		})
	}
}
