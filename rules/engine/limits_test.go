package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimits_ALineOfWhyHasAKilobyte(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.reads = []Reply{{Outcome: Refused, Text: strings.Repeat("é", 2000)}}
	a := w.post("0s", firing("Busy")).verdict(Rejected)
	require.Equal(t, strings.Repeat("é", 510)+"…", a.all[0].Why[0])
	require.LessOrEqual(t, len(a.all[0].Why[0]), 1024)

	l := w.only()
	l.conditions = []Condition{{ConditionOwned, strings.Repeat("\xff", 2000)}}
	a = w.post("1m", firing("Busy")).verdict(Owned)
	for _, line := range a.all[0].Why {
		require.LessOrEqual(t, len(line), 1024)
	}

	w = newWorld(t, web+rule("want", "Want", "set: '{{ .Annotations.want }}'"), 3)
	a = w.post("0s", want("a", strings.Repeat("9", 5000))).verdict(Rejected)
	require.Less(t, len(a.all[0].Why[0]), 1024)
}

func TestLimits_ADecisionNamesFiveAlerts(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	var many []said
	for _, pod := range strings.Split("abcdefghij", "") {
		many = append(many, firing("Busy").with("pod", pod).with("text", strings.Repeat("x", 10_000)))
	}
	a := w.post("0s", many...).is(Scaled, 3, 5)
	require.Len(t, a.all[0].Alerts, 5)
	require.Equal(t, 5, a.all[0].More)
	for _, named := range a.all[0].Alerts {
		require.Equal(t, "Busy", named.Labels.Get("alertname"))
		require.Less(t, len(named.String()), 2048)
	}
	require.Equal(t, epoch, a.all[0].Since)
	for _, r := range w.store.records {
		require.Less(t, len(r.Data), 120_000, "fingerprints are the source's to bound")
	}
}

func TestLimits_OddTimesCanBeStored(t *testing.T) {
	for name, start := range map[string]time.Time{
		"an offset of a day":   time.Date(2026, 3, 2, 12, 0, 0, 0, time.FixedZone("", 24*3600)),
		"an offset of seconds": time.Date(2026, 3, 2, 12, 0, 0, 0, time.FixedZone("", 3601)),
		"the year 12000":       time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC),
		"the year 9999":        time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -12*3600)),
		"before all years":     time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC),
		"zero":                 {},
		"the first Unix time":  time.Unix(-1<<60, 0),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, busyIdle, 3)
			w.odd = true
			odd := firing("Busy").with("pod", "odd")
			odd.StartsAt = start
			w.post("0s", odd, firing("Busy")).is(Scaled, 3, 5)
			w.crash()
			w.post("10m", resolved("Busy", "10m"), func() said {
				s := *odd
				s.Resolved, s.EndsAt = true, later(start, at("10m"))
				return &s
			}())
			w.until("20m")
			w.post("21m", firing("Busy").since("21m")).is(Scaled, 5, 7)
			w.crash()
			w.until("1h").has(7)
		})
	}
}

func TestClock_ItsMonotonicReadingIsNotTakenOver(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	c := w.cycle(parseRef("sim:web"))
	now := time.Now()
	c.Record(w.set.Match(telling(firing("Busy"))).Refs[0], now)
	require.Equal(t, now.Round(0), c.State().known(fp(firing("Busy"))).At, "compared by the clock alone")
}

func TestClock_SetBackInALivingProcess(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("10h", firing("Busy")).is(Scaled, 3, 5)
	w.post("10h10s", resolved("Busy", "10h10s"))
	w.post("10h20s", firing("Busy").since("10h15s")).is(Cooling, 5, 5)
	w.clock("1h")
	w.until("1h59s").has(5)
	w.until("1h1m").has(7) // not ten hours later
	w.until("5h").has(7)
}

func TestClock_SetBackWhileADriverAskedNotToBeCalled(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.reads = []Reply{{Outcome: Throttled, Text: "too many requests", After: time.Minute}}
	w.post("10h", firing("Busy")).verdict(Failed)
	w.post("10h30s", firing("Busy")).verdict(Failed).because(`driver "sim" asked not to be called before 2026-03-02T22:01:00Z`)
	w.clock("1h")
	w.until("1h29s").has(3)
	w.until("1h30s").has(5)
}
