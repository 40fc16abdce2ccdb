package simulation

import (
	"fmt"
	"testing"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"

	"github.com/stretchr/testify/require"
)

// epoch is when every timeline begins.
var epoch = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// file is the file of the tests.
const file = `
targets:
  web: {driver: sim, name: web, min: 2, max: 20}
  any: {driver: sim, name: '{{ .Labels.app }}', max: 10, wait_ready: 5m}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 2}
  - {name: queue, matchers: ['alertname="Queue"'], target: web, up: 3}
  - {name: app busy, matchers: ['alertname="AppBusy"'], target: any, up: 1, repeat: 10m}
`

// line is a simulation with all that it told.
type line struct {
	*Simulation
	t      testing.TB
	all    []string // at, ref, verdict, from and to of each decision
	counts []string // at, ref and count
}

func newLine(t testing.TB, counts map[string]int) *line {
	l := &line{t: t}
	l.Simulation = New(Options{
		Set: parse(t, file), Start: epoch, Counts: counts,
		Decided: func(at time.Time, d engine.Decision) {
			l.all = append(l.all, fmt.Sprintf("%s %s %s %s", at.Sub(epoch), d.Ref, d.Verdict, change(d)))
		},
		Counted: func(at time.Time, ref string, n int) {
			l.counts = append(l.counts, fmt.Sprintf("%s %s %d", at.Sub(epoch), ref, n))
		},
	})
	return l
}

func change(d engine.Decision) string {
	if d.From == nil || d.To == nil {
		return "?"
	}
	return fmt.Sprintf("%d→%d", *d.From, *d.To)
}

func parse(t testing.TB, text string) *rules.Set {
	doc, root := yamldoc.Parse("test.yml", []byte(text))
	set := rules.NewSet(rules.SetOptions{
		AlertTTL: rules.DefaultAlertTTL, Root: root, Targets: root.Peek("targets"), Rules: root.Peek("rules"),
		Drivers: map[string]rules.RefSchema{"sim": {}},
	})
	require.NoError(t, doc.Err())
	return set
}

// post sends a notification of the group g, of alerts by their names, which fire since the beginning.
func (l *line) post(at string, names ...string) []engine.Decision {
	d, err := time.ParseDuration(at)
	require.NoError(l.t, err)
	e := &rules.Event{Receiver: "alertscale", GroupKey: "g"}
	for _, name := range names {
		e.Alerts = append(e.Alerts, rules.Alert{
			Fingerprint: name, Labels: rules.Labels{{Name: "alertname", Value: name}}, StartsAt: epoch,
		})
	}
	return l.Post(e, epoch.Add(d))
}

func (l *line) until(at time.Duration) { l.AdvanceTo(epoch.Add(at)) }

func TestWhatWaitsIsDoneWhenItsTimeComes(t *testing.T) {
	l := newLine(t, map[string]int{"sim:web": 3})
	require.Equal(t, engine.Scaled, l.post("0s", "Busy")[0].Verdict)
	require.Equal(t, engine.Cooling, l.post("20s", "Busy", "Queue")[0].Verdict)
	l.until(59 * time.Second)
	l.SetCount("sim:web", 9)
	l.until(2 * time.Minute)
	require.Equal(t, []string{"0s sim:web scaled 3→5", "20s sim:web cooldown 5→5", "1m0s sim:web scaled 9→12"}, l.all)
	require.Equal(t, []string{"0s sim:web 3", "0s sim:web 5", "59s sim:web 9", "1m0s sim:web 12"}, l.counts)
	require.Equal(t, epoch.Add(2*time.Minute), l.Now())
	l.until(time.Minute)
	require.Equal(t, epoch.Add(2*time.Minute), l.Now(), "the clock does not go back")
}

func TestARepeatIsADuplicate(t *testing.T) {
	l := newLine(t, map[string]int{"sim:web": 3})
	l.post("0s", "Busy")
	d := l.post("5m", "Busy")
	require.Len(t, d, 1)
	require.Equal(t, engine.Duplicate, d[0].Verdict)
	require.Equal(t, "5m0s sim:web duplicate 5→5", l.all[1])
}

