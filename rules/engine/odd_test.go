package engine

import (
	"encoding/json"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestProperty_OddInput gives a cycle whatever comes: any notification, any answer, in any order, on a clock that jumps.
// It does not panic, it always comes to rest, and what it knows can be stored and read.
func TestProperty_OddInput(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := &oddity{r: r, now: epoch, cycle: NewCycle(parseRef("sim:web"), CycleOptions{})}
		o.use()
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			o.step()
			o.pump()
			if rec := encoded(r, o.cycle.Ref(), o.cycle.State()); len(rec.Data) > 0 {
				_, _, _, err := decodeState(rec)
				require.NoError(r, err)
			}
		}
	})
}

// oddity is a cycle and those who know no rules.
type oddity struct {
	r     *rapid.T
	now   time.Time
	set   *rules.Set
	cycle *Cycle
	out   []Command
}

func (o *oddity) use() {
	o.set = newSet(o.r, "alert_ttl: 1m\n"+rapid.SampledFrom(propertyFiles).Draw(o.r, "file"))
	o.cycle.Use(o.set, Backend{Connected: rapid.IntRange(0, 4).Draw(o.r, "connected") > 0, Plans: rapid.Bool().Draw(o.r, "plans")})
}

func (o *oddity) step() {
	switch rapid.SampledFrom([]string{"tell", "tell", "tell", "answer", "answer", "answer", "time", "use", "recover", "restart"}).Draw(o.r, "step") {
	case "tell":
		o.tell()
	case "answer":
		if n := len(o.out); n > 0 {
			i := rapid.IntRange(0, n-1).Draw(o.r, "which")
			cmd := o.out[i]
			o.out = append(o.out[:i:i], o.out[i+1:]...)
			o.cycle.Done(cmd, o.reply(cmd), o.now)
		}
	case "time":
		o.now = o.now.Add(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(300*time.Hour)).Draw(o.r, "jump")))
	case "use":
		o.use()
	case "recover":
		o.cycle.Recover()
		o.out = nil
	case "restart":
		o.restart()
	}
}

func (o *oddity) restart() {
	r := encoded(o.r, o.cycle.Ref(), o.cycle.State())
	if len(r.Data) == 0 {
		return
	}
	r.Revision = "1"
	var err error
	o.cycle, err = RestoreCycle(r, CycleOptions{})
	require.NoError(o.r, err)
	o.out = nil
	o.use()
}

// pump takes the commands that there are; each can be given out only once.
func (o *oddity) pump() {
	for range 10 {
		cmd := o.cycle.Next(o.now)
		switch cmd.Kind {
		case Wait, Drop:
			return
		case SleepUntil:
			require.Truef(o.r, cmd.Until.IsZero() || cmd.Until.After(o.now), "at %s it sleeps until what is over: %+v", o.now, o.cycle)
			return
		}
		o.out = append(o.out, cmd)
	}
	o.r.Fatalf("it never comes to rest: %v", o.out)
}

func (o *oddity) tell() {
	e := &rules.Event{
		Receiver: anyText(o.r, "receiver"), GroupKey: rapid.SampledFrom([]string{"", "g", "h"}).Draw(o.r, "group"),
		Truncated: rapid.IntRange(-1, 1).Draw(o.r, "truncated"),
		Hook:      rapid.SampledFrom([]string{"", "", "", "ci"}).Draw(o.r, "hook"), Until: o.odd("until"), KnownUntil: o.odd("known until"),
	}
	for range rapid.IntRange(0, 4).Draw(o.r, "alerts") {
		e.Alerts = append(e.Alerts, rules.Alert{
			Fingerprint: rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(o.r, "fingerprint"), Resolved: rapid.Bool().Draw(o.r, "resolved"),
			Labels:   rules.Labels{label("alertname", rapid.SampledFrom([]string{"Busy", "Idle", "Want", "Asked", "Quick", ""}).Draw(o.r, "name"))},
			StartsAt: o.odd("starts"), EndsAt: o.odd("ends"),
		})
	}
	m := o.set.Match(e)
	if len(m.Refs) == 0 {
		m.Refs = append(m.Refs, m.Absent(o.cycle.Ref()))
	}
	for _, ref := range m.Refs {
		o.cycle.Record(ref, o.now)
	}
}

// odd is a time that somebody may send.
func (o *oddity) odd(label string) time.Time {
	switch rapid.IntRange(0, 5).Draw(o.r, label) {
	case 0:
		return time.Time{}
	case 1:
		return time.Date(rapid.IntRange(-200_000, 200_000).Draw(o.r, "year"), 1, 1, 0, 0, 0, 0, time.FixedZone("", rapid.IntRange(-90_000, 90_000).Draw(o.r, "zone")))
	default:
		return o.now.Add(time.Duration(rapid.IntRange(-3600, 3600).Draw(o.r, "seconds")) * time.Second)
	}
}

func (o *oddity) reply(cmd Command) Reply {
	rep := Reply{
		Outcome: rapid.SampledFrom([]Outcome{
			Succeeded, Succeeded, Succeeded, Conflicted, NotFound, Refused, Throttled, PartlyDone, Unavailable, "",
		}).Draw(o.r, "outcome"),
		Text: anyText(o.r, "text"), After: time.Duration(rapid.Int64Range(-1e12, 1e15).Draw(o.r, "after")),
		Revision: Revision(rapid.SampledFrom([]string{"1", "2"}).Draw(o.r, "revision")),
		Observed: Observed{Count: rapid.IntRange(-3, 40).Draw(o.r, "count")},
	}
	if rapid.Bool().Draw(o.r, "planned") {
		rep.Plan = json.RawMessage(`{}`)
	}
	if rapid.IntRange(0, 4).Draw(o.r, "stopped") == 0 {
		rep.Observed.Conditions = []Condition{{
			rapid.SampledFrom([]ConditionType{ConditionUnscalable, ConditionDisabled, ConditionOwned, ConditionNotReady, ConditionNoted, "?"}).Draw(o.r, "type"), "why",
		}}
	}
	rep.Record = Record{Ref: o.cycle.Name(), Revision: rep.Revision, Data: []byte(rapid.SampledFrom([]string{
		"", "{", `{"version":9}`, `{"version":2,"state":{"episodes":{"busy":{"since":"2026-03-02T12:00:00Z","call":{"id":1}}},"intent":{"attempts":[{"to":9}]}}}`,
	}).Draw(o.r, "stored"))}
	if cmd.Kind == Save && len(cmd.Record.Data) == 0 {
		rep.Revision = ""
	}
	return rep
}
