package engine

import (
	"encoding/json"
	"strings"
	"testing"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// podsOf are the pods of the alerts that a decision names.
func podsOf(d Decision) (pods string) {
	for _, n := range d.Alerts {
		pods += n.Labels.Get("pod")
	}
	return pods
}

func TestCause_OfAStepAndOfItsEnd(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 2")+rule("calm", "Busy", "down: 1, when: resolved"), 3)
	a := w.post("0s", firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b")).is(Scaled, 3, 5)
	require.Equal(t, "ab", podsOf(a.all[0]))
	require.Equal(t, []string{"alertscale", "g"}, []string{a.all[0].Receiver, a.all[0].Group})
	require.Equal(t, fp(firing("Busy").with("pod", "a")), a.all[0].Alerts[0].Fingerprint)
	require.Equal(t, epoch, a.all[0].Alerts[0].StartsAt)
	w.crash()
	w.post("10m", resolved("Busy", "9m").with("pod", "a"), firing("Busy").since("0s").with("pod", "b"))
	a = w.post("11m", resolved("Busy", "10m").with("pod", "b")).is(Scaled, 5, 4)
	require.Equal(t, "b", podsOf(a.all[0]), "whose resolve ended the episode")
}

func TestCause_OfAStepThatIsTakenLater(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 2")+rule("more", "More", "up: 1"), 3)
	w.post("0s", firing("Busy").with("pod", "a")).is(Scaled, 3, 5)
	a := w.post("10s", firing("More").with("pod", "b")).verdict(Cooling)
	require.Equal(t, "b", podsOf(a.all[0]))
	w.until("2m")
	require.Equal(t, "b", podsOf(w.log[len(w.log)-1]))
	require.Equal(t, Scaled, w.log[len(w.log)-1].Verdict)
}

func TestCause_OfWhatIsRefused(t *testing.T) {
	w := newWorld(t, "targets: {any: {driver: sim, name: '{{ .Labels.app }}', max: 9}}\nrules:\n  - {name: busy, matchers: [alertname=Busy], target: any, up: 1}\n", 3)
	m := w.set.Match(telling(firing("Busy")))
	require.Len(t, m.Broken, 1)
	d := Refusal(m.Broken[0], &rules.Event{Receiver: "r", GroupKey: "g"})
	require.Equal(t, []string{"r", "g"}, []string{d.Receiver, d.Group})
}

func TestNamedAlert_InJSON(t *testing.T) {
	n := NameOf(&rules.Alert{Fingerprint: "00112233445566aa", StartsAt: epoch, Labels: rules.Labels{{Name: "pod", Value: "a"}, {Name: "alertname", Value: "Busy"}}})
	text, err := json.Marshal(n)
	require.NoError(t, err)
	require.JSONEq(t, `{"labels":{"alertname":"Busy","pod":"a"},"fingerprint":"00112233445566aa","startsAt":"2026-03-02T12:00:00Z"}`, string(text))
	var again NamedAlert
	require.NoError(t, json.Unmarshal(text, &again))
	require.Equal(t, n, again)
	require.Error(t, json.Unmarshal([]byte(`{"labels":3}`), &again))
}

// Whatever its labels are, what is kept of an alert for people has a size.
func TestNamedAlert_IsBounded(t *testing.T) {
	a := rules.Alert{Labels: rules.Labels{{Name: "z", Value: strings.Repeat("ä", 10_000)}}}
	for range 100 {
		a.Labels = append(a.Labels, rules.Label{Name: "a" + strings.Repeat("x", len(a.Labels)), Value: strings.Repeat("y", 100)})
	}
	n, size := NameOf(&a), 0
	for _, l := range n.Labels {
		size += len(l.Name) + len(l.Value)
	}
	require.LessOrEqual(t, size, maxNamedLabels)
	require.Greater(t, len(n.Labels), 5)
	require.LessOrEqual(t, len(NameOf(&rules.Alert{Labels: a.Labels[:1]}).Labels[0].Value), maxNamedValue)
}