func TestOfWhatAGroupLeavesOutTheRefIsTold(t *testing.T) {
	l := newLine(t, map[string]int{"sim:web": 3, "sim:cart": 1})
	cart := func(at time.Duration, names ...string) {
		e := &rules.Event{Receiver: "alertscale", GroupKey: "g"}
		for _, name := range names {
			e.Alerts = append(e.Alerts, rules.Alert{
				Fingerprint: name, StartsAt: epoch,
				Labels: rules.Labels{{Name: "alertname", Value: name}, {Name: "app", Value: "cart"}},
			})
		}
		l.Post(e, epoch.Add(at))
	}
	cart(0, "AppBusy", "Busy")
	cart(5*time.Minute, "Busy")
	cart(10*time.Minute, "Busy")
	l.until(time.Hour)
	n, ok := l.Count("sim:cart")
	require.True(t, ok)
	require.Equal(t, 3, n, "no step after the one at 10m: ten minutes after it was left out, the alert is no longer believed to fire")
}

func TestAStepWaitsUntilTheLastOneIsReady(t *testing.T) {
	l := newLine(t, map[string]int{"sim:cart": 1})
	e := &rules.Event{Alerts: []rules.Alert{{
		Fingerprint: "1", StartsAt: epoch, Labels: rules.Labels{{Name: "alertname", Value: "AppBusy"}, {Name: "app", Value: "cart"}},
	}}}
	l.Post(e, epoch)
	l.SetReady("sim:cart", false)
	l.SetReady("sim:nobody", false)
	l.until(12 * time.Minute)
	l.SetReady("sim:cart", true)
	l.until(15 * time.Minute)
	require.Equal(t, "0s sim:cart scaled 1→2", l.all[0])
	require.Contains(t, l.all, "10m0s sim:cart scaled 2→3", "for at most five minutes")
}

func TestARefWithoutACountIsNotFound(t *testing.T) {
	l := newLine(t, nil)
	d := l.post("0s", "Busy")
	require.Equal(t, engine.Rejected, d[0].Verdict)
	require.Equal(t, "sim:web: no count is known of it", d[0].Why[len(d[0].Why)-1])
	_, ok := l.Count("sim:web")
	require.False(t, ok)
	l.SetCount("sim:web", 4)
	l.until(time.Minute)
	require.Contains(t, l.all, "1s sim:web scaled 4→6", "it is looked for again for a short while")
}

func TestABrokenLabelIsRejected(t *testing.T) {
	l := newLine(t, nil)
	d := l.post("0s", "AppBusy")
	require.Len(t, d, 1)
	require.Equal(t, "app busy", d[0].Rule)
	require.Equal(t, engine.Rejected, d[0].Verdict)
	require.Equal(t, []string{"0s  rejected ?"}, l.all)
	require.Empty(t, l.post("0s", "Unknown"))
}

func TestReadsAreToldBefore(t *testing.T) {
	var s *Simulation
	s = New(Options{Set: parse(t, file), Start: epoch, Reads: func(_ time.Time, ref string) { s.SetCount(ref, 7) }})
	e := &rules.Event{Alerts: []rules.Alert{{Fingerprint: "1", StartsAt: epoch, Labels: rules.Labels{{Name: "alertname", Value: "Busy"}}}}}
	require.Equal(t, 9, *s.Post(e, epoch)[0].To)
}

func TestRestoreGoesOnWhereTheProgramIs(t *testing.T) {
	before := newLine(t, map[string]int{"sim:web": 3, "sim:cart": 1})
	before.post("0s", "Busy")
	require.Equal(t, engine.Cooling, before.post("50s", "Queue")[0].Verdict)
	all, err := before.Export()
	require.NoError(t, err)
	require.Len(t, all, 1)

	l := newLine(t, map[string]int{"sim:web": 5})
	l.until(55 * time.Second)
	for _, r := range all {
		require.NoError(t, l.Restore(r))
	}
	require.Error(t, l.Restore(engine.Record{Ref: "sim:web", Data: []byte("{")}))
	l.until(2 * time.Minute)
	require.Equal(t, []string{"1m0s sim:web scaled 5→8"}, l.all, "the call that was open is served")
}

// BenchmarkAnHour is a test of an hour: an alert that fires, is repeated, and is resolved.
func BenchmarkAnHour(b *testing.B) {
	set := parse(b, file)
	b.ReportAllocs()
	for b.Loop() {
		s := New(Options{Set: set, Start: epoch, Counts: map[string]int{"sim:web": 3}})
		for i := range 12 {
			at := epoch.Add(time.Duration(i) * 5 * time.Minute)
			a := rules.Alert{Fingerprint: "1", StartsAt: epoch, Labels: rules.Labels{{Name: "alertname", Value: "Busy"}}}
			if i == 11 {
				a.Resolved, a.EndsAt = true, at
			}
			s.Post(&rules.Event{GroupKey: "g", Alerts: []rules.Alert{a}}, at)
		}
		s.AdvanceTo(epoch.Add(time.Hour))
	}
}
