package engine

import (
	"fmt"
	"slices"
	"time"

	"alertscale/rules"

	"pgregory.net/rapid"
)

// fact is an alert as it is in truth.
type fact struct {
	name, pod, want string
	fires           bool
	start, end      time.Time
	silenced        time.Time // until then
}

func (f *fact) said() *spoken {
	s := firing(f.name).with("pod", f.pod).note("want", f.want)
	s.StartsAt = f.start
	if !f.fires {
		s.Resolved, s.EndsAt = true, f.end
	}
	return s
}

// sender is an Alertmanager of a cluster: it groups alerts by their name, waits before it tells of a change, and repeats
// itself every four hours.
type sender struct {
	*year
	receiver string
	told     map[*fact]bool       // as firing, and not as resolved since
	flushAt  map[string]time.Time // when a group is to be told of, by the name of its alerts
	last     map[string]time.Time // when it was
}

func newSender(y *year, receiver string) *sender {
	return &sender{year: y, receiver: receiver, told: map[*fact]bool{}, flushAt: map[string]time.Time{}, last: map[string]time.Time{}}
}

// The times of a sender.
const (
	groupWait      = 10 * time.Second
	groupInterval  = 5 * time.Minute
	repeatInterval = 4 * time.Hour
)

// notice has a group told of when its time has come, since something in it changed.
func (s *sender) notice(group string) {
	at := later(s.truly().Add(groupWait), s.last[group].Add(groupInterval))
	if due := s.flushAt[group]; due.IsZero() || at.Before(due) {
		s.flushSoon(group, at)
	}
}

func (s *sender) flushSoon(group string, at time.Time) {
	s.flushAt[group] = at
	s.later(at, func() {
		if s.flushAt[group].Equal(at) {
			delete(s.flushAt, group)
			s.flush(group)
		}
	})
}

// flush tells of a group, in one of the ways in which that goes wrong.
func (s *sender) flush(group string) {
	now := s.truly()
	s.last[group] = now
	e := s.notification(group)
	if len(e.Alerts) == 0 {
		return
	}
	s.flushSoon(group, now.Add(repeatInterval))
	switch rapid.SampledFrom([]string{"", "", "", "", "", "", "", "lost", "late", "twice", "part", "truncated"}).Draw(s.r, "flush") {
	case "lost":
		return
	case "late":
		s.later(now.Add(rapid.SampledFrom([]time.Duration{20 * time.Second, 3 * time.Minute, 20 * time.Minute}).Draw(s.r, "late")), func() { s.deliver(e, 3) })
		return
	case "twice":
		s.deliver(e, 3)
	case "part":
		e.Alerts = e.Alerts[:(len(e.Alerts)+1)/2]
	case "truncated":
		e.Alerts, e.Truncated = e.Alerts[:1], len(e.Alerts)-1
	}
	s.deliver(e, 3)
}

// notification is what a sender has to tell of a group: what fires and is not silenced, and the end of what it told of.
func (s *sender) notification(group string) *rules.Event {
	e := &rules.Event{Receiver: s.receiver, GroupKey: group}
	for _, f := range s.facts {
		if f.name != group || f.silenced.After(s.truly()) {
			continue
		}
		if f.fires || s.told[f] {
			f.said().add(e)
		}
		s.told[f] = f.fires
	}
	return e
}

// deliver sends a notification, and again where it failed, a few times.
func (s *sender) deliver(e *rules.Event, tries int) {
	again := func() { s.later(s.truly().Add(time.Minute), func() { s.deliver(e, tries-1) }) }
	switch {
	case tries == 0:
	case s.down:
		again()
	default:
		s.outside()
		s.n.notifications++
		a := s.send(e)
		if slices.ContainsFunc(a.all, func(d Decision) bool { return d.Verdict == Failed }) {
			again()
		}
	}
}

// flip lets an alert begin or end.
func (y *year) flip() {
	f := y.facts[rapid.IntRange(0, len(y.facts)-1).Draw(y.r, "alert")]
	if f.fires = !f.fires; f.fires {
		f.start = y.truly()
	} else {
		f.end = y.truly()
	}
	f.want = fmt.Sprint(rapid.IntRange(0, 60).Draw(y.r, "want"))
	for _, s := range y.senders {
		if !f.fires && f.silenced.After(y.truly()) {
			s.told[f] = false // it forgets the alert without a word
		}
		s.notice(f.name)
	}
}

// figure gives an alert that fires another value.
func (y *year) figure() {
	f := y.facts[rapid.IntRange(0, len(y.facts)-1).Draw(y.r, "alert")]
	f.want = rapid.SampledFrom([]string{"2", "5", "9", "14", "30", "200", "x", ""}).Draw(y.r, "want")
	for _, s := range y.senders {
		s.notice(f.name)
	}
}

// silence keeps an alert from being told of for a while.
func (y *year) silence() {
	f := y.facts[rapid.IntRange(0, len(y.facts)-1).Draw(y.r, "alert")]
	f.silenced = y.truly().Add(rapid.SampledFrom([]time.Duration{10 * time.Minute, time.Hour, 12 * time.Hour}).Draw(y.r, "silence"))
	for _, s := range y.senders {
		s.notice(f.name)
		y.later(f.silenced, func() { s.notice(f.name) })
	}
}

// lookedUp is what Alertmanager says of an alert.
func (y *year) lookedUp(q Question) rules.Lookup {
	y.n.lookups++
	for _, f := range y.facts {
		if q.Labels.Get("alertname") == f.name && q.Labels.Get("pod") == f.pod && f.fires && !f.silenced.After(y.truly()) {
			return rules.LookupFiring
		}
	}
	return rules.LookupGone
}
