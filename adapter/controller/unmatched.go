package controller

import (
	"slices"
	"sync"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/go-kit/log/level"
)

const (
	maxUnmatched  = 10  // alerts of a notification that are logged and listed
	keptUnmatched = 100 // that are listed, of all notifications
)

// UnmatchedAlert is an alert that no rule of the file matched when it last came.
type UnmatchedAlert struct {
	At       time.Time         `json:"at"` // when it last came
	Alert    engine.NamedAlert `json:"alert"`
	Receiver string            `json:"receiver"`
	Group    string            `json:"group"`   // its groupKey
	Nearest  string            `json:"nearest"` // the rule that comes nearest; empty: the file has none
	Why      string            `json:"why"`     // what keeps it out of that one
}

// unmatched holds the alerts that no rule matched, the newest last.
type unmatched struct {
	mu  sync.Mutex
	all []UnmatchedAlert
}

// note enters an alert, in the place of what was said of it before.
func (u *unmatched) note(e *rules.Event, a *rules.Alert, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	next := UnmatchedAlert{At: now}
	if i := slices.IndexFunc(u.all, func(o UnmatchedAlert) bool { return o.Alert.Fingerprint == a.Fingerprint }); i >= 0 {
		next = u.all[i]
		next.At = now
		u.all = slices.Delete(u.all, i, i+1)
	} else {
		next.Alert = engine.NameOf(a)
		from := engine.BroughtBy(e)
		next.Receiver, next.Group = from.Receiver, from.Group
	}
	if len(u.all) == keptUnmatched {
		u.all = slices.Delete(u.all, 0, 1)
	}
	u.all = append(u.all, next)
}

func (u *unmatched) list() []UnmatchedAlert {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]UnmatchedAlert{}, u.all...)
}

// noteUnmatched lists alerts that no rule matches, and logs them with what kept the nearest rule out.
func (c *Controller) noteUnmatched(e *rules.Event, all []*rules.Alert) {
	for _, a := range all[:min(len(all), maxUnmatched)] {
		c.unmatched.note(e, a, c.Now())
		if c.Debug {
			rule, why := c.Snapshot().Rules.Nearest(a.Labels)
			_ = level.Debug(c.Logger).Log("msg", "no rule matches", "alert", a.Labels, "nearest", rule, "why", why)
		}
	}
}

// logIgnored logs alerts whose rules their sender may not touch.
func (c *Controller) logIgnored(e *rules.Event, all []*rules.Alert) {
	for _, a := range all[:min(len(all), maxUnmatched)] {
		if c.Debug {
			_ = level.Debug(c.Logger).Log("msg", "the sender may touch no rule that matches", "sender", c.Snapshot().Rules.ScopeName(e), "alert", a.Labels)
		}
	}
}

// Unmatched returns the last alerts that no rule matched, the newest first, with the rule of the active file that comes
// nearest to each. Of one notification no more than ten are among them.
func (c *Controller) Unmatched() []UnmatchedAlert {
	all := c.unmatched.list()
	slices.Reverse(all)
	for i := range all {
		all[i].Nearest, all[i].Why = c.Snapshot().Rules.Nearest(all[i].Alert.Labels)
	}
	return all
}
