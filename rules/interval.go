package rules

import (
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"

	"alertscale/rules/yamldoc"
)

// Interval is a named time interval of the file, in Alertmanager's format.
type Interval struct {
	Name  string
	times []timeinterval.TimeInterval
}

// Contains reports whether a time lies in the interval.
func (i *Interval) Contains(t time.Time) bool {
	return slices.ContainsFunc(i.times, func(ti timeinterval.TimeInterval) bool { return ti.ContainsTime(t.UTC()) })
}

// intervalKeys are the keys of one of an interval's times.
var intervalKeys = []string{"times", "weekdays", "days_of_month", "months", "years", "location"}

// readIntervals reads the time intervals of a file.
func (s *Set) readIntervals(n yamldoc.Node) {
	s.intervals = map[string]*Interval{}
	n.Items(func(_ int, item yamldoc.Node) {
		iv := &Interval{}
		item.Fields([]yamldoc.Field{
			{Key: "name", Read: func(v yamldoc.Node) { iv.Name = v.Text() }},
			{Key: "time_intervals", Read: func(v yamldoc.Node) {
				v.Items(func(_ int, each yamldoc.Node) {
					var ti timeinterval.TimeInterval
					each.Decode(&ti, intervalKeys...)
					iv.times = append(iv.times, ti)
				})
			}},
		})
		switch {
		case !item.IsMap():
			if item.IsNull() {
				item.Faultf("is empty, want name and time_intervals")
			}
		case !item.Has("name"):
			item.Faultf("name is missing")
		case !item.Has("time_intervals"):
			item.Faultf("time_intervals are missing: when it is")
		case s.intervals[iv.Name] != nil:
			item.Faultf("the name is duplicated")
		}
		s.intervals[iv.Name] = iv
	})
}

// readIntervalNames reads the names of intervals that a rule refers to.
func (s *Set) readIntervalNames(n yamldoc.Node) (all []*Interval) {
	n.Items(func(_ int, item yamldoc.Node) {
		name := item.Text()
		iv := s.intervals[name]
		if iv == nil {
			if name != "" {
				item.Faultf("time interval %q is not defined%s", name, yamldoc.Hint(name, sortedKeys(s.intervals)))
			}
			return
		}
		all = append(all, iv)
	})
	return all
}

// muting is when rules with the same time intervals are mute.
type muting struct {
	active, mute []*Interval
	last         atomic.Pointer[muteSpan] // as last asked
}

// shareMuting makes of the intervals that a rule names what all rules that name the same have.
func (s *Set) shareMuting(active, mute []*Interval) *muting {
	if active == nil && mute == nil {
		return nil
	}
	key := ""
	for _, iv := range active {
		key += strconv.Quote(iv.Name)
	}
	key += "/"
	for _, iv := range mute {
		key += strconv.Quote(iv.Name)
	}
	if s.mutings[key] == nil {
		s.mutings[key] = &muting{active: active, mute: mute}
	}
	return s.mutings[key]
}

// muteSpan is a time in which nothing changes.
type muteSpan struct {
	from, until time.Time
	why         string // empty: it is not mute
}

// Muted returns why the rule is mute at a time, and until when at the least; empty: it is not. Intervals begin and end at
// whole minutes.
func (r *Rule) Muted(now time.Time) (why string, until time.Time) {
	m := r.muting
	if m == nil {
		return "", time.Time{}
	}
	if s := m.last.Load(); s != nil && !now.Before(s.from) && now.Before(s.until) {
		return s.why, s.until
	}
	s := &muteSpan{from: now.Truncate(time.Minute), why: m.whyAt(now)}
	s.until = m.changes(s.from, s.why)
	m.last.Store(s)
	return s.why, s.until
}

func (m *muting) whyAt(t time.Time) string {
	if i := slices.IndexFunc(m.mute, func(iv *Interval) bool { return iv.Contains(t) }); i >= 0 {
		return "muted by time interval \"" + m.mute[i].Name + "\""
	}
	if len(m.active) == 0 || slices.ContainsFunc(m.active, func(iv *Interval) bool { return iv.Contains(t) }) {
		return ""
	}
	names := make([]string, 0, len(m.active))
	for _, iv := range m.active {
		names = append(names, `"`+iv.Name+`"`)
	}
	return "outside of its active time intervals: " + strings.Join(names, ", ")
}

// lookAhead is how far ahead the end of a muting is looked for. One that is further away is looked for again then.
const lookAhead = 8 * 24 * time.Hour

// changes returns the first whole minute after from at which the rule is mute no more, or becomes it.
func (m *muting) changes(from time.Time, why string) time.Time {
	t := from.Add(time.Minute)
	for ; t.Sub(from) < lookAhead; t = t.Add(time.Minute) {
		if (m.whyAt(t) == "") != (why == "") {
			break
		}
	}
	return t
}
